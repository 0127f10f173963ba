import Cryptography
import Foundation
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

// How each code is provoked, by the section that names it.
extension `Errors of the specifications` {
    private static let token = "/oauth2/token"

    static let invalidRequest: [Provocation] = [
        .init(.redirect, "authorization") { try await $0.authorize([("max_age", "soon")]) },
        .init(.page(400), "authorization without a client") {
            try await $0.browser.get("/oauth2/authorize?scope=openid")
        },
        .init(.page(400), "an address that is not registered") {
            try await $0.authorize([("redirect_uri", "https://evil.example/")])
        },
        .init(.json(400), "token") { try await $0.post(token, [("grant_type", "authorization_code")]) },
        .init(.json(400), "token, a parameter twice") {
            try await $0.post(token, [("grant_type", "client_credentials"), ("grant_type", "client_credentials")])
        },
        .init(.json(400), "push") { try await $0.server.push(TestRequest(), changing: ["response_type": nil]) },
        .init(.json(400), "introspection") { try await $0.post("/oauth2/introspect", []) },
        .init(.json(400), "revocation") { try await $0.post("/oauth2/revoke", []) },
        .init(.json(400), "device authorization") { stage in
            try await stage.server.deviceAuthorization([("scope", "openid"), ("scope", "profile")])
        },
        .init(.challenge(400), "userinfo, a token twice") { stage in
            let headers: HTTPFields = [.authorization: "Bearer \(stage.tokens.access)"]
            return try await stage.server.post("/oauth2/userinfo", [("access_token", "x")], headers: headers)
        },
    ]

    static let invalidClient: [Provocation] =
        [token, "/oauth2/par", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/device_authorization"].map { path in
            .init(.json(401), path) {
                try await $0.server.post(path, [("token", "x")], basic: ("sandbox-basic", "wrong"))
            }
        }

    static func refusals(_ code: Code) -> [Provocation] {
        switch code {
        case .unauthorizedClient:
            [
                .init(.redirect, "response type") { try await $0.authorize([("response_type", "id_token")]) },
                .init(.json(400), "grant") { try await $0.post(token, [("grant_type", "client_credentials")]) },
                .init(.json(400), "push") {
                    try await $0.server.push(TestRequest(), changing: ["response_type": "id_token"])
                },
            ]
        case .accessDenied:
            [
                .init(.redirect, "consent") { stage in
                    let page = try await stage.authorize([("prompt", "consent")])
                    let fields = ["csrf", "transaction"].map { ($0, page.hidden($0) ?? "") }
                    return try await stage.browser.post("/consent", fields + [("decision", "deny")])
                },
                .init(.json(400), "device") { stage in
                    let device = try await stage.server.device()
                    let page = try await stage.browser.reachQuestion(device.userCode, server: stage.server)
                    _ = try await stage.browser.decide("deny", on: page)
                    return try await stage.server.poll(device)
                },
            ]
        case .unsupportedResponseType:
            [
                .init(.redirect, "authorization") { try await $0.authorize([("response_type", "token")]) },
                .init(.json(400), "push") {
                    try await $0.server.push(TestRequest(), changing: ["response_type": "token"])
                },
            ]
        case .invalidScope:
            [
                .init(.redirect, "authorization") { try await $0.authorize([("scope", "records.read\\")]) },
                .init(.json(400), "token") {
                    let fields = [("grant_type", "client_credentials"), ("scope", "openid")]
                    return try await $0.post(token, fields, by: "sandbox-service")
                },
                .init(.json(400), "push") { try await $0.server.push(TestRequest(), changing: ["scope": "a\"b"]) },
            ]
        default:
            [
                .init(.redirect, "authorization") { try await $0.authorize([("resource", "https://other.example/")]) },
                .init(.json(400), "token") {
                    let fields = [("grant_type", "client_credentials"), ("resource", "https://other.example/")]
                    return try await $0.post(token, fields, by: "sandbox-service")
                },
            ]
        }
    }

