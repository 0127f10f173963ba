import Cryptography
import HTTPTypes
import HummingbirdTesting
import NIOCore
import OAuth
import Postgres
import Testing

@testable import Provider

/// The contract of operations.md 1.5, as tests of others rely on it.
@Suite struct `The sandbox's contract` {
    private func post(_ server: TestServer, _ path: String, _ json: String) async throws -> TestAnswer {
        try await server.client.execute(
            uri: path,
            method: .post,
            headers: [.contentType: "application/json"],
            body: .init(string: json)
        ) { TestAnswer($0) }
    }

    @Test func `every persona has its fields and numbers with valid check characters`() async throws {
        try await TestServer.with { server in
            let people = try #require(try await server.get("/sandbox/personas").json.array)
            #expect(people.count == Persona.all.count)
            for person in people {
                for name in ["id", "title", "username", "phone", "password", "level", "note"] {
                    #expect(person[name]?.string?.isEmpty == false, "\(name)")
                }
                guard person["id_type"]?.string == "id_card", let number = person["id_number"]?.string else { continue }
                let digits = Array(number.utf8)
                #expect(digits.last == ResidentID.checkCharacter(of: digits.prefix(17)), "\(number)")
            }
        }
    }

    @Test func `the clients listed prove themselves as they say`() async throws {
        try await TestServer.with { server in
            let clients = try #require(try await server.get("/sandbox/clients").json.array)
            let methods = Set(clients.compactMap { $0["token_endpoint_auth_method"]?.string })
            #expect(methods.isSuperset(of: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]))
            for client in clients where client["client_secret"] != nil {
                let id = try #require(client["client_id"]?.string)
                let known = try #require(try await server.rooms.clients.find(id))
                let secret = try #require(client["client_secret"]?.string)
                #expect(server.rooms.clients.isSecret(secret, of: known, now: server.rooms.clock.now), "\(id)")
            }
        }
    }

    @Test func `a captcha's answer is told once it exists, and not after it was spent`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let page = try await browser.get("/login")
            let id = try #require(page.hidden("captcha_id"))
            #expect(try await server.get("/sandbox/captchas/\(id)").json["answer"]?.string?.utf8.count == 4)
            _ = try await browser.logIn(on: page, server: server)
            #expect(try await server.get("/sandbox/captchas/\(id)").status == .notFound)
            #expect(try await server.get("/sandbox/captchas/nothing").status == .notFound)
        }
    }

    @Test func `the clock moves for tokens and for the store alike`() async throws {
        try await TestServer.with { server in
            let moved = try await post(server, "/sandbox/clock", #"{"now":"2031-05-06T07:08:09+08:00"}"#)
            #expect(moved.status == .ok)
            #expect(moved.json["now"]?.string?.hasPrefix("2031-05-06T07:08:") == true)
            let token = try await server.serviceToken()
            let claims = try #require(try JWS.parse(token, limit: 8192).claims)
            let issued = try #require(claims["iat"]?.int)
            #expect((1_935_788_889...1_935_788_949).contains(issued), "\(issued)")
            let again = try await post(server, "/sandbox/clock", #"{"advance_seconds":3600}"#)
            #expect(again.json["now"]?.string?.hasPrefix("2031-05-06T08:08:") == true)
            for wrong in ["", "{}", #"{"advance_seconds":"x"}"#, #"{"advance_seconds":1e300}"#, #"{"now":"soon"}"#] {
                #expect(try await post(server, "/sandbox/clock", wrong).status == .badRequest, "\(wrong)")
            }
        }
    }

    @Test func `a reset ends everything and brings back the first state`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let browser = server.browser()
            _ = try await browser.authorize(TestRequest(), server: server)
            _ = try await server.rooms.clients.rotateSecret("sandbox-basic", trace: .commandLine)
            try await server.advance(seconds: 1000)
            #expect(try await post(server, "/sandbox/reset", "").status == .noContent)
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .unauthorized)
            #expect(try await server.refresh(tokens.refresh).error == "invalid_grant")
            #expect(try await browser.get("/account").body.contains("id=\"password-login\""))
            _ = try await server.tokens()
        }
    }

    @Test func `two servers that seed one store agree`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                async let one: Void = first.sandbox.seed()
                async let two: Void = second.sandbox.seed()
                _ = try await (one, two)
                #expect(try await first.count("SELECT count(*) FROM account") == Persona.all.count)
                #expect(try await second.code().isEmpty == false)
            }
        }
    }

    @Test func `every answer says that it is a sandbox`() async throws {
        try await TestServer.with { server in
            let name = try #require(HTTPField.Name("X-Sandbox"))
            for path in ["/login", "/oauth2/jwks", "/nowhere", "/sandbox/personas"] {
                #expect(try await server.get(path).headers[name] == "1", "\(path)")
            }
        }
    }
}
