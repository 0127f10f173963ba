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

    private static let back = "http://127.0.0.1:9999/callback"

    /// A client that may have browsers back, and an ID token of a login with it in `browser`.
    private func hint(_ server: TestServer, _ browser: TestBrowser, account: String = "zhangsan") async throws -> String
    {
        if try await server.rooms.clients.find("leaver") == nil {
            try await server.register(
                "leaver",
                [
                    ("grant_types", ["authorization_code"]), ("response_types", ["code"]), ("scope", "openid"),
                    ("redirect_uris", [.string(Self.back)]), ("post_logout_redirect_uris", [.string(Self.back)]),
                    ("token_endpoint_auth_method", "none"),
                ]
            )
        }
        let request = TestRequest(clientID: "leaver", scope: "openid")
        let code = try #require(
            try await browser.authorize(request, server: server, account: account).redirected("code")
        )
        let answer = try await server.post("/oauth2/token", request.exchange(code) + [("client_id", "leaver")])
        return try #require(answer.json["id_token"]?.string, "\(answer.body)")
    }

    private func logout(_ fields: [(String, String)]) -> String { "/oauth2/logout?" + TestForm.encode(fields) }

    @Test func `nobody is bounced to a registered address without proof; a link is offered`() async throws {
        try await TestServer.with { server in
            let hint = try await hint(server, server.browser())
            let unproved = logout([("client_id", "leaver"), ("post_logout_redirect_uri", Self.back), ("state", "s")])
            let stranger = server.browser()
            let page = try await stranger.get(unproved)
            #expect(page.status == .ok && page.location == nil)
            #expect(page.body.contains("href=\"\(Self.back)?state=s\""))
            let proved = try await stranger.get(unproved + "&id_token_hint=\(hint)")
            #expect(proved.location == Self.back + "?state=s")
        }
    }

    @Test
    func `a person who is logged in goes to the address once they have agreed, and stays where they are otherwise`()
        async throws
    {
        try await TestServer.with { server in
            let browser = server.browser()
            _ = try await hint(server, browser)
            let asked = try await browser.get(
                logout([("client_id", "leaver"), ("post_logout_redirect_uri", Self.back), ("state", "s")])
            )
            #expect(asked.body.contains("id=\"logout-confirm\"") && asked.body.contains("value=\"logout\""))
            let fields = ["csrf", "request"].map { ($0, asked.hidden($0)?.replacing("&amp;", with: "&") ?? "") }
            let foreign = try await browser.post("/logout", [("csrf", "x"), fields[1]], following: false)
            #expect(foreign.location == "/logout")
            #expect(try await server.rooms.sessions.find(browser.cookie("session")) != nil)
            let left = try await browser.post("/logout", fields + [("decision", "logout")])
            #expect(left.location == Self.back + "?state=s")
            #expect(browser.cookie("session") == nil)
        }
    }

    @Test func `a good hint for another person than the one logged in asks, and so does one of another session`()
        async throws
    {
        try await TestServer.with { server in
            let others = try await hint(server, server.browser(), account: "lisi_2026")
            let earlier = try await hint(server, server.browser())
            let browser = server.browser()
            _ = try await hint(server, browser)
            for hint in [others, earlier] {
                let asked = try await browser.get(logout([("id_token_hint", hint)]))
                #expect(asked.body.contains("id=\"logout-confirm\""))
                #expect(try await server.rooms.sessions.find(browser.cookie("session")) != nil)
            }
        }
    }

    @Test func `a faulty request leads to the page where a person can leave by themselves`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            _ = try await hint(server, browser)
            for fields in [
                [("id_token_hint", "foreign")], [("post_logout_redirect_uri", "https://evil.example/")],
                [("client_id", "leaver"), ("post_logout_redirect_uri", "https://evil.example/")],
            ] {
                let page = try await browser.get(logout(fields))
                #expect(page.status == .badRequest && page.location == nil)
                #expect(page.body.contains("data-error=\"logout.request_invalid\""))
                #expect(page.body.contains("href=\"/logout\"") && !page.body.contains("=\"https://evil.example"))
            }
            let page = try await browser.get("/logout")
            #expect(page.body.contains("data-page=\"logout\"") && page.body.contains("id=\"logout-confirm\""))
            _ = try await browser.post("/logout", [("csrf", page.hidden("csrf") ?? ""), ("decision", "logout")])
            #expect(browser.cookie("session") == nil)
            #expect(try await browser.get("/logout").body.contains("已退出登录"))
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
