import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Consent` {
    private func isAsked(_ answer: TestAnswer) -> Bool { answer.body.contains("id=\"consent\"") }

    private func decide(_ decision: String, on page: TestAnswer, _ browser: TestBrowser) async throws -> TestAnswer {
        try await browser.post(
            "/consent",
            [
                ("csrf", #require(page.hidden("csrf"))), ("transaction", #require(page.hidden("transaction"))),
                ("decision", decision),
            ]
        )
    }

    /// A browser in which 张三 is logged in and has said yes to `openid profile`.
    private func browser(_ server: TestServer) async throws -> TestBrowser {
        let browser = server.browser()
        #expect(try await browser.authorize(TestRequest(), server: server).redirected("code") != nil)
        return browser
    }

    @Test func `what was allowed is not asked again, in no browser of the person`() async throws {
        try await TestServer.with { server in
            let first = try await browser(server)
            #expect(try await first.get(TestRequest().path).redirected("code") != nil)
            let second = server.browser()
            let page = try await second.get(TestRequest(scope: "openid").path)
            #expect(try await second.logIn(on: page, server: server).redirected("code") != nil)
        }
    }

    @Test func `a new scope is asked for, and both are remembered after it`() async throws {
        try await TestServer.with { server in
            let browser = try await browser(server)
            let more = TestRequest(scope: "openid profile phone")
            let page = try await browser.get(more.path)
            #expect(isAsked(page) && page.body.contains("手机号码"))
            #expect(try await decide("allow", on: page, browser).redirected("code") != nil)
            #expect(try await browser.get(more.path).redirected("code") != nil)
            #expect(try await browser.get(TestRequest().path).redirected("code") != nil)
        }
    }

    @Test func `a refusal is told as access_denied and remembers nothing (RFC 6749 §4.1.2.1)`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let login = try await browser.get(TestRequest().path)
            let page = try await browser.logIn(on: login, server: server)
            #expect(isAsked(page))
            let answer = try await decide("deny", on: page, browser)
            #expect(answer.redirected("error") == "access_denied")
            #expect(answer.redirected("state") == "s1" && answer.redirected("code") == nil)
            #expect(try await server.count("SELECT count(*) FROM consent") == 0)
            #expect(try await server.count("SELECT count(*) FROM audit WHERE event = 'consent.refused'") == 1)
            #expect(isAsked(try await browser.get(TestRequest().path)))
        }
    }

    @Test func `the city's own application asks nothing`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let login = try await browser.get(TestRequest(clientID: "sandbox-first-party").path)
            #expect(try await browser.logIn(on: login, server: server).redirected("code") != nil)
        }
    }

    @Test func `prompt=consent asks although everything was allowed (OIDC Core §3.1.2.1)`() async throws {
        try await TestServer.with { server in
            let browser = try await browser(server)
            let page = try await browser.get(TestRequest(more: [("prompt", "consent")]).path)
            #expect(isAsked(page))
            #expect(try await decide("allow", on: page, browser).redirected("code") != nil)
        }
    }

    @Test func `a form without our anti-forgery value gives no consent`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let login = try await browser.get(TestRequest().path)
            let page = try await browser.logIn(on: login, server: server)
            let transaction = try #require(page.hidden("transaction"))
            let answer = try await browser.post(
                "/consent",
                [("csrf", "forged"), ("transaction", transaction), ("decision", "allow")]
            )
            #expect(isAsked(answer) && answer.redirected("code") == nil)
        }
    }

    @Test func `one person's yes is not another's`() async throws {
        try await TestServer.with { server in
            _ = try await browser(server)
            let other = server.browser()
            let login = try await other.get(TestRequest().path)
            #expect(isAsked(try await other.logIn(on: login, server: server, account: "wangwu")))
        }
    }
}
