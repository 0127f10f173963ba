import Cryptography
import FoundationEssentials
import HTTPTypes
import NIOCore
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Dynamic client registration` {
    @Test func `answers with the client as it holds now, and a secret that works (RFC 7591 §3.2.1)`() async throws {
        try await TestServer.with { server in
            let answer = try await server.registerClient(
                [
                    ("client_name", "Parking"), ("client_name#zh-CN", "停车"), ("client_secret", "chosen"),
                    ("grant_types", ["authorization_code", "client_credentials"]), ("nobody_knows", 1),
                ],
                token: try await server.registrationToken()
            )
            #expect(answer.status == .created)
            #expect(answer.headers[.cacheControl] == "no-store")
            let client = try TestClientInformation(answer)
            #expect(client.json["client_secret_expires_at"] == 0)
            #expect(
                client.json["client_id_issued_at"]?.int.map { abs($0 - Int64(Date().timeIntervalSince1970)) < 60 }
                    == true
            )
            #expect(client.json["registration_client_uri"]?.string == TestServer.issuer + client.path)
            #expect(client.json["client_name#zh-CN"] == "停车")
            #expect(client.json["token_endpoint_auth_method"] == "client_secret_basic")
            #expect(client.json["response_types"] == ["code"])
            #expect(client.json["require_auth_time"] == false)
            #expect(client.json["nobody_knows"] == nil)
            let secret = try #require(client.secret)
            #expect(secret != "chosen" && Base64URL.decode(secret)?.count == 32)
            let tokens = try await server.post(
                "/oauth2/token",
                [("grant_type", "client_credentials")],
                basic: (client.id, secret)
            )
            #expect(tokens.status == .ok)
            let found = try await server.count(
                "SELECT count(*) FROM client_secret s, client_registration r WHERE position(\(secret) IN s::text || r::text) > 0"
            )
            #expect(found == 0)
            #expect(try await server.count("SELECT count(*) FROM audit WHERE event = 'client.registered'") == 1)
        }
    }

    @Test func `a registered client takes a person through a whole login, under its name in the person's language`()
        async throws
    {
        try await TestServer.with { server in
            let client = try TestClientInformation(
                try await server.registerClient(
                    [
                        ("client_name", "Parking"), ("client_name#zh-Hans", "停车服务"),
                        ("policy_uri", "https://rp.example.cn/policy"),
                    ],
                    token: try await server.registrationToken()
                )
            )
            let request = TestRequest(clientID: client.id)
            let browser = server.browser()
            let page = try await browser.get(request.path)
            #expect(page.body.contains("停车服务") && !page.body.contains("Parking"))
            let consent = try await browser.logIn(on: page, server: server)
            #expect(consent.body.contains("href=\"https://rp.example.cn/policy\""))
            let code = try await server.code(request)
            let tokens = try TestTokens(
                try await server.post("/oauth2/token", request.exchange(code), basic: (client.id, client.secret ?? ""))
            )
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).json["sub"]?.string != nil)
        }
    }

    @Test func `wants a living token, in the header, and tells nothing else (RFC 6750 §3)`() async throws {
        try await TestServer.with { server in
            let bare = try await server.registerClient(token: nil)
            #expect(bare.status == .unauthorized && bare.body.isEmpty)
            #expect(bare.headers[.wwwAuthenticate]?.hasPrefix("Bearer realm=") == true)
            #expect(bare.headers[.wwwAuthenticate]?.contains("error") == false)
            let revoked = try await server.rooms.initialAccessTokens.issue(
                RegistrationAllowance(),
                uses: 1,
                lifetime: 600,
                note: nil,
                trace: .commandLine
            )
            #expect(try await server.rooms.initialAccessTokens.revoke(revoked.entry.id, trace: .commandLine))
            let expired = try await server.registrationToken(lifetime: 60)
            let other = try await server.rooms.oneTime.issue(.captcha, lifetime: 60).value.reveal()
            try await server.advance(seconds: 61)
            for token in ["x", DatedToken(expiry: Date()).value.reveal(), other, expired, revoked.token.reveal()] {
                let answer = try await server.registerClient(token: token)
                #expect(answer.status == .unauthorized && answer.error == "invalid_token")
                #expect(answer.headers[.wwwAuthenticate]?.contains("error=\"invalid_token\"") == true)
            }
            let token = try await server.registrationToken()
            let inQuery = try await server.sendJSON(
                .post,
                "/oauth2/register?access_token=\(token)",
                TestServer.registration([]),
                bearer: nil
            )
            #expect(inQuery.status == .unauthorized)
        }
    }

    @Test func `a token is spent by a registration, and by no other request`() async throws {
        try await TestServer.with { server in
            let token = try await server.registrationToken(uses: 2)
            #expect(
                try await server.registerClient([("redirect_uris", ["http://a.cn/"])], token: token).error
                    == "invalid_redirect_uri"
            )
            #expect(try await server.registerClient([("jwks", 1)], token: token).error == "invalid_client_metadata")
            #expect(try await server.registerClient(token: token).status == .created)
            #expect(try await server.registerClient(token: token).status == .created)
            #expect(try await server.registerClient(token: token).error == "invalid_token")
            let patient = try await server.registrationToken()
            for _ in 0..<InitialAccessTokens.mostFailures {
                let answer = try await server.registerClient([("redirect_uris", [])], token: patient)
                #expect(answer.status == .badRequest)
            }
            #expect(try await server.registerClient(token: patient).error == "invalid_token")
        }
    }

    @Test func `a token for one registration gives one, whoever races for it on two servers`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let token = try await first.registrationToken(uses: 3)
                let statuses = try await race(24) { number in
                    try await (number % 2 == 0 ? first : second).registerClient(token: token).status.code
                }
                #expect(statuses.filter { $0 == 201 }.count == 3)
                #expect(statuses.filter { $0 == 401 }.count == 21)
                let made = try await first.count("SELECT count(*) FROM client_registration")
                #expect(made == 3)
                #expect(try await first.count("SELECT uses_left FROM initial_access_token") == 0)
            }
        }
    }

    @Test func `a body that is not JSON, or too large, is refused`() async throws {
        try await TestServer.with { server in
            let token = try await server.registrationToken()
            let asForm = try await server.sendJSON(
                .post,
                "/oauth2/register",
                TestServer.registration([]),
                bearer: token,
                type: "application/x-www-form-urlencoded"
            )
            #expect(asForm.status == .badRequest && asForm.error == "invalid_client_metadata")
            let huge = JSON.string(String(repeating: "x", count: 70_000))
            let answer = try await server.registerClient([("client_name", huge)], token: token)
            #expect(answer.status == .contentTooLarge)
            #expect(try await server.get("/oauth2/register").status == .methodNotAllowed)
        }
    }

    @Test func `is announced where it is on, and is not there where it is off`() async throws {
        try await TestServer.with { server in
            let metadata = try await server.get("/.well-known/openid-configuration").json
            #expect(metadata["registration_endpoint"]?.string == TestServer.issuer + "/oauth2/register")
        }
        try await TestServer.with(["CITYGATE_CLIENTS_REGISTRATION": "false"]) { server in
            let metadata = try await server.get("/.well-known/openid-configuration").json
            #expect(metadata["registration_endpoint"] == nil)
            #expect(try await server.registerClient(token: "x").status == .notFound)
        }
    }

    @Test func `software statements count by the issuers of the configuration, inline and by file`() async throws {
        let (inline, filed) = (try SigningKey.generate(.ES256, kid: "a"), try SigningKey.generate(.EdDSA, kid: "b"))
        let keys = "/tmp/citygate-issuer-\(UUID().uuidString).json"
        try Data(JWKSet([filed.publicJWK]).json.bytes).write(to: URL(filePath: keys))
        defer { try? FileManager.default.removeItem(atPath: keys) }
        let issuers: JSON = [
            ["iss": "https://a.example.cn", "jwks": JWKSet([inline.publicJWK]).json],
            ["iss": "https://b.example.cn", "jwks_file": .string(keys)],
        ]
        try await TestServer.with(["CITYGATE_CLIENTS_SOFTWARE_STATEMENT_ISSUERS": issuers.serialized]) { server in
            let token = try await server.registrationToken(uses: 9)
            func statement(_ issuer: String, _ key: SigningKey) throws -> JSON {
                let claims: JSON = ["iss": .string(issuer), "client_name": "真名", "organisation": "市交通委"]
                return .string(try JWS.sign(type: nil, payload: claims.bytes, key: key))
            }
            for (issuer, key) in [("https://a.example.cn", inline), ("https://b.example.cn", filed)] {
                let signed = try statement(issuer, key)
                let answer = try await server.registerClient(
                    [("software_statement", signed), ("client_name", "假名")],
                    token: token
                )
                #expect(answer.status == .created)
                #expect(answer.json["client_name"] == "真名" && answer.json["organisation"] == "市交通委")
                #expect(answer.json["software_statement"] == signed)
            }
            let crossed = try statement("https://a.example.cn", filed)
            let wrong = try await server.registerClient([("software_statement", crossed)], token: token)
            #expect(wrong.status == .badRequest && wrong.error == "invalid_software_statement")
            let unknown = try statement("https://c.example.cn", inline)
            let foreign = try await server.registerClient([("software_statement", unknown)], token: token)
            #expect(foreign.status == .badRequest && foreign.error == "unapproved_software_statement")
        }
    }

    @Test(
        arguments: [
            ("x", "is not a JSON array"), (#"[{"jwks":{"keys":[]}}]"#, "without iss"),
            (#"[{"iss":"a","jwks":{"keys":[]}}]"#, "no public key"), (#"[{"iss":"a"}]"#, "no public key"),
            (#"[{"iss":"a","jwks_file":"/no/such"}]"#, "no such file"),
        ]
    )
    func `a list of issuers that is none stops the start`(list: String, words: String) throws {
        do {
            _ = try Configuration.load(
                file: nil,
                environment: ["CITYGATE_CLIENTS_SOFTWARE_STATEMENT_ISSUERS": list],
                mode: .sandbox
            )
            Issue.record("accepted")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
    }
}
