public import Cryptography

/// What is switched on in this server: the one value that checks, registration and metadata all read, so that nothing is announced that
/// is not supported and nothing supported is left out.
public struct ProviderCapabilities: Sendable {
    /// Absolute addresses of the endpoints; nil where one is switched off.
    public struct Endpoints: Sendable {
        /// `authorization_endpoint`
        public var authorization: String
        /// `token_endpoint`
        public var token: String
        /// `userinfo_endpoint`
        public var userInfo: String
        /// `jwks_uri`
        public var jwks: String
        /// `end_session_endpoint`
        public var endSession: String?
        /// `revocation_endpoint`
        public var revocation: String?
        /// `introspection_endpoint`
        public var introspection: String?
        /// `pushed_authorization_request_endpoint`
        public var pushedAuthorizationRequest: String?
        /// `device_authorization_endpoint`
        public var deviceAuthorization: String?
        /// `registration_endpoint`
        public var registration: String?

        /// The endpoints that every server has.
        public init(authorization: String, token: String, userInfo: String, jwks: String) {
            self.authorization = authorization
            self.token = token
            self.userInfo = userInfo
            self.jwks = jwks
        }
    }

    /// `iss`
    public var issuer: Issuer
    /// Where the endpoints are.
    public var endpoints: Endpoints
    /// Scopes that clients in general may ask for.
    public var scopes: Scope = Scope.standard
    /// Response types that can be registered.
    public var responseTypes: [ResponseType] = [.code]
    /// Response modes.
    public var responseModes: [ResponseMode] = ResponseMode.allCases
    /// Grants of the token endpoint.
    public var grantTypes: [GrantType] = [.authorizationCode]
    /// How clients may prove who they are at the token endpoint.
    public var clientAuthenticationMethods: [ClientAuthenticationMethod] = ClientAuthenticationMethod.allCases
    /// Algorithms of client assertions.
    public var clientAssertionAlgorithms: [SignatureAlgorithm] = [.RS256, .PS256, .ES256, .EdDSA]
    /// Algorithms of ID tokens: those for which there is a key.
    public var idTokenAlgorithms: [SignatureAlgorithm] = [.RS256, .ES256]
    /// Algorithms of signed userinfo answers.
    public var userInfoAlgorithms: [SignatureAlgorithm] = [.RS256, .ES256]
    /// Algorithms of access tokens.
    public var accessTokenAlgorithms: [SignatureAlgorithm] = [.RS256, .ES256]
    /// Forms of access tokens.
    public var accessTokenFormats: [ClientMetadata.AccessTokenFormat] = [.jwt]
    /// Algorithms of DPoP proofs; empty where DPoP is off.
    public var dpopAlgorithms: [SignatureAlgorithm] = []
    /// Subject types; the first is the default of a registration.
    public var subjectTypes: [ClientMetadata.SubjectType] = [.public]
    /// Levels that a person can reach here.
    public var levels: [AssuranceLevel] = [.l1, .l2, .l3]
    /// Values of `prompt`.
    public var prompts: [Prompt] = [.none, .login, .consent, .selectAccount]
    /// Languages of the pages (BCP 47), the default first.
    public var uiLocales: [String] = ["zh-CN"]
    /// Back-channel logout is sent.
    public var backchannelLogout = false
    /// `service_documentation`
    public var serviceDocumentation: String?
    /// `op_policy_uri`
    public var policyURI: String?
    /// `op_tos_uri`
    public var tosURI: String?

    /// The smallest server: the code flow.
    public init(issuer: Issuer, endpoints: Endpoints) {
        self.issuer = issuer
        self.endpoints = endpoints
    }

    /// What a registration may name: the grants, and `implicit` where an ID token comes from the authorization endpoint.
    public var registrableGrantTypes: [GrantType] {
        responseTypes.contains(where: \.givesIDToken) ? grantTypes + [.implicit] : grantTypes
    }
}

extension ProviderCapabilities {
    /// The same server with everything switched on that any registration could ever name.
    var everySwitchOn: ProviderCapabilities {
        var all = self
        all.responseTypes = ResponseType.allCases
        all.grantTypes = GrantType.allCases.filter(\.isTokenEndpointGrant)
        all.clientAuthenticationMethods = ClientAuthenticationMethod.allCases
        all.clientAssertionAlgorithms = SignatureAlgorithm.allCases
        all.idTokenAlgorithms = SignatureAlgorithm.allCases
        all.userInfoAlgorithms = SignatureAlgorithm.allCases
        all.accessTokenAlgorithms = SignatureAlgorithm.allCases
        all.accessTokenFormats = ClientMetadata.AccessTokenFormat.allCases
        all.dpopAlgorithms = SignatureAlgorithm.allCases
        all.subjectTypes = ClientMetadata.SubjectType.allCases
        all.levels = AssuranceLevel.allCases
        all.backchannelLogout = true
        all.endpoints.pushedAuthorizationRequest = all.endpoints.pushedAuthorizationRequest ?? all.endpoints.token
        return all
    }
}
