import Cryptography
import HTTPTypes
import OAuth
import Testing

@testable import Provider

/// OIDC Core §3.1.2.1 through the whole server.
@Suite struct `What a relying party may ask about the login` {
    private let request = TestRequest(clientID: "sandbox-first-party")

    private func with(_ more: (String, String)...) -> String {
        var request = request
        request.more = more
        return request.path
    }

    private func isLogin(_ answer: TestAnswer) -> Bool { answer.body.contains("id=\"password-login\"") }

    private func loggedIn(_ server: TestServer, _ account: String = "zhangsan") async throws -> TestBrowser {
        let browser = server.browser()
        #expect(try await browser.authorize(request, server: server, account: account).redirected("code") != nil)
        return browser
    }

    private func idToken(_ answer: TestAnswer, _ server: TestServer) async throws -> String {
        let code = try #require(answer.redirected("code"))
        let tokens = try await server.post(
            "/oauth2/token",
            request.exchange(code),
            basic: server.basic(request.clientID)
        )
        return try #require(tokens.json["id_token"]?.string)
    }

    private func authTime(_ answer: TestAnswer, _ server: TestServer) async throws -> Int64 {
        let token = try await idToken(answer, server)
        return try #require(try JWS.parse(token, limit: 8192).claims?["auth_time"]?.int)
    }

    @Test func `prompt=none shows nothing: login_required, consent_required, or a code`() async throws {
        try await TestServer.with { server in
            let nobody = try await server.browser().get(with(("prompt", "none")))
            #expect(nobody.redirected("error") == "login_required")
            let browser = try await loggedIn(server)
            #expect(try await browser.get(with(("prompt", "none"))).redirected("code") != nil)
            let asking = TestRequest(more: [("prompt", "none")])
            #expect(try await browser.get(asking.path).redirected("error") == "consent_required")
        }
    }

    @Test func `prompt=none with another prompt is invalid_request`() async throws {
        try await TestServer.with { server in
            let answer = try await server.browser().get(with(("prompt", "none login")))
            #expect(answer.redirected("error") == "invalid_request")
        }
    }

    @Test func `prompt=login asks for the password once more, and the token tells the new time`() async throws {
        try await TestServer.with { server in
            let browser = try await loggedIn(server)
            let before = try await authTime(browser.get(with()), server)
            try await server.advance(seconds: 100)
            let page = try await browser.get(with(("prompt", "login")))
            #expect(isLogin(page))
            let after = try await authTime(browser.logIn(on: page, server: server), server)
            #expect(after >= before + 100)
        }
    }

    @Test func `max_age asks for a login that is not older, and only then`() async throws {
        try await TestServer.with { server in
            let browser = try await loggedIn(server)
            try await server.advance(seconds: 50)
            #expect(try await browser.get(with(("max_age", "60"))).redirected("code") != nil)
            try await server.advance(seconds: 20)
            #expect(
                try await browser.get(with(("max_age", "60"), ("prompt", "none"))).redirected("error")
                    == "login_required"
            )
            let page = try await browser.get(with(("max_age", "60")))
            #expect(isLogin(page))
            #expect(try await browser.logIn(on: page, server: server).redirected("code") != nil)
        }
    }

    @Test func `max_age=0 always asks`() async throws {
        try await TestServer.with { server in
            let browser = try await loggedIn(server)
            #expect(isLogin(try await browser.get(with(("max_age", "0")))))
        }
    }

    @Test func `id_token_hint: the same person passes, another has to log in as the one hinted at`() async throws {
        try await TestServer.with { server in
            let zhang = try await loggedIn(server)
            let hint = try await idToken(zhang.get(with()), server)
            #expect(try await zhang.get(with(("prompt", "none"), ("id_token_hint", hint))).redirected("code") != nil)
            let wang = try await loggedIn(server, "wangwu")
            let silent = try await wang.get(with(("prompt", "none"), ("id_token_hint", hint)))
            #expect(silent.redirected("error") == "login_required")
            let page = try await wang.get(with(("id_token_hint", hint)))
            #expect(isLogin(page))
            #expect(try await wang.logIn(on: page, server: server).redirected("code") != nil)
        }
    }

    @Test func `a hint that is forged or another's is no hint`() async throws {
        try await TestServer.with { server in
            let browser = try await loggedIn(server)
            let hint = try await idToken(browser.get(with()), server)
            for wrong in [String(hint.dropLast(4)) + "AAAA", "not.a.token", ""] where wrong != hint {
                let answer = try await browser.get(with(("prompt", "none"), ("id_token_hint", wrong)))
                #expect(answer.redirected("code") == nil || wrong.isEmpty, "\(wrong.prefix(10))")
            }
            // Another client's ID token, shown by one that could not have got it.
            let foreign = try await browser.authorize(
                TestRequest(more: [("prompt", "none"), ("id_token_hint", hint)]),
                server: server
            )
            #expect(foreign.redirected("code") == nil)
        }
    }

    @Test func `prompt=select_account lets the person be somebody else`() async throws {
        try await TestServer.with { server in
            let browser = try await loggedIn(server)
            let page = try await browser.get(with(("prompt", "select_account")))
            #expect(isLogin(page))
            let answer = try await browser.logIn(on: page, server: server, account: "wangwu")
            #expect(answer.redirected("code") != nil)
        }
    }
}
