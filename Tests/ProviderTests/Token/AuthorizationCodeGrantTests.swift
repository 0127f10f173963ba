import Cryptography
import HTTPTypes
import Testing

@testable import Provider

@Suite struct `Authorization code grant` {
    @Test func `a code gives tokens once, for its client, address and verifier`() async throws {
        try await TestServer.with { server in
            let request = TestRequest(scope: "openid profile phone")
            let code = try await server.code(request)
            let answer = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(answer.status == .ok)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.json["token_type"]?.string == "Bearer")
            let token = try #require(answer.json["access_token"]?.string)
            let info = try await server.get("/oauth2/userinfo", bearer: token)
            #expect(info.json["phone_number"]?.string == "+8613800000001")
            #expect(info.json["id_number"] == nil)
        }
    }

    @Test func `a code redeemed twice revokes the tokens it gave (RFC 6749 §4.1.2)`() async throws {
        try await TestServer.with { server in
            let request = TestRequest()
            let code = try await server.code(request)
            let first = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            let token = try #require(first.json["access_token"]?.string)
            #expect(try await server.get("/oauth2/userinfo", bearer: token).status == .ok)
            let second = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(second.status == .badRequest)
            #expect(second.error == "invalid_grant")
            let after = try await server.get("/oauth2/userinfo", bearer: token)
            #expect(after.status == .unauthorized)
            #expect(after.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
        }
    }

    @Test func `a wrong verifier, address or client gets nothing and spoils nothing`() async throws {
        try await TestServer.with { server in
            let request = TestRequest()
            let code = try await server.code(request)
            var wrong = request
            wrong.verifier = String(repeating: "x", count: 43)
            var elsewhere = request
            elsewhere.redirectURI = "http://127.0.0.1:9998/callback"
            for bad in [wrong, elsewhere] {
                let answer = try await server.post("/oauth2/token", bad.exchange(code), basic: server.basic())
                #expect(answer.error == "invalid_grant")
            }
            let foreign = try await server.post(
                "/oauth2/token",
                request.exchange(code),
                basic: server.basic("sandbox-first-party")
            )
            #expect(foreign.error == "invalid_grant")
            let right = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(right.status == .ok)
        }
    }

    @Test func `a code is dead after its minute`() async throws {
        try await TestServer.with { server in
            let request = TestRequest()
            let code = try await server.code(request)
            try await server.advance(seconds: 61)
            let answer = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(answer.error == "invalid_grant")
        }
    }

    @Test func `two server processes race for a code: one wins, and the other ends what it gave`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let request = TestRequest(clientID: "sandbox-first-party")
                let browser = first.browser()
                for _ in 0..<20 {
                    let code = try #require(
                        try await browser.authorize(request, server: first).redirected("code")
                    )
                    let basic = try first.basic("sandbox-first-party")
                    async let one = first.post("/oauth2/token", request.exchange(code), basic: basic)
                    async let two = second.post("/oauth2/token", request.exchange(code), basic: basic)
                    let answers = try await [one, two]
                    let won = answers.filter { $0.status == .ok }
                    #expect(won.count == 1)
                    let token = try #require(won.first?.json["access_token"]?.string)
                    #expect(try await first.get("/oauth2/userinfo", bearer: token).status == .unauthorized)
                }
            }
        }
    }
}
