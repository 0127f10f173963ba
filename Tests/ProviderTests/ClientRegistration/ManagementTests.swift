import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Management of a client's own registration` {
    private func registered(_ server: TestServer, _ members: [(String, JSON)] = []) async throws
        -> TestClientInformation
    {
        try TestClientInformation(
            try await server.registerClient(members, token: try await server.registrationToken())
        )
    }

    private func replace(
        _ server: TestServer,
        _ client: TestClientInformation,
        _ members: [(String, JSON)]
    ) async throws -> TestAnswer {
        let body = TestServer.registration([("client_id", .string(client.id))] + members)
        return try await server.sendJSON(.put, client.path, body, bearer: client.token)
    }

    @Test func `a read tells what holds, and no secret again (RFC 7592 §2.1)`() async throws {
        try await TestServer.with { server in
            let client = try await registered(server, [("client_name", "停车")])
            let answer = try await server.get(client.path, bearer: client.token)
            #expect(answer.status == .ok && answer.headers[.cacheControl] == "no-store")
            #expect(answer.json["client_name"] == "停车" && answer.json["client_secret"] == nil)
            #expect(answer.json["registration_access_token"]?.string == client.token)
            #expect(answer.json["client_id_issued_at"] == client.json["client_id_issued_at"])
        }
    }

    @Test func `an unknown client and a wrong token are answered alike`() async throws {
        try await TestServer.with { server in
            let (one, other) = (try await registered(server), try await registered(server))
            for method in [HTTPRequest.Method.get, .put, .delete] {
                var bodies: Set<String> = []
                for (path, token) in [
                    (one.path, other.token), (one.path, "x"), ("/oauth2/register/nobody", one.token),
                    ("/oauth2/register/sandbox-basic", one.token), ("/oauth2/register/%00", one.token),
                ] {
                    let answer = try await server.sendJSON(method, path, [:], bearer: token)
                    #expect(answer.status == .unauthorized, "\(method) \(path)")
                    bodies.insert(answer.body)
                }
                #expect(bodies.count == 1)
                #expect(try await server.sendJSON(method, one.path, [:], bearer: nil).status == .unauthorized)
            }
            #expect(try await server.get(one.path, bearer: one.token).status == .ok)
        }
    }

    @Test func `a replacement leaves nothing of what it does not say (RFC 7592 §2.2)`() async throws {
        try await TestServer.with { server in
            let client = try await registered(server, [("client_name", "停车"), ("contacts", ["a@rp.cn"])])
            let answer = try await replace(server, client, [("client_name", "泊车")])
            #expect(answer.status == .ok)
            #expect(answer.json["client_name"] == "泊车" && answer.json["contacts"] == nil)
            #expect(answer.json["client_secret"] == nil && answer.json["client_secret_expires_at"] == 0)
            let registry = server.rooms.clients
            #expect(try await registry.find(client.id)?.client.clientName == "泊车")
            #expect(try await server.count("SELECT count(*) FROM audit WHERE event = 'client.updated'") >= 1)
        }
    }

    @Test func `a replacement names the client and its own secret, or none`() async throws {
        try await TestServer.with { server in
            let client = try await registered(server)
            let secret = try #require(client.secret)
            for members: [(String, JSON)] in [
                [("client_id", "other")], [("client_id", nil)], [("client_secret", "chosen")],
                [("registration_access_token", .string(client.token))], [("client_secret_expires_at", 0)],
            ] {
                let answer = try await replace(server, client, members)
                #expect(answer.status == .badRequest && answer.error == "invalid_client_metadata", "\(members)")
            }
            #expect(try await replace(server, client, [("client_secret", .string(secret))]).status == .ok)
            #expect(
                try await replace(server, client, [("redirect_uris", ["ftp://x/"])]).error == "invalid_redirect_uri"
            )
        }
    }

    @Test func `a change of method gives a secret or takes it`() async throws {
        try await TestServer.with { server in
            let client = try await registered(
                server,
                [("application_type", "native"), ("token_endpoint_auth_method", "none")]
            )
            #expect(client.secret == nil && client.json["client_secret_expires_at"] == nil)
            let given = try await replace(
                server,
                client,
                [("grant_types", ["authorization_code", "client_credentials"])]
            )
            let secret = try #require(given.json["client_secret"]?.string)
            func token(_ secret: String) async throws -> Int {
                let grant = [("grant_type", "client_credentials")]
                return try await server.post("/oauth2/token", grant, basic: (client.id, secret)).status.code
            }
            #expect(try await token(secret) == 200)
            // client_secret_jwt computes with the secret: the hash that is kept of the old one is no use.
            let sealed = try await replace(server, client, [("token_endpoint_auth_method", "client_secret_jwt")])
            let second = try #require(sealed.json["client_secret"]?.string)
            #expect(second != secret)
            #expect(
                try await server.count(
                    "SELECT count(*) FROM client_secret WHERE client_id = \(client.id) AND sealed IS NOT NULL"
                ) == 1
            )
            let back = try await replace(
                server,
                client,
                [("grant_types", ["authorization_code", "client_credentials"])]
            )
            #expect(back.json["client_secret"] == nil)
            #expect(try await token(second) == 200)
            #expect(
                try await server.count(
                    "SELECT count(*) FROM client_secret WHERE sealed IS NOT NULL AND client_id = \(client.id)"
                ) == 0
            )
            #expect(try await replace(server, client, [("token_endpoint_auth_method", "none")]).status == .ok)
            #expect(try await server.count("SELECT count(*) FROM client_secret WHERE client_id = \(client.id)") == 0)
        }
    }

    @Test func `a change reaches no further than the initial access token did`() async throws {
        try await TestServer.with { server in
            var allowance = RegistrationAllowance()
            allowance.scope = ["openid", "profile"]
            let answer = try await server.registerClient(token: try await server.registrationToken(allowance))
            let client = try TestClientInformation(answer)
            #expect(client.json["scope"] == "openid profile")
            for members: [(String, JSON)] in [
                [("scope", "openid profile phone")], [("consent", "first_party")], [("organisation", "市政府")],
                [("resources", ["https://api.citygate.example/"])], [("realname_claims", ["real_name"])],
            ] {
                #expect(try await replace(server, client, members).error == "invalid_client_metadata", "\(members)")
            }
        }
    }

    @Test
    func `a deletion ends everything of the client on every server, and the id is never given again (RFC 7592 §2.3)`()
        async throws
    {
        try await TestServer.with { server in
            try await TestServer.with(sharing: server.connectionString) { other in
                let client = try await registered(
                    server,
                    [("grant_types", ["authorization_code", "refresh_token"])]
                )
                let request = TestRequest(clientID: client.id, scope: "openid offline_access")
                let credentials = (client.id, client.secret ?? "")
                let code = try await server.code(request)
                let tokens = try TestTokens(
                    try await server.post("/oauth2/token", request.exchange(code), basic: credentials)
                )
                let unused = try await server.code(request)
                #expect(try await other.get("/oauth2/userinfo", bearer: tokens.access).status == .ok)
                #expect(try await server.sendJSON(.delete, client.path, nil, bearer: client.token).status == .noContent)
                for place in [server, other] {
                    try await eventually {
                        try await place.get("/oauth2/userinfo", bearer: tokens.access).status == .unauthorized
                    }
                    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
                    #expect(
                        try await place.post("/oauth2/token", refresh, basic: credentials).error == "invalid_client"
                    )
                    #expect(
                        try await place.post("/oauth2/token", request.exchange(unused), basic: credentials).error
                            == "invalid_client"
                    )
                    #expect(try await place.browser().get(request.path).body.contains("data-page=\"error\""))
                    #expect(try await place.get(client.path, bearer: client.token).status == .unauthorized)
                }
                let again = Client(id: ClientID(trusted: client.id), metadata: ClientMetadata())
                await #expect(throws: ClientRegistry.AdministrationFault.taken) {
                    _ = try await server.rooms.clients.create(again, trace: .commandLine)
                }
                #expect(try await !server.rooms.clients.list().contains { $0.id.value == client.id })
            }
        }
    }

    @Test func `a client that an operator disabled cannot manage itself back`() async throws {
        try await TestServer.with { server in
            let client = try await registered(server)
            try await server.rooms.clients.disable(client.id, trace: .commandLine)
            #expect(try await replace(server, client, []).status == .unauthorized)
            #expect(try await server.sendJSON(.delete, client.path, nil, bearer: client.token).status == .unauthorized)
        }
    }

    @Test func `an operator renews the token of a registration, and the old one ends`() async throws {
        try await TestServer.with { server in
            let client = try await registered(server)
            let renewed = try await Administration(rooms: server.rooms).renewRegistrationAccess(client.id)
            let token = try #require(try JSON(parsing: renewed)["registration_access_token"]?.string)
            #expect(try await server.get(client.path, bearer: client.token).status == .unauthorized)
            #expect(try await server.get(client.path, bearer: token).status == .ok)
        }
    }

    @Test func `more than sixty changes in a minute are too many, for one client alone`() async throws {
        try await TestServer.with { server in
            let (busy, calm) = (try await registered(server), try await registered(server))
            let body: JSON = ["client_id": "x"]
            for _ in 0..<ClientRegistry.mostUpdates {
                #expect(try await server.sendJSON(.put, busy.path, body, bearer: busy.token).status == .badRequest)
            }
            let refused = try await server.sendJSON(.put, busy.path, body, bearer: busy.token)
            #expect(refused.status == .tooManyRequests && refused.headers[.retryAfter] == "60")
            #expect(try await replace(server, calm, []).status == .ok)
            try await server.advance(seconds: 61)
            #expect(try await replace(server, busy, []).status == .ok)
        }
    }
}
