/// `grant_type` (RFC 6749 §4, RFC 8628 §3.4).
public enum GrantType: String, Sendable, Hashable, CaseIterable {
    /// RFC 6749 §4.1.3.
    case authorizationCode = "authorization_code"
    /// RFC 6749 §6.
    case refreshToken = "refresh_token"
    /// RFC 6749 §4.4.2.
    case clientCredentials = "client_credentials"
    /// RFC 8628 §3.4.
    case deviceCode = "urn:ietf:params:oauth:grant-type:device_code"
    /// Only in a registration: ID tokens straight from the authorization endpoint (OpenID Connect Registration §2).
    case implicit

    /// Grants that a client can name at the token endpoint.
    public var isTokenEndpointGrant: Bool { self != .implicit }
}
