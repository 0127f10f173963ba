import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Testing

@testable import Provider

/// What protocol.md K5 lists: settable by an operator, at creation and by a change, and honoured.
@Suite struct `Settings of a client` {
    private static let redirectURI = "http://127.0.0.1:9999/callback"

    private struct Fixture {
        let server: TestServer
        let administration: Administration
        let id: String
        let secret: String

        init(_ server: TestServer) async throws {
            self.server = server
            administration = Administration(rooms: server.rooms)
            let metadata: JSON = [
                "client_name": "设置", "redirect_uris": [.string(redirectURI)],
                "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile phone offline_access",
            ]
            let view = try await administration.createClient(id: "settings", metadata: metadata.bytes)
            id = view.id
            secret = try #require(view.secret)
        }

        func update(_ members: JSON) async throws {
            _ = try await administration.updateClient(id, changes: members.bytes)
        }

        var request: TestRequest { TestRequest(clientID: id, scope: "openid offline_access") }

        func tokens(_ more: [(String, String)] = []) async throws -> TestTokens {
            let request = TestRequest(clientID: id, scope: "openid offline_access", more: more)
            let code = try await server.code(request)
            return try TestTokens(try await server.post("/oauth2/token", request.exchange(code), basic: (id, secret)))
        }

        func refusal(_ more: [(String, String)]) async throws -> String? {
            let request = TestRequest(clientID: id, scope: "openid", more: more)
            return try await server.browser().walk(request.path, server: server).redirected("error")
        }

        func grant(_ fields: [(String, String)]) async throws -> TestAnswer {
            try await server.post("/oauth2/token", fields, basic: (id, secret))
        }
    }

    private static func algorithm(_ token: JSON?) throws -> String {
        try JWS.parse(try #require(token?.string), limit: 8192).alg
    }

    @Test func `lifetimes of each kind of token`() async throws {
        try await TestServer.with { server in
            let client = try await Fixture(server)
            try await client.update([
                "access_token_lifetime": 120, "id_token_lifetime": 90, "refresh_token_lifetime": 300,
            ])
            let tokens = try await client.tokens()
            #expect(tokens.answer.json["expires_in"] == 120)
            let idToken = try tokens.claims("id_token")
            #expect((idToken["exp"]?.int ?? 0) - (idToken["iat"]?.int ?? 0) == 90)
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
            try await server.advance(seconds: 301)
            #expect(try await client.grant(refresh).error == "invalid_grant")
        }
    }

    @Test func `algorithms and forms of each kind of token`() async throws {
        try await TestServer.with { server in
            let client = try await Fixture(server)
            try await client.update([
                "id_token_signed_response_alg": "EdDSA", "access_token_signed_response_alg": "PS256",
                "userinfo_signed_response_alg": "ES256",
            ])
            let tokens = try await client.tokens()
            #expect(try Self.algorithm(tokens.answer.json["id_token"]) == "EdDSA")
            #expect(try Self.algorithm(tokens.answer.json["access_token"]) == "PS256")
            let userinfo = try await server.get("/oauth2/userinfo", bearer: tokens.access)
            #expect(userinfo.headers[.contentType] == "application/jwt")
            let signed = try JWS.parse(userinfo.body, limit: 8192)
            #expect(signed.alg == "ES256" && signed.claims?["aud"]?.string == client.id)
            #expect(signed.claims?["iss"]?.string == TestServer.issuer)
            #expect(signed.isSigned(byOneOf: server.rooms.keyRing.published))
            try await client.update(["access_token_format": "opaque", "userinfo_signed_response_alg": nil])
            let opaque = try await client.tokens()
            #expect(!opaque.access.contains("."))
            #expect(try await server.get("/oauth2/userinfo", bearer: opaque.access).json["sub"]?.string != nil)
        }
    }

    @Test func `grants, scopes and resources`() async throws {
        try await TestServer.with { server in
            let client = try await Fixture(server)
            let own = [("grant_type", "client_credentials")]
            #expect(try await client.grant(own).error == "unauthorized_client")
            #expect(try await client.refusal([("scope", "openid email")]) == "invalid_scope")
            #expect(try await client.refusal([("resource", "https://api.example.cn/")]) == "invalid_target")
            try await client.update([
                "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "scope": "openid email offline_access", "resources": ["https://api.example.cn/"],
            ])
            #expect(try await client.grant(own).status == .ok)
            #expect(try await client.refusal([("scope", "openid email")]) == nil)
            let tokens = try await client.tokens([("resource", "https://api.example.cn/")])
            #expect(try tokens.claims()["aud"]?.string == "https://api.example.cn/")
        }
    }

    @Test func `levels: the least that is let in, and the most that is told`() async throws {
        try await TestServer.with { server in
            let client = try await Fixture(server)
            #expect(try await client.tokens().claims("id_token")["acr"] == "urn:citygate:acr:L3")
            try await client.update(["maximum_acr": "urn:citygate:acr:L2"])
            #expect(try await client.tokens().claims("id_token")["acr"] == "urn:citygate:acr:L2")
            let wish = #"{"id_token":{"acr":{"essential":true,"values":["urn:citygate:acr:L3"]}}}"#
            #expect(try await client.refusal([("claims", wish)]) == "unmet_authentication_requirements")
            try await client.update(["maximum_acr": nil, "default_acr_values": ["urn:citygate:acr:L1"]])
            #expect(try await client.tokens().claims("id_token")["acr"] == "urn:citygate:acr:L1")
        }
    }

    @Test func `consent, the addresses of logout, and what is only kept`() async throws {
        try await TestServer.with { server in
            let client = try await Fixture(server)
            let asked = try await server.browser().get(client.request.path)
            #expect(asked.body.contains("password-login"))
            try await client.update([
                "consent": "first_party", "post_logout_redirect_uris": ["http://127.0.0.1:9999/bye"],
                "backchannel_logout_uri": "http://127.0.0.1:9999/bc", "contacts": ["ops@rp.example.cn"],
                "logo_uri": "https://rp.example.cn/logo.png", "default_max_age": 60,
            ])
            let browser = server.browser()
            let page = try await browser.get(client.request.path)
            let landed = try await browser.logIn(on: page, server: server)
            #expect(landed.redirected("code") != nil, "a first-party client asks nobody")
            let left = try await browser.get(
                "/oauth2/logout?client_id=\(client.id)&post_logout_redirect_uri=http://127.0.0.1:9999/bye"
            )
            #expect(left.body.contains("logout-confirm"))
            let shown = try JSON(parsing: try await client.administration.showClient(client.id).json)
            #expect(shown["contacts"] == ["ops@rp.example.cn"] && shown["logo_uri"] == "https://rp.example.cn/logo.png")
            #expect(shown["backchannel_logout_uri"] == "http://127.0.0.1:9999/bc")
            try await server.advance(seconds: 61)
            let late = try await browser.get(client.request.path)
            #expect(late.body.contains("password-login"), "default_max_age")
        }
    }
}
