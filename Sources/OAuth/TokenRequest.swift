/// What a client asks of the token endpoint (RFC 6749 §4.1.3, §4.4.2, §6, RFC 8628 §3.4). Who asks is settled before, by ``ClientAuthentication``.
public enum TokenRequest: Sendable, Hashable {
    /// A code for tokens.
    case authorizationCode(AuthorizationCode)
    /// A refresh token for new tokens.
    case refreshToken(Refresh)
    /// A token for the client itself.
    case clientCredentials(ClientCredentials)
    /// A device code for tokens, if the person has said yes.
    case deviceCode(DeviceCode)

    /// RFC 6749 §4.1.3 and RFC 7636 §4.5.
    public struct AuthorizationCode: Sendable, Hashable {
        /// The code, as long as any text could be: it is looked up by its hash.
        public let code: String
        /// Must equal the one of the authorization request.
        public let redirectURI: String
        /// For the code's challenge.
        public let verifier: CodeVerifier?
        /// A choice among the resources of the authorization (RFC 8707 §2.2); empty for all.
        public let resources: [String]
    }

    /// RFC 6749 §6.
    public struct Refresh: Sendable, Hashable {
        /// The refresh token.
        public let refreshToken: String
        /// A choice among the scope granted; nil for all.
        public let scope: Scope?
        /// A choice among the resources granted; empty for all.
        public let resources: [String]
    }

    /// RFC 6749 §4.4.2.
    public struct ClientCredentials: Sendable, Hashable {
        /// What is granted: what was asked for, or everything the client may have.
        public let scope: Scope
        /// Where the token is to be used; empty for the server's own endpoints.
        public let resources: [String]
    }

    /// RFC 8628 §3.4.
    public struct DeviceCode: Sendable, Hashable {
        /// The device code, looked up by its hash.
        public let deviceCode: String
        /// A choice among the resources of the authorization (RFC 8707 §2.2); empty for all.
        public let resources: [String]
    }

    /// Reads the grant of an authenticated client.
    ///
    /// - Throws: `invalid_request` for a missing or repeated parameter, `unsupported_grant_type` for a grant that is not switched on,
    ///   `unauthorized_client` for one the client did not register, `invalid_scope`, `invalid_target`, and `invalid_grant` for a verifier that
    ///   cannot be one.
    public init(
        _ parameters: Parameters,
        client: Client,
        capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        // RFC 6749 §3.2: parameters MUST NOT be included more than once.
        try parameters.refuseRepetition()
        let name = try parameters.required("grant_type")
        // RFC 6749 §5.2.
        guard let grant = GrantType(rawValue: name), grant.isTokenEndpointGrant, capabilities.grantTypes.contains(grant)
        else { throw OAuthError(.unsupportedGrantType, "grant_type is not supported") }
        guard client.grantTypes.contains(grant) else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for this grant_type")
        }
        switch grant {
        case .authorizationCode: self = .authorizationCode(try Self.code(parameters, client))
        case .refreshToken: self = .refreshToken(try Self.refresh(parameters, client))
        case .clientCredentials: self = .clientCredentials(try Self.credentials(parameters, client))
        case .deviceCode: self = .deviceCode(try Self.device(parameters, client))
        case .implicit: throw OAuthError(.unsupportedGrantType, "grant_type is not supported")
        }
    }

    private static func code(_ parameters: Parameters, _ client: Client) throws(OAuthError) -> AuthorizationCode {
        var verifier: CodeVerifier?
        if let text = try parameters.value("code_verifier") {
            verifier = CodeVerifier(text)
            guard verifier != nil else {
                throw OAuthError(.invalidGrant, "code_verifier must be 43 to 128 unreserved characters")
            }
        }
        return AuthorizationCode(
            code: try bounded(parameters.required("code"), "code"),
            redirectURI: try parameters.required("redirect_uri"),
            verifier: verifier,
            resources: try Resource.parse(parameters, for: client)
        )
    }

    private static func refresh(_ parameters: Parameters, _ client: Client) throws(OAuthError) -> Refresh {
        var scope: Scope?
        if let text = try parameters.value("scope") { scope = try Scope(parsing: text) }
        return Refresh(
            refreshToken: try bounded(parameters.required("refresh_token"), "refresh_token"),
            scope: scope,
            resources: try Resource.parse(parameters, for: client)
        )
    }

    private static func device(_ parameters: Parameters, _ client: Client) throws(OAuthError) -> DeviceCode {
        DeviceCode(
            deviceCode: try bounded(parameters.required("device_code"), "device_code"),
            resources: try Resource.parse(parameters, for: client)
        )
    }

    private static func credentials(
        _ parameters: Parameters,
        _ client: Client
    ) throws(OAuthError) -> ClientCredentials {
        // RFC 6749 §4.4: only confidential clients. Registration holds the same rule; a grant must not rest on it.
        guard !client.isPublic else { throw OAuthError(.unauthorizedClient, "a public client has no credentials") }
        // No person is there: scopes about a person are not for this grant.
        let allowed = client.scope.filter { !UserInfo.isAboutPerson($0) }
        let resources = try Resource.parse(parameters, for: client)
        guard let text = try parameters.value("scope") else {
            return ClientCredentials(scope: allowed, resources: resources)
        }
        let scope = try Scope(parsing: text)
        guard scope.isSubset(of: allowed) else {
            throw OAuthError(.invalidScope, "this client may not ask for: \(scope.subtracting(allowed))")
        }
        return ClientCredentials(scope: scope, resources: resources)
    }

    /// Tokens of this server are short; what is longer than any of them is not worth hashing.
    private static func bounded(_ text: String, _ name: String) throws(OAuthError) -> String {
        guard text.utf8.count <= 512 else { throw OAuthError(.invalidGrant, "\(name) is unknown") }
        return text
    }
}
