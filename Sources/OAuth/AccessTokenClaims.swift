public import Cryptography
public import FoundationEssentials

/// The claims of a JWT access token (RFC 9068 §2.2).
public struct AccessTokenClaims: Sendable, Hashable {
    /// `iss`
    public var issuer: Issuer
    /// `sub`: the person, or the client where no person is there (§2.2).
    public var subject: Subject
    /// `aud`: the resources, or the issuer for the server's own endpoints.
    public var audience: [String]
    /// `client_id`
    public var clientID: ClientID
    /// `iat`
    public var issuedAt: Date
    /// `exp`
    public var expiresAt: Date
    /// `jti`
    public var id: String
    /// `scope`
    public var scope: Scope
    /// `auth_time`, `acr`, `amr` (§2.2.1); nil where no person is there.
    public var authentication: AuthenticationContext?
    /// `gid`, a private claim: the authorization that the token belongs to, so that revoking that one ends the token.
    public var grantID: String?
    /// `cnf.jkt` (RFC 9449 §6.1): the key whose proof must come with the token; nil for a bearer token.
    public var keyThumbprint: String?

    /// The `typ` of the JWS header (§2.1).
    public static let type = "at+jwt"
    /// The longest token taken, in bytes.
    public static let longest = 8192

    /// Claims to be signed.
    public init(
        issuer: Issuer,
        subject: Subject,
        audience: [String],
        clientID: ClientID,
        issuedAt: Date,
        expiresAt: Date,
        id: String,
        scope: Scope,
        authentication: AuthenticationContext? = nil,
        grantID: String? = nil,
        keyThumbprint: String? = nil
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.clientID = clientID
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.id = id
        self.scope = scope
        self.authentication = authentication
        self.grantID = grantID
        self.keyThumbprint = keyThumbprint
    }

    /// The JSON to sign, with ``type`` in the header.
    public func payload() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("iss", issuer.value)
        writer.member("sub", subject.value)
        // RFC 7519 §4.1.3: one audience may stand alone.
        if audience.count == 1 { writer.member("aud", audience[0]) } else { writer.member("aud", audience) }
        writer.member("client_id", clientID.value)
        writer.member("iat", numericDate(issuedAt))
        writer.member("exp", numericDate(expiresAt))
        writer.member("jti", id)
        if !scope.isEmpty { writer.member("scope", scope.description) }
        if let authentication { writer.authentication(authentication) }
        if let grantID { writer.member("gid", grantID) }
        if let keyThumbprint { writer.confirmation(keyThumbprint) }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    /// `cnf` with `jkt` (RFC 9449 §6.1 and §6.2).
    mutating func confirmation(_ thumbprint: String) {
        member(named: "cnf", raw: JSON.object([("jkt", .string(thumbprint))]).bytes)
    }

    /// `auth_time`, `acr` and `amr` (OpenID Connect Core §2).
    mutating func authentication(_ context: AuthenticationContext) {
        member("auth_time", numericDate(context.time))
        member("acr", context.level.acr)
        if !context.methods.isEmpty { member("amr", context.methods.map(\.rawValue)) }
    }
}

// MARK: - Validation

extension AccessTokenClaims {
    /// Validates a token that this server issued (RFC 9068 §4).
    ///
    /// - Parameters:
    ///   - token: the compact JWS.
    ///   - issuer: this server.
    ///   - audience: the resource that is asked, for userinfo the issuer's value.
    ///   - now: the present moment.
    ///   - key: the server's public key of that `kid`; nil if it has none.
    /// - Throws: `invalid_token`. Not checked here: that the grant was not revoked.
    public init(
        validating token: String,
        issuer: Issuer,
        audience: String,
        now: Date,
        key: (_ kid: String) -> JWK?
    ) throws(OAuthError) {
        try self.init(verifying: token, issuer: issuer, key: key)
        try require(audience: audience)
        try requireUnexpired(now: now)
    }

    /// Verifies that this server signed a token: what stays true of it for ever, and may be remembered.
    ///
    /// - Throws: `invalid_token`. Not checked here: audience, time, and that the token was not revoked.
    public init(verifying token: String, issuer: Issuer, key: (_ kid: String) -> JWK?) throws(OAuthError) {
        let fault = OAuthError(.invalidToken, "the access token is malformed, foreign or revoked")
        guard let jws = try? JWS.parse(token, limit: Self.longest) else { throw fault }
        // §4: the type first, so that an ID token is never taken for an access token.
        guard jws.type == Self.type || jws.type == "application/at+jwt" else { throw fault }
        guard jws.algorithm != nil, let kid = jws.kid, let jwk = key(kid), jws.isSigned(by: jwk) else { throw fault }
        guard let claims = jws.claims else { throw fault }
        try self.init(claims, issuer: issuer)
    }

    /// The claims of an opaque token, as ``payload()`` wrote them into the store.
    ///
    /// - Throws: `invalid_token` for a document that is none of this issuer's.
    public init(stored payload: some Collection<UInt8>, issuer: Issuer) throws(OAuthError) {
        guard let claims = (try? JSON(parsing: Array(payload)))?.object else {
            throw OAuthError(.invalidToken, "the access token is malformed, foreign or revoked")
        }
        try self.init(claims, issuer: issuer)
    }

    /// RFC 9068 §4: the resource that is asked must be among the audience.
    ///
    /// - Throws: `invalid_token`.
    public func require(audience: String) throws(OAuthError) {
        guard self.audience.contains(audience) else {
            throw OAuthError(.invalidToken, "the access token is for another resource")
        }
    }

    /// RFC 9068 §4: the present moment must be before the expiry.
    ///
    /// - Throws: `invalid_token`.
    public func requireUnexpired(now: Date) throws(OAuthError) {
        guard expiresAt > now else { throw OAuthError(.invalidToken, "the access token has expired") }
    }

    private init(_ claims: JSONObject, issuer: Issuer) throws(OAuthError) {
        let fault = OAuthError(.invalidToken, "the access token is malformed, foreign or revoked")
        // §2.2: all of these are required.
        guard claims["iss"]?.string == issuer.value, let subject = claims["sub"]?.string,
            let audience = claims["aud"]?.string.map({ [$0] }) ?? claims["aud"]?.strings,
            let clientID = claims["client_id"]?.string, let issuedAt = claims["iat"]?.int,
            let expiresAt = claims["exp"]?.int, let id = claims["jti"]?.string,
            let scope = try? Scope(parsing: claims["scope"]?.string ?? "")
        else { throw fault }
        self.issuer = issuer
        self.subject = Subject(subject)
        self.audience = audience
        self.clientID = ClientID(trusted: clientID)
        self.issuedAt = Date(timeIntervalSince1970: Double(issuedAt))
        self.expiresAt = Date(timeIntervalSince1970: Double(expiresAt))
        self.id = id
        self.scope = scope
        self.grantID = claims["gid"]?.string
        if let confirmation = claims["cnf"] {
            // A token bound in a way we do not know is bound nevertheless.
            guard let key = confirmation["jkt"]?.string else { throw fault }
            keyThumbprint = key
        }
        if let time = claims["auth_time"]?.int, let level = claims["acr"]?.string.flatMap(AssuranceLevel.init(acr:)) {
            authentication = AuthenticationContext(
                time: Date(timeIntervalSince1970: Double(time)),
                level: level,
                methods: (claims["amr"]?.strings ?? []).compactMap(AuthenticationMethod.init(rawValue:))
            )
        }
    }
}
