public import Cryptography
public import FoundationEssentials

/// A signed assertion by which a client authenticates (RFC 7523 §2.2 and §3, OpenID Connect Core §9): taken apart, not yet believed.
public struct ClientAssertion: Sendable {
    /// The client it speaks for, still to be proved by ``verify(for:by:capabilities:now:)``.
    public let clientID: ClientID
    /// It claims to be authenticated by the client's secret (`client_secret_jwt`), not signed by a key.
    public var isSymmetric: Bool { jws.alg == Self.symmetricAlgorithm }

    private let jws: ParsedJWS
    private let claims: JSONObject

    /// A proved assertion, as far as one request can prove it.
    public struct Proof: Sendable, Hashable {
        /// The assertion's name. The server must refuse it a second time until ``expiresAt`` (trust.md: jti replay).
        public let jti: String
        /// From then on the assertion is refused for its age.
        public let expiresAt: Date
    }

    /// What a registered client proves itself with.
    public enum Credential: Sendable {
        /// Its public keys, from `jwks` or fetched from `jwks_uri`.
        case keys(JWKSet)
        /// Its live secrets, two during a rotation.
        case secrets([Secret<String>])
    }

    /// The one `alg` of `client_secret_jwt` (RFC 7518 §3.2): secrets have 256 bits, as HS256 demands.
    public static let symmetricAlgorithm = "HS256"
    /// An assertion lives at most this many seconds, whatever it says: the server remembers its `jti` that long.
    public static let longestLife = 600
    /// How far a client's clock may be ahead, in seconds.
    public static let tolerance = 60

    /// Takes an assertion apart.
    ///
    /// - Throws: `invalid_client` if it is malformed or does not name one client as issuer and subject.
    init(_ compact: String) throws(OAuthError) {
        guard let jws = try? JWS.parse(compact, limit: 8192), let claims = jws.claims else {
            throw Self.fault("is not a signed JWT")
        }
        // RFC 7523 §3, items 1 and 2 B: iss and sub are both the client_id.
        guard let issuer = claims["iss"]?.string, let subject = claims["sub"]?.string, issuer == subject,
            let id = ClientID(subject)
        else { throw Self.fault("must have the client_id as iss and sub") }
        self.clientID = id
        self.jws = jws
        self.claims = claims
    }

    /// Checks the assertion against its client.
    ///
    /// - Parameters:
    ///   - client: the registered client of ``clientID``.
    ///   - credential: what the client registered: keys prove `private_key_jwt`, secrets prove `client_secret_jwt`, and neither the other.
    ///   - capabilities: of this server; names the audiences and the algorithms.
    ///   - now: the present moment.
    /// - Returns: the name to remember, and until when.
    /// - Throws: `invalid_client` for every fault. Not checked here: that the `jti` is new.
    public func verify(
        for client: Client,
        by credential: Credential,
        capabilities: ProviderCapabilities,
        now: Date
    ) throws(OAuthError) -> Proof {
        guard client.id == clientID else { throw Self.fault("speaks for another client") }
        // RFC 8725 §3.11: a token made for another purpose bears another type.
        guard jws.type == nil || jws.type == "JWT" || jws.type == "client-authentication+jwt" else {
            throw Self.fault("has a typ of another purpose")
        }
        switch credential {
        case .keys(let keys): try verifySignature(client, keys, capabilities)
        case .secrets(let secrets): try verifyCode(secrets)
        }

        // RFC 7523 §3, item 3: aud names this server: its issuer identifier or the token endpoint. RFC 9126 §2: or where requests are pushed.
        let audience = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.strings ?? []
        let names = [
            capabilities.issuer.value, capabilities.endpoints.token, capabilities.endpoints.pushedAuthorizationRequest,
        ]
        guard names.contains(where: { $0.map(audience.contains) ?? false }) else {
            throw Self.fault("has an aud that is not this server")
        }
        let expiresAt = try lifetime(now)
        // RFC 7523 §3, item 7, made a duty by OpenID Connect Core §9.
        guard let jti = claims["jti"]?.string, (1...512).contains(jti.utf8.count) else {
            throw Self.fault("must have a jti of at most 512 bytes")
        }
        return Proof(jti: jti, expiresAt: expiresAt)
    }

    /// RFC 8725 §3.1: the algorithm is one we allow, the one the client registered, and one that the key is for.
    private func verifySignature(
        _ client: Client,
        _ keys: JWKSet,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard let algorithm = jws.algorithm, capabilities.clientAssertionAlgorithms.contains(algorithm),
            client.tokenEndpointAuthSigningAlg == nil || client.tokenEndpointAuthSigningAlg == algorithm
        else { throw Self.fault("has an algorithm that is not allowed") }
        guard jws.isSigned(byOneOf: keys) else { throw Self.fault("has a signature that no key of the client made") }
    }

    /// OpenID Connect Core §10.1: the key is the secret's UTF-8 octets. Every secret is tried: which one matched is nobody's business.
    private func verifyCode(_ secrets: [Secret<String>]) throws(OAuthError) {
        guard isSymmetric else { throw Self.fault("has an algorithm that is not allowed") }
        let matching = secrets.filter { jws.isAuthenticatedHS256(secret: Secret(Array($0.reveal().utf8))) }
        guard !matching.isEmpty else { throw Self.fault("is not authenticated by the client's secret") }
    }

    /// True where one of the keys can be the one that signed: it bears the name the assertion gives, or proves the signature where none is
    /// given. False says that the client has a newer key than these.
    public func names(aKeyOf keys: JWKSet) -> Bool {
        guard let kid = jws.kid else { return jws.isSigned(byOneOf: keys) }
        return keys.keys.contains { $0.kid == kid }
    }

    /// RFC 7523 §3, items 4 to 6. Common clients write an hour into `exp`; their `iat` then bounds the life.
    private func lifetime(_ now: Date) throws(OAuthError) -> Date {
        let present = now.timeIntervalSince1970
        let (longest, tolerance) = (Double(Self.longestLife), Double(Self.tolerance))
        guard let expiry = claims["exp"]?.number, expiry > present else {
            throw Self.fault("has expired or has no exp")
        }
        if let notBefore = claims["nbf"] {
            guard let moment = notBefore.number, moment <= present + tolerance else {
                throw Self.fault("is not valid yet")
            }
        }
        var end = expiry
        if let issued = claims["iat"] {
            guard let moment = issued.number, moment <= present + tolerance else {
                throw Self.fault("was issued in the future")
            }
            guard present < moment + longest else { throw Self.fault("is older than \(Self.longestLife) seconds") }
            end = min(expiry, moment + longest)
        }
        guard end <= present + longest + tolerance else {
            throw Self.fault("lives longer than \(Self.longestLife) seconds")
        }
        return Date(timeIntervalSince1970: end)
    }

    private static func fault(_ what: String) -> OAuthError { OAuthError(.invalidClient, "client_assertion \(what)") }
}
