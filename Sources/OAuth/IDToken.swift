public import Cryptography
public import FoundationEssentials

/// The claims of an ID token (OpenID Connect Core §2, §3.1.3.6, §3.2.2.10, §3.3.2.11).
public struct IDToken: Sendable {
    /// `iss`
    public var issuer: Issuer
    /// `sub`
    public var subject: Subject
    /// `aud`: the client.
    public var audience: ClientID
    /// `iat`
    public var issuedAt: Date
    /// `exp`
    public var expiresAt: Date
    /// `auth_time`, `acr`, `amr`
    public var authentication: AuthenticationContext
    /// `nonce`, exactly as the request sent it.
    public var nonce: String?
    /// `sid` (Back-Channel Logout §2.1)
    public var sessionID: SessionID?
    /// `azp` (§2): only where the token is used by another party than its audience.
    public var authorizedParty: ClientID?
    /// The access token that goes with it, for `at_hash`.
    public var accessToken: String?
    /// The code that goes with it, for `c_hash`.
    public var code: String?
    /// Claims about the person, from ``UserInfo``; none of them may bear a name of the above.
    public var claims: JSONObject = JSONObject()

    /// An ID token with what every one has.
    public init(
        issuer: Issuer,
        subject: Subject,
        audience: ClientID,
        issuedAt: Date,
        expiresAt: Date,
        authentication: AuthenticationContext
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.authentication = authentication
    }

    /// The JSON to sign by this algorithm, which decides the hash of `at_hash` and `c_hash`.
    public func payload(for algorithm: SignatureAlgorithm) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.member("iss", issuer.value)
        writer.member("sub", subject.value)
        writer.member("aud", audience.value)
        writer.member("exp", numericDate(expiresAt))
        writer.member("iat", numericDate(issuedAt))
        writer.authentication(authentication)
        if let nonce { writer.member("nonce", nonce) }
        if let sessionID { writer.member("sid", sessionID.value) }
        if let authorizedParty { writer.member("azp", authorizedParty.value) }
        if let accessToken { writer.member("at_hash", Self.leftHalfHash(of: accessToken, algorithm)) }
        if let code { writer.member("c_hash", Self.leftHalfHash(of: code, algorithm)) }
        for (name, value) in claims where !Self.ownClaims.contains(name) {
            writer.member(named: name, raw: value.bytes)
        }
        writer.endObject()
        return writer.bytes
    }

    private static let ownClaims: Set<String> = [
        "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "auth_time", "acr", "amr", "nonce", "sid", "azp", "at_hash",
        "c_hash",
    ]

    /// §3.1.3.6: base64url of the left half of the hash, by the hash function of the signature algorithm.
    ///
    /// Ed25519 works with SHA-512 (RFC 8032 §5.1). SM2 works with SM3: the private profile of the product.
    static func leftHalfHash(of token: String, _ algorithm: SignatureAlgorithm) -> String {
        let hash =
            switch algorithm {
            case .RS256, .PS256, .ES256: Digest.sha256(token.utf8)
            case .EdDSA: Digest.sha512(token.utf8)
            case .SM2: Digest.sm3(token.utf8)
            }
        return Base64URL.encode(Array(hash.prefix(hash.count / 2)))
    }
}
