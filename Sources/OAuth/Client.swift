public import Cryptography

/// A registered client: who it is, what it registered, and whether it may be used at all.
///
/// The members of its registration read as if they were the client's own (`client.redirectURIs`). Its secrets are not here: they are
/// the server's to store and to compare.
@dynamicMemberLookup
public struct Client: Sendable, Equatable {
    /// `client_id`.
    public let id: ClientID
    /// What it registered.
    public var metadata: ClientMetadata
    /// False after an operator switched it off.
    public var isEnabled: Bool

    /// A client as the registry holds it.
    public init(id: ClientID, metadata: ClientMetadata, isEnabled: Bool = true) {
        self.id = id
        self.metadata = metadata
        self.isEnabled = isEnabled
    }

    /// A member of the registration.
    public subscript<Value>(dynamicMember member: KeyPath<ClientMetadata, Value>) -> Value {
        metadata[keyPath: member]
    }

    /// RFC 6749 §2.1: a public client cannot keep a secret and has no way to prove who it is.
    public var isPublic: Bool { metadata.tokenEndpointAuthMethod == .none }
}

/// `token_endpoint_auth_method` (RFC 7591 §2, OpenID Connect Core §9).
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    /// HTTP Basic (RFC 6749 §2.3.1).
    case clientSecretBasic = "client_secret_basic"
    /// Identifier and secret in the body (RFC 6749 §2.3.1).
    case clientSecretPost = "client_secret_post"
    /// An assertion authenticated by the client's secret (OpenID Connect Core §9).
    case clientSecretJWT = "client_secret_jwt"
    /// A signed assertion (RFC 7523 §2.2).
    case privateKeyJWT = "private_key_jwt"
    /// A public client: none.
    case none
}

/// Everything a client registers, in the names of RFC 7591, OpenID Connect Registration and the logout specifications, and Citygate's
/// own members (protocol.md K5).
///
/// Values come from ``init(_:policy:)`` or are set by code that knows the rules; the type itself checks nothing.
public struct ClientMetadata: Sendable, Equatable {
    /// `application_type` (OpenID Connect Registration §2).
    public enum ApplicationType: String, Sendable, CaseIterable {
        /// Runs on a server or in a browser.
        case web
        /// Runs on the person's device (RFC 8252).
        case native
    }

    /// `subject_type` (OpenID Connect Core §8).
    public enum SubjectType: String, Sendable, CaseIterable {
        /// The same `sub` for every client.
        case `public`
        /// A `sub` of its own for each sector.
        case pairwise
    }

    /// `consent`, Citygate's own: whether the person is asked.
    public enum ConsentPolicy: String, Sendable, CaseIterable {
        /// The person is asked, and the answer is remembered.
        case asked
        /// The city's own service: only identity data and `prompt=consent` are asked for.
        case firstParty = "first_party"
    }

    /// `access_token_format`, Citygate's own.
    public enum AccessTokenFormat: String, Sendable, CaseIterable {
        /// RFC 9068.
        case jwt
        /// A random handle that only introspection and userinfo understand.
        case opaque
    }

    // RFC 7591 §2 and OpenID Connect Registration §2
    /// `redirect_uris`
    public var redirectURIs: [RegisteredRedirectURI] = []
    /// `application_type`; web unless said.
    public var applicationType = ApplicationType.web
    /// `response_types`; code unless said.
    public var responseTypes: [ResponseType] = [.code]
    /// `grant_types`; authorization_code unless said.
    public var grantTypes: [GrantType] = [.authorizationCode]
    /// `token_endpoint_auth_method`; client_secret_basic unless said.
    public var tokenEndpointAuthMethod = ClientAuthenticationMethod.clientSecretBasic
    /// `token_endpoint_auth_signing_alg` of `private_key_jwt`; nil takes every algorithm the server takes. `client_secret_jwt` has one
    /// algorithm only, ``ClientAssertion/symmetricAlgorithm``.
    public var tokenEndpointAuthSigningAlg: SignatureAlgorithm?
    /// `jwks`, public keys only.
    public var jwks: JWKSet?
    /// `jwks_uri`
    public var jwksURI: String?
    /// `scope`: what the client may ask for.
    public var scope: Scope = []
    /// `client_name`, `client_uri`, `logo_uri`, `policy_uri`, `tos_uri` by language: `client_name#zh-Hans` and the like (RFC 7591 §2.2).
    public var localized: [String: String] = [:]
    /// `client_name`
    public var clientName: String?
    /// `client_uri`
    public var clientURI: String?
    /// `logo_uri`
    public var logoURI: String?
    /// `policy_uri`
    public var policyURI: String?
    /// `tos_uri`
    public var tosURI: String?
    /// `contacts`
    public var contacts: [String] = []
    /// `software_id`
    public var softwareID: String?
    /// `software_version`
    public var softwareVersion: String?
    /// `software_statement`, unmodified (RFC 7591 §3.2.1). It was verified when the registration was taken.
    public var softwareStatement: String?
    /// `subject_type`
    public var subjectType = SubjectType.public
    /// `sector_identifier_uri`
    public var sectorIdentifierURI: String?
    /// `id_token_signed_response_alg`; RS256 unless said.
    public var idTokenSignedResponseAlg = SignatureAlgorithm.RS256
    /// `userinfo_signed_response_alg`; nil answers plain JSON.
    public var userinfoSignedResponseAlg: SignatureAlgorithm?
    /// `default_max_age` in seconds.
    public var defaultMaxAge: Int?
    /// `require_auth_time`. Every ID token carries the claim; the member is kept because it was registered.
    public var requireAuthTime = false
    /// `default_acr_values`
    public var defaultACRValues: [AssuranceLevel] = []
    /// `initiate_login_uri`
    public var initiateLoginURI: String?

