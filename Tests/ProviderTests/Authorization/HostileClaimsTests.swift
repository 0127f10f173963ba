import HTTPTypes
import Postgres
import Testing

@testable import Provider

@Suite struct `Hostile claims parameter` {
    @Test func `a NUL, which no store keeps, is the relying party's error and not ours`() async throws {
        try await TestServer.with { server in
            for claims in [#"{"userinfo":{"a\u0000":null}}"#, #"{"id_token":{"a":{"value":"\u0000"}}}"#] {
                let answer = try await server.browser().get(TestRequest(more: [("claims", claims)]).path)
                #expect(answer.redirected("error") == "invalid_request")
            }
        }
    }

    @Test func `a parameter that the store writes in more bytes is still read`() async throws {
        try await TestServer.with { server in
            let wishes = (0..<60).map { "\"a\($0)\":{\"value\":1e300}" }.joined(separator: ",")
            let request = TestRequest(more: [("claims", "{\"id_token\":{\(wishes)}}")])
            let code = try await server.code(request)
            let answer = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(answer.status == .ok)
        }
    }

    @Test func `a request whose client lost its address meanwhile gets a page, not a server error`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let page = try await browser.logIn(on: browser.get(TestRequest().path), server: server)
            let transaction = try #require(page.hidden("transaction"))
            _ = try await server.rooms.database.execute(
                """
                UPDATE client SET metadata = jsonb_set(metadata, '{redirect_uris}', '["https://moved.example/cb"]')
                WHERE id = 'sandbox-basic'
                """
            )
            server.rooms.clients.forgetAll()
            #expect(try await browser.get("/consent?transaction=\(transaction)").status == .badRequest)
        }
    }
}
