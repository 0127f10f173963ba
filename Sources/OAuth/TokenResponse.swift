/// The success of a token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
public struct TokenResponse: Sendable, Hashable {
    /// `token_type` (RFC 6749 §7.1, RFC 9449 §5).
    public enum TokenType: String, Sendable, Hashable {
        /// RFC 6750.
        case bearer = "Bearer"
        /// RFC 9449.
        case dpop = "DPoP"
    }

    /// `access_token`
    public var accessToken: String
    /// `token_type`
    public var tokenType: TokenType
    /// `expires_in`, seconds.
    public var expiresIn: Int
    /// `scope`; always sent, so that a client never has to guess (RFC 6749 §5.1 demands it where it differs).
    public var scope: Scope
    /// `refresh_token`
    public var refreshToken: String?
    /// `id_token`
    public var idToken: String?

    /// An answer.
    public init(
        accessToken: String,
        tokenType: TokenType = .bearer,
        expiresIn: Int,
        scope: Scope,
        refreshToken: String? = nil,
        idToken: String? = nil
    ) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiresIn = expiresIn
        self.scope = scope
        self.refreshToken = refreshToken
        self.idToken = idToken
    }

    /// The JSON body. It goes out with `Cache-Control: no-store` (RFC 6749 §5.1).
    public func body() -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.member("access_token", accessToken)
        writer.member("token_type", tokenType.rawValue)
        writer.member("expires_in", expiresIn)
        if let refreshToken { writer.member("refresh_token", refreshToken) }
        if let idToken { writer.member("id_token", idToken) }
        if !scope.isEmpty { writer.member("scope", scope.description) }
        writer.endObject()
        return writer.bytes
    }
}