    // The logout specifications, RFC 9126 §6, RFC 9449 §5.2
    /// `post_logout_redirect_uris`
    public var postLogoutRedirectURIs: [RegisteredRedirectURI] = []
    /// `backchannel_logout_uri`
    public var backchannelLogoutURI: String?
    /// `backchannel_logout_session_required`
    public var backchannelLogoutSessionRequired = false
    /// `require_pushed_authorization_requests`
    public var requirePushedAuthorizationRequests = false
    /// `dpop_bound_access_tokens`
    public var dpopBoundAccessTokens = false

    // Citygate's own
    /// `organisation`: who stands behind the client, shown on the consent page (主体).
    public var organisation: String?
    /// `consent`
    public var consent = ConsentPolicy.asked
    /// `access_token_format`
    public var accessTokenFormat = AccessTokenFormat.jwt
    /// `access_token_signed_response_alg`; ES256 unless said.
    public var accessTokenSignedResponseAlg = SignatureAlgorithm.ES256
    /// `access_token_lifetime` in seconds; nil is the server's default.
    public var accessTokenLifetime: Int?
    /// `refresh_token_lifetime` in seconds; nil is the server's default.
    public var refreshTokenLifetime: Int?
    /// `id_token_lifetime` in seconds; nil is the server's default.
    public var idTokenLifetime: Int?
    /// `resources`: the audiences the client may ask for (RFC 8707), absolute URIs.
    public var resources: [String] = []
    /// `minimum_acr`: no login below this level is given to the client.
    public var minimumACR: AssuranceLevel?
    /// `maximum_acr`: the client may not ask for a level above this one, and hears of none above it.
    public var maximumACR: AssuranceLevel?
    /// `require_pkce`; true unless said, and always for public clients.
    public var requirePKCE = true
    /// `realname_claims`: which identity claims the client is entitled to.
    public var realnameClaims: [String] = []
    /// `redirect_loopback_any_port` (RFC 8252 §7.3); native clients have it unless said.
    public var redirectLoopbackAnyPort = false

    /// A registration with every default of the specifications.
    public init() {}

    /// The client's name for a person who reads one of the languages, best first (BCP 47 tags; RFC 7591 §2.2).
    public func displayName(locales: [String] = Self.locales) -> String? {
        text("client_name", clientName, locales: locales)
    }

    /// Its terms of service, likewise.
    public func termsAddress(locales: [String] = Self.locales) -> String? { text("tos_uri", tosURI, locales: locales) }

    /// What it does with data, likewise.
    public func policyAddress(locales: [String] = Self.locales) -> String? {
        text("policy_uri", policyURI, locales: locales)
    }

    /// Its own site, likewise.
    public func homeAddress(locales: [String] = Self.locales) -> String? {
        text("client_uri", clientURI, locales: locales)
    }

    /// The tags under which a reader of our pages finds a text, best first.
    public static let locales = ["zh-Hans-CN", "zh-CN", "zh-Hans", "zh"]

    /// RFC 5646 §2.1.1: the case of a tag has no meaning.
    private func text(_ member: String, _ plain: String?, locales: [String]) -> String? {
        guard !localized.isEmpty else { return plain }
        for locale in locales {
            let name = "\(member)#\(locale)".lowercased()
            if let text = localized.first(where: { $0.key.lowercased() == name })?.value { return text }
        }
        return plain
    }
}