    static func grants(_ code: Code) -> [Provocation] {
        guard code == .invalidGrant else {
            return [.init(.json(400), "token") { try await $0.post(token, [("grant_type", "password")]) }]
        }
        return [
            .init(.json(400), "code") { try await $0.post(token, TestRequest().exchange("unknown")) },
            .init(.json(400), "refresh token") {
                try await $0.post(token, [("grant_type", "refresh_token"), ("refresh_token", "unknown")])
            },
        ]
    }

    static func resources(_ code: Code) -> [Provocation] {
        guard code == .invalidToken else {
            return [
                .init(.challenge(403), "userinfo") { stage in
                    let request = TestRequest(scope: "profile")
                    let code = try await stage.server.code(request)
                    let tokens = try TestTokens(try await stage.post(token, request.exchange(code)))
                    return try await stage.server.get("/oauth2/userinfo", bearer: tokens.access)
                }
            ]
        }
        return [
            .init(.challenge(401), "userinfo") { try await $0.server.get("/oauth2/userinfo", bearer: "unknown") },
            .init(.challenge(401), "registration") { try await $0.server.registerClient(token: "unknown") },
            .init(.challenge(401), "management") { try await $0.server.get("/oauth2/register/x", bearer: "unknown") },
        ]
    }

    static func registrations(_ code: Code) -> [Provocation] {
        let members: [(String, JSON)] =
            switch code {
            case .invalidRedirectURI: [("redirect_uris", ["https://rp.cn/#x"])]
            case .invalidClientMetadata: [("subject_type", "secret")]
            case .invalidSoftwareStatement: [("software_statement", "x")]
            default: [("software_statement", .string(foreignStatement))]
            }
        return [
            .init(.json(400), "registration") { stage in
                try await stage.server.registerClient(members, token: try await stage.server.registrationToken())
            },
            .init(.json(400), "management") { stage in
                let token = try await stage.server.registrationToken()
                let client = try TestClientInformation(try await stage.server.registerClient(token: token))
                let body = TestServer.registration([("client_id", .string(client.id))] + members)
                return try await stage.server.sendJSON(.put, client.path, body, bearer: client.token)
            },
        ]
    }

    private static let foreignStatement: String = {
        let claims: JSON = ["iss": "https://nobody.example.cn"]
        let key = try? SigningKey.generate(.ES256, kid: "x")
        return key.flatMap { try? JWS.sign(type: nil, payload: claims.bytes, key: $0) } ?? ""
    }()

    static func polls(_ code: Code) -> [Provocation] {
        [
            .init(.json(400), "device") { stage in
                let device = try await stage.server.device()
                if code == .expiredToken { try await stage.server.advance(seconds: 700) }
                let first = try await stage.server.poll(device)
                return code == .slowDown ? try await stage.server.poll(device) : first
            }
        ]
    }

    static func references(_ code: Code) -> [Provocation] {
        switch code {
        case .invalidRequestURI:
            [
                .init(.page(400), "authorization") {
                    try await $0.browser.get(
                        TestServer.path("urn:ietf:params:oauth:request_uri:unknown", client: "sandbox-basic")
                    )
                }
            ]
        case .requestNotSupported:
            [
                .init(.redirect, "authorization") { try await $0.authorize([("request", "x.y.z")]) },
                .init(.json(400), "push") { try await $0.server.push(TestRequest(), changing: ["request": "x.y.z"]) },
            ]
        case .requestURINotSupported:
            [.init(.redirect, "authorization") { try await $0.authorize([("request_uri", "https://rp.example.cn/r")]) }]
        default:
            [.init(.redirect, "authorization") { try await $0.authorize([("registration", "{}")]) }]
        }
    }

