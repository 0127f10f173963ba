public import Cryptography
public import FoundationEssentials

/// Proof that whoever sends a request holds a key (RFC 9449 §4): checked as far as the request itself can prove it.
public struct DPoPProof: Sendable, Hashable {
    /// `jkt`: the thumbprint of the key (RFC 7638, SHA-256), to which tokens are bound.
    public let thumbprint: String
    /// The proof's name. The server must refuse it a second time until ``expiresAt``.
    public let jti: String
    /// The nonce it carries, not yet judged.
    public let nonce: String?
    /// From then on the proof is refused for its age.
    public let expiresAt: Date

    /// The longest proof taken, in bytes.
    public static let longest = 8192
    /// How far `iat` may lie in the past or the future, in seconds. The server's nonce says how fresh a proof is; clients' clocks may differ.
    public static let window = 300.0

    /// What a proof must have been made for.
    public struct Occasion: Sendable, Hashable {
        /// The method of the request.
        public var method: String
        /// The address of the endpoint without query and fragment, as the metadata has it.
        public var uri: String
        /// The access token that is presented with the proof (§7).
        public var accessToken: String?

        /// An occasion.
        public init(method: String, uri: String, accessToken: String? = nil) {
            self.method = method
            self.uri = uri
            self.accessToken = accessToken
        }
    }

    /// Checks the proof of a request (§4.3).
    ///
    /// - Parameters:
    ///   - headers: every `DPoP` header field value of the request.
    ///   - occasion: what it must have been made for.
    ///   - algorithms: those taken, asymmetric ones.
    ///   - now: the present moment.
    /// - Throws: `invalid_dpop_proof`. Not checked here: the nonce, and that the `jti` is new.
    public init(
        _ headers: [String],
        for occasion: Occasion,
        algorithms: [SignatureAlgorithm],
        now: Date
    ) throws(OAuthError) {
        // §4.3, items 1 and 2.
        guard headers.count == 1, let header = headers.first else { throw Self.fault("must come once") }
        guard let jws = try? JWS.parse(header, limit: Self.longest), let claims = jws.claims else {
            throw Self.fault("is not a signed JWT")
        }
        thumbprint = try Self.verify(jws, algorithms)
        jti = try Self.name(claims)
        try Self.check(claims, occasion)
        expiresAt = try Self.end(claims, now)
        guard claims["nonce"] == nil || claims["nonce"]?.string != nil else {
            throw Self.fault("has a nonce that is no text")
        }
        nonce = claims["nonce"]?.string
    }

    /// Items 4 to 7: its type, an algorithm we allow, a public key within it, and that key's signature.
    private static func verify(_ jws: ParsedJWS, _ algorithms: [SignatureAlgorithm]) throws(OAuthError) -> String {
        guard jws.type == "dpop+jwt" else { throw fault("must have the typ dpop+jwt") }
        guard let algorithm = jws.algorithm, algorithms.contains(algorithm) else {
            throw fault("has an alg that is not allowed")
        }
        // A private key in the header is refused by the reader: whoever sends one has lost it.
        guard let json = jws.header["jwk"], let key = try? JWK(json: json) else {
            throw fault("must carry one public key as jwk")
        }
        guard jws.isSigned(by: key) else { throw fault("has a signature that its key did not make") }
        return key.thumbprint
    }

    private static func name(_ claims: JSONObject) throws(OAuthError) -> String {
        guard let jti = claims["jti"]?.string, (1...512).contains(jti.utf8.count) else {
            throw fault("must have a jti of at most 512 bytes")
        }
        return jti
    }

    /// Items 8, 9 and 12.
    private static func check(_ claims: JSONObject, _ occasion: Occasion) throws(OAuthError) {
        guard claims["htm"]?.string == occasion.method else { throw fault("was made for another method") }
        guard let uri = claims["htu"]?.string else { throw fault("has no htu") }
        let bare = uri.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard bare.elementsEqual(occasion.uri.utf8) else { throw fault("was made for another address") }
        guard let token = occasion.accessToken else { return }
        guard claims["ath"]?.string == Base64URL.encode(Digest.sha256(token.utf8)) else {
            throw fault("was made for another access token")
        }
    }

    /// Item 11.
    private static func end(_ claims: JSONObject, _ now: Date) throws(OAuthError) -> Date {
        let present = now.timeIntervalSince1970
        guard let issued = claims["iat"]?.number, abs(present - issued) < window else {
            throw fault("has no iat, or one too far from the server's time")
        }
        return Date(timeIntervalSince1970: issued + window)
    }

    private static func fault(_ what: String) -> OAuthError { OAuthError(.invalidDPoPProof, "the DPoP proof \(what)") }

    /// True for the form of a thumbprint: 32 bytes in base64url (RFC 7638 §3, RFC 9449 §10).
    static func isThumbprint(_ text: String) -> Bool {
        text.utf8.count == 43 && Base64URL.decode(text)?.count == 32
    }
}

/// The nonce that a DPoP proof must carry (RFC 9449 §8): made from the time by a key that all server processes share, so that none of them
/// has to remember any.
public struct DPoPNonce: Sendable {
    /// Seconds until the next one. The one before is taken as well, and the next one: processes' clocks differ a little.
    public static let period = 60

    private let key: Secret<[UInt8]>

    /// - Parameter key: 32 bytes, the same on every process.
    public init(key: Secret<[UInt8]>) { self.key = key }

    /// The nonce that a client is told to use.
    public func current(now: Date) -> String { value(Self.slot(now)) }

    /// True for a nonce that this server gave out lately.
    public func accepts(_ nonce: String, now: Date) -> Bool {
        let slot = Self.slot(now)
        let presented = Array(nonce.utf8)
        // Every one is compared: which of them matched is nobody's business.
        return (slot - 1...slot + 1).reduce(false) { $0 || ConstantTime.equal(Array(value($1).utf8), presented) }
    }

    private static func slot(_ now: Date) -> Int64 {
        Int64(min(max(now.timeIntervalSince1970, 0), 1e12)) / Int64(period)
    }

    private func value(_ slot: Int64) -> String {
        Base64URL.encode(Array(HMAC.sha256(key: key.reveal(), Array("dpop-nonce|\(slot)".utf8)).prefix(24)))
    }
}
