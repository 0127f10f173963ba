import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Pairwise subjects` {
    private func register(
        _ server: TestServer,
        _ host: String = "127.0.0.1",
        _ more: [(String, JSON)] = []
    ) async throws -> TestClientInformation {
        var allowance = RegistrationAllowance()
        allowance.resources = ["https://api.citygate.example/"]
        let members: [(String, JSON)] = [
            ("subject_type", "pairwise"), ("redirect_uris", [.string("http://\(host):9999/callback")]),
            ("grant_types", ["authorization_code", "refresh_token"]),
            ("post_logout_redirect_uris", [.string("http://\(host):9999/bye")]),
            ("resources", ["https://api.citygate.example/"]), ("client_name", "停车"),
        ]
        return try TestClientInformation(
            try await server.registerClient(members + more, token: try await server.registrationToken(allowance))
        )
    }

    private func request(_ client: TestClientInformation, _ host: String = "127.0.0.1", _ more: [(String, String)] = [])
        -> TestRequest
    {
        TestRequest(
            clientID: client.id,
            redirectURI: "http://\(host):9999/callback",
            scope: "openid profile offline_access",
            more: more
        )
    }

    private func tokens(_ server: TestServer, _ client: TestClientInformation, _ request: TestRequest) async throws
        -> TestTokens
    {
        let code = try await server.code(request)
        return try TestTokens(
            try await server.post("/oauth2/token", request.exchange(code), basic: (client.id, client.secret ?? ""))
        )
    }

    @Test
    func
        `are the same in every token and answer for one client, and lead nobody to the account (OpenID Connect Core §8)`()
        async throws
    {
        try await TestServer.with { server in
            let client = try await register(server)
            let tokens = try await tokens(server, client, request(client))
            let sub = try #require(try tokens.claims("id_token")["sub"]?.string)
            let account = try await server.rooms.accounts.find(AccountIdentifier(typed: "zhangsan"))
            #expect(sub.utf8.count == 43 && sub != account?.account.subject)
            #expect(try tokens.claims()["sub"]?.string == sub)
            let userinfo = try await server.get("/oauth2/userinfo", bearer: tokens.access)
            #expect(userinfo.json["sub"]?.string == sub && userinfo.json["name"] != nil)
            for token in [tokens.access, tokens.refresh] {
                let introspected = try await server.post(
                    "/oauth2/introspect",
                    [("token", token)],
                    basic: (client.id, client.secret ?? "")
                )
                #expect(introspected.json["active"] == true && introspected.json["sub"]?.string == sub)
            }
            let refreshed = try TestTokens(
                try await server.post(
                    "/oauth2/token",
                    [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)],
                    basic: (client.id, client.secret ?? "")
                )
            )
            #expect(try refreshed.claims("id_token")["sub"]?.string == sub)
        }
    }

    @Test func `differ between sectors and agree within one`() async throws {
        try await TestServer.with { server in
            let (one, sister) = (try await register(server), try await register(server))
            let stranger = try await register(server, "localhost")
            func sub(_ client: TestClientInformation, _ host: String = "127.0.0.1") async throws -> String? {
                try await tokens(server, client, request(client, host)).claims("id_token")["sub"]?.string
            }
            let first = try await sub(one)
            #expect(try await sub(sister) == first)
            #expect(try await sub(stranger, "localhost") != first)
        }
    }

    @Test func `stay with an opaque access token`() async throws {
        try await TestServer.with { server in
            let client = try await register(server, "127.0.0.1", [("access_token_format", "opaque")])
            let tokens = try await tokens(server, client, request(client))
            let sub = try tokens.claims("id_token")["sub"]
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).json["sub"] == sub)
        }
    }

    @Test func `are understood in id_token_hint, in claims and at the logout`() async throws {
        try await TestServer.with { server in
            let client = try await register(server)
            let browser = server.browser()
            let asked = request(client)
            let code = try #require(try await browser.authorize(asked, server: server).redirected("code"))
            let tokens = try TestTokens(
                try await server.post("/oauth2/token", asked.exchange(code), basic: (client.id, client.secret ?? ""))
            )
            let hint = try #require(tokens.answer.json["id_token"]?.string)
            let sub = try #require(try tokens.claims("id_token")["sub"]?.string)
            func silently(_ more: [(String, String)]) async throws -> TestAnswer {
                try await browser.get(request(client, "127.0.0.1", [("prompt", "none")] + more).path)
            }
            #expect(try await silently([("id_token_hint", hint)]).redirected("code") != nil)
            let named = #"{"id_token":{"sub":{"value":"\#(sub)"}}}"#
            #expect(try await silently([("claims", named)]).redirected("code") != nil)
            let account = try await server.rooms.accounts.find(AccountIdentifier(typed: "zhangsan"))
            let inner = #"{"id_token":{"sub":{"value":"\#(account?.account.subject ?? "")"}}}"#
            #expect(try await silently([("claims", inner)]).redirected("error") == "login_required")
            let goodbye =
                "/oauth2/logout?"
                + TestForm.encode([
                    ("id_token_hint", hint), ("post_logout_redirect_uri", "http://127.0.0.1:9999/bye"), ("state", "x"),
                ])
            let gone = try await browser.get(goodbye)
            #expect(gone.location == "http://127.0.0.1:9999/bye?state=x")
            #expect(try await silently([]).redirected("error") == "login_required")
        }
    }

    @Test func `another person's hint is another person's`() async throws {
        try await TestServer.with { server in
            let client = try await register(server)
            let asked = request(client)
            let code = try await server.code(asked, account: "lisi_2026")
            let other = try TestTokens(
                try await server.post("/oauth2/token", asked.exchange(code), basic: (client.id, client.secret ?? ""))
            )
            let browser = server.browser()
            _ = try await browser.authorize(asked, server: server)
            let hint = other.answer.json["id_token"]?.string ?? ""
            let answer = try await browser.get(
                request(client, "127.0.0.1", [("prompt", "none"), ("id_token_hint", hint)]).path
            )
            #expect(answer.redirected("error") == "login_required")
        }
    }

    @Test func `follow an account that gets a new subject`() async throws {
        try await TestServer.with { server in
            let client = try await register(server)
            let first = try await tokens(server, client, request(client)).claims("id_token")["sub"]?.string
            try await server.rooms.database.execute("UPDATE account SET subject = 'renewed-' || subject")
            let second = try await tokens(server, client, request(client)).claims("id_token")["sub"]?.string
            #expect(first != nil && second != nil && first != second)
        }
    }

    @Test func `a sector's document must list every redirect URI, at registration and at each change`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let uris: JSON = ["http://127.0.0.1:9999/callback", "https://localhost:9999/callback"]
                let members: [(String, JSON)] = [
                    ("subject_type", "pairwise"), ("redirect_uris", uris),
                    ("sector_identifier_uri", .string("http://127.0.0.1:\(port)/sector")),
                ]
                let token = try await server.registrationToken()
                let without = try await server.registerClient(Array(members.dropLast()), token: token)
                #expect(without.error == "invalid_client_metadata")
                for answer in [
                    TestHost.Answer(body: Array("[]".utf8)), .init(body: JSON.array([]).bytes),
                    .init(body: JSON(["http://127.0.0.1:9999/callback"]).bytes),
                    .init(status: .notFound, body: uris.bytes),
                    .init(status: .found, headers: [.location: "http://127.0.0.1:\(port)/other"], body: uris.bytes),
                ] {
                    host.answer(answer)
                    let refused = try await server.registerClient(members, token: token)
                    #expect(refused.status == .badRequest && refused.error == "invalid_client_metadata")
                }
                host.answer(.init(body: uris.bytes))
                let client = try TestClientInformation(try await server.registerClient(members, token: token))
                host.answer(.init(body: JSON.array([]).bytes))
                let change = TestServer.registration(members + [("client_id", .string(client.id))])
                let changed = try await server.sendJSON(.put, client.path, change, bearer: client.token)
                #expect(changed.error == "invalid_client_metadata")
            }
        }
    }

    @Test func `are what a registration gets that names no type, where the operator says so`() async throws {
        try await TestServer.with(["CITYGATE_CLIENTS_SUBJECT_TYPE": "pairwise"]) { server in
            let metadata = try await server.get("/.well-known/openid-configuration").json
            #expect(metadata["subject_types_supported"] == ["pairwise", "public"])
            let answer = try await server.registerClient(token: try await server.registrationToken())
            #expect(answer.json["subject_type"] == "pairwise")
        }
    }
}
