import Cryptography
import HTTPTypes
import Testing

@testable import Provider

@Suite struct `Logout from another site` {
    @Test func `a form posted without our cookies takes no cookie away, and the way by GET asks the person`()
        async throws
    {
        try await TestServer.with { server in
            // SameSite=Lax: another site's form comes without cookies, but what its answer sets is kept.
            let foreign = try await server.post("/oauth2/logout", [("state", "x")])
            #expect(foreign.headers[values: .setCookie].isEmpty)
            let way = try #require(foreign.location)
            #expect(way == "/oauth2/logout?state=x")

            let browser = server.browser()
            _ = try await browser.authorize(TestRequest(), server: server)
            let session = try #require(browser.cookie("session"))
            let asked = try await browser.get(way)
            #expect(asked.status == .ok)
            #expect(browser.cookie("session") == session)
            #expect(try await server.rooms.sessions.find(session) != nil)
        }
    }

    @Test func `a posted hint of the open session ends it, also when it takes the way by GET`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let request = TestRequest()
            let code = try #require(try await browser.authorize(request, server: server).redirected("code"))
            let tokens = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            let hint = try #require(tokens.json["id_token"]?.string)
            let session = try #require(browser.cookie("session"))
            let way = try #require(try await server.post("/oauth2/logout", [("id_token_hint", hint)]).location)
            _ = try await browser.get(way)
            #expect(browser.cookie("session") == nil)
            #expect(try await server.rooms.sessions.find(session) == nil)
        }
    }
}