    static func proofs(_ code: Code) -> [Provocation] {
        @Sendable func headers(_ stage: Stage, _ path: String) throws -> HTTPFields {
            guard code == .useDPoPNonce else { return [.dpop: "x"] }
            return [.dpop: try TestProver().proof("POST", path, at: stage.server.rooms.clock.now, nonce: nil)]
        }
        return [
            .init(.json(400), "token") { stage in
                let fields = TestRequest().exchange("x")
                return try await stage.server.post(
                    token,
                    fields,
                    basic: stage.server.basic(),
                    headers: headers(stage, token)
                )
            },
            .init(.json(400), "push") { stage in
                let fields = TestRequest().fields
                return try await stage.server.post(
                    "/oauth2/par",
                    fields,
                    basic: stage.server.basic(),
                    headers: headers(stage, "/oauth2/par")
                )
            },
        ]
    }

    static func silently(_ code: Code) -> [Provocation] {
        switch code {
        case .loginRequired:
            [
                .init(.redirect, "nobody") {
                    try await $0.server.browser().get(TestRequest(more: [("prompt", "none")]).path)
                }
            ]
        case .consentRequired:
            [.init(.redirect, "no consent") { try await $0.authorize([("prompt", "none")], client: "sandbox-post") }]
        default:
            [
                .init(.redirect, "a level nobody reaches") {
                    let claims = #"{"id_token":{"acr":{"essential":true,"values":["urn:citygate:acr:L4"]}}}"#
                    return try await $0.authorize([("claims", claims), ("prompt", "none")])
                }
            ]
        }
    }

    static func troubles(_ code: Code) -> [Provocation] {
        guard code == .serverError else {
            return [
                .init(.json(503), "token", isLast: true) { stage in
                    await stage.server.rooms.database.shutDown()
                    return try await stage.post(
                        token,
                        TestRequest().exchange("AAAA" + String(repeating: "A", count: 42))
                    )
                }
            ]
        }
        return [
            .init(.json(500), "token", isLast: true) { stage in
                let code = try await stage.server.code()
                try await stage.server.rooms.database.execute("ALTER TABLE one_time RENAME TO gone")
                return try await stage.post(token, TestRequest().exchange(code))
            },
            .init(.redirect, "authorization", isLast: true) { stage in
                try await stage.server.rooms.database.execute("ALTER TABLE consent RENAME TO gone")
                return try await stage.authorize([])
            },
        ]
    }

    /// The rule of a request that may show nothing, for a person of this level where every level can be reached.
    static func decision(_ level: AssuranceLevel, _ more: [String: String]) throws -> Code? {
        var server = ProviderCapabilities(
            issuer: try #require(Issuer("https://id.example.cn")),
            endpoints: .init(authorization: "", token: "", userInfo: "", jwks: "")
        )
        server.prompts = Prompt.allCases
        let metadata = try ClientMetadata(
            ["redirect_uris": ["https://rp.example.cn/cb"]],
            policy: ClientRegistrationPolicy(capabilities: server, origin: .administrator)
        )
        let fields = TestRequest(clientID: "rp", redirectURI: "https://rp.example.cn/cb", scope: "openid").fields
        let parameters = Parameters(
            (fields + [("prompt", "none")] + more.map { ($0.key, $0.value) }).map { (name: $0.0, value: $0.1) }
        )
        let client = Client(id: ClientID(trusted: "rp"), metadata: metadata)
        let target = try AuthorizationTarget(parameters, client: client, capabilities: server)
        let now = Date()
        let request = try AuthorizationRequest(parameters, target: target, capabilities: server, receivedAt: now)
        let situation = Interaction.Situation(
            session: SignedInSession(
                subject: Subject("p"),
                authentication: AuthenticationContext(time: now, level: level, methods: [.password])
            ),
            attainableLevels: AssuranceLevel.allCases
        )
        guard case .refuse(let error) = Interaction.next(for: request, in: situation, now: now) else { return nil }
        return error.code
    }
}
