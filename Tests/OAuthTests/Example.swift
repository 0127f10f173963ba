import Cryptography
import FoundationEssentials
import OAuth
import Testing

/// The server, clients and requests that the suites of this folder share. Every part is a plain value.
enum Example {
    static let issuer = "https://id.example.cn"
    static let callback = "https://rp.example.cn/cb"
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    /// RFC 7636 Appendix B.
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    static func capabilities() throws -> ProviderCapabilities {
        let issuer = try #require(Issuer(issuer))
        var server = ProviderCapabilities(
            issuer: issuer,
            endpoints: .init(
                authorization: "\(issuer)/oauth2/authorize",
                token: "\(issuer)/oauth2/token",
                userInfo: "\(issuer)/oauth2/userinfo",
                jwks: "\(issuer)/oauth2/jwks"
            )
        )
        server.scopes = Scope.standard.union([Scope.realName])
        server.responseTypes = ResponseType.allCases
        server.grantTypes = [.authorizationCode, .refreshToken, .clientCredentials]
        server.idTokenAlgorithms = SignatureAlgorithm.allCases
        server.accessTokenFormats = [.jwt, .opaque]
        server.prompts = Prompt.allCases
        server.uiLocales = ["zh-CN", "en"]
        server.backchannelLogout = true
        return server
    }

    static func metadata(
        _ changes: [String: JSON] = [:],
        origin: ClientRegistrationPolicy.Origin = .administrator,
        sandbox: Bool = false
    ) throws -> ClientMetadata {
        var object = JSONObject()
        object["redirect_uris"] = [.string(callback)]
        for (name, value) in changes { object[name] = value }
        let policy = ClientRegistrationPolicy(
            capabilities: try capabilities(),
            origin: origin,
            allowLoopbackHTTP: sandbox,
            allowSandboxPatterns: sandbox
        )
        return try ClientMetadata(.object(object), policy: policy)
    }

    /// The faults of a registration; empty where it is accepted.
    static func faults(
        _ changes: [String: JSON],
        origin: ClientRegistrationPolicy.Origin = .administrator,
        sandbox: Bool = false
    ) throws -> [String] {
        do {
            _ = try metadata(changes, origin: origin, sandbox: sandbox)
            return []
        } catch let error as ClientMetadataError {
            return error.faults.map(\.member)
        }
    }

    static func client(_ changes: [String: JSON] = [:], sandbox: Bool = false) throws -> Client {
        Client(id: ClientID(trusted: "rp"), metadata: try metadata(changes, sandbox: sandbox))
    }

    /// A client that registered every response type.
    static func hybridClient() throws -> Client {
        try client([
            "response_types": ["code", "id_token", "code id_token"],
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
        ])
    }

    /// A good code request with some parameters changed; nil takes one away.
    static func fields(_ changes: [String: String?] = [:]) -> [(name: String, value: String)] {
        var values: [String: String?] = [
            "client_id": "rp", "redirect_uri": callback, "response_type": "code", "scope": "openid profile",
            "state": "af0ifjsldkj", "code_challenge": challenge, "code_challenge_method": "S256",
        ]
        for (name, value) in changes { values[name] = value }
        return values.sorted { $0.key < $1.key }.compactMap { name, value in value.map { (name: name, value: $0) } }
    }

    static func parameters(_ changes: [String: String?] = [:]) -> Parameters { Parameters(fields(changes)) }

    static func target(_ changes: [String: String?] = [:], client: Client? = nil) throws -> AuthorizationTarget {
        try AuthorizationTarget(
            parameters(changes),
            client: client ?? Example.client(),
            capabilities: capabilities()
        )
    }

    static func request(
        _ changes: [String: String?] = [:],
        client: Client? = nil,
        capabilities: ProviderCapabilities? = nil
    ) throws -> AuthorizationRequest {
        let parameters = parameters(changes)
        let server = try capabilities ?? Example.capabilities()
        return try AuthorizationRequest(
            parameters,
            target: AuthorizationTarget(parameters, client: client ?? Example.client(), capabilities: server),
            capabilities: server,
            receivedAt: now
        )
    }

    /// The error of a request; nil where it is accepted.
    static func code(
        _ changes: [String: String?],
        client: Client? = nil,
        capabilities: ProviderCapabilities? = nil
    ) throws -> OAuthError.Code? {
        do {
            _ = try request(changes, client: client, capabilities: capabilities)
            return nil
        } catch let error as OAuthError {
            return error.code
        }
    }

    /// What a call refuses with; nil where it does not refuse.
    static func refusal(_ body: () throws -> Void) throws -> OAuthError.Code? {
        do {
            try body()
            return nil
        } catch let error as OAuthError {
            return error.code
        }
    }
}
