public import Cryptography
public import FoundationEssentials

/// What somebody this server trusts says of a piece of software, signed (RFC 7591 §2.3).
public struct SoftwareStatement: Sendable {
    /// Who may make statements, and by which keys. Only an operator names one.
    public struct Issuer: Sendable, Equatable {
        /// `iss` of its statements.
        public let id: String
        /// Its public keys.
        public let keys: JWKSet

        /// An issuer from the configuration.
        public init(id: String, keys: JWKSet) {
            self.id = id
            self.keys = keys
        }
    }

    /// Who made it.
    public let issuer: String
    /// The metadata it states, without the claims that speak of the statement itself.
    public let members: JSONObject

    /// The longest statement taken, in bytes.
    public static let longest = 16_384

    /// Verifies a statement.
    ///
    /// - Parameters:
    ///   - text: the value of `software_statement`.
    ///   - issuers: whose statements count.
    ///   - server: this server: a statement that names an audience must name it.
    ///   - now: the present moment.
    /// - Throws: `unapproved_software_statement` for an issuer that is none of ours, `invalid_software_statement` for everything else.
    public init(_ text: String, issuers: [Issuer], server: OAuth.Issuer, now: Date) throws(OAuthError) {
        guard let jws = try? JWS.parse(text, limit: Self.longest), jws.algorithm != nil, let claims = jws.claims else {
            throw OAuthError(.invalidSoftwareStatement, "software_statement is not a JWT signed by a public key")
        }
        guard let name = claims["iss"]?.string else {
            throw OAuthError(.invalidSoftwareStatement, "software_statement has no iss")
        }
        guard let issuer = issuers.first(where: { $0.id.utf8.elementsEqual(name.utf8) }) else {
            throw OAuthError(
                .unapprovedSoftwareStatement,
                "software_statement is of an issuer that is not accepted here"
            )
        }
        guard jws.isSigned(byOneOf: issuer.keys) else {
            throw OAuthError(.invalidSoftwareStatement, "software_statement is not signed by a key of its issuer")
        }
        try Self.requireTimely(claims, now: now)
        // RFC 7519 §4.1.3: who is not among the audience that is named must not use it.
        if let audience = claims["aud"] {
            let names = audience.string.map { [$0] } ?? audience.strings ?? []
            guard names.contains(server.value) else {
                throw OAuthError(.invalidSoftwareStatement, "software_statement is for another audience")
            }
        }
        self.issuer = name
        var members = claims
        for name in Self.ownClaims { members[name] = nil }
        self.members = members
    }

    private static let ownClaims = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]

    /// RFC 7519 §4.1.4 to §4.1.6, with a minute for clocks that differ.
    private static func requireTimely(_ claims: JSONObject, now: Date) throws(OAuthError) {
        let seconds = now.timeIntervalSince1970
        for (name, isRight) in [
            ("exp", { $0 > seconds - 60 }), ("nbf", { $0 <= seconds + 60 }), ("iat", { $0 <= seconds + 60 }),
        ] as [(String, (Double) -> Bool)] {
            guard let value = claims[name] else { continue }
            guard let time = value.number, isRight(time) else {
                throw OAuthError(.invalidSoftwareStatement, "software_statement has expired or is not valid yet")
            }
        }
    }
}
