import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Sections of the profile centre` {
    @Test func `who is not logged in is led to the login page, and nothing is done for a form of theirs`() async throws
    {
        try await TestServer.with { server in
            for path in [
                "/account/sessions", "/account/authorizations",
                "/account/authorizations/withdraw?client_id=sandbox-basic",
            ] {
                let answer = try await server.browser().get(path, following: false)
                #expect(answer.location == "/login")
            }
            for path in ["sessions/end", "sessions/end-others", "authorizations/withdraw"] {
                let answer = try await server.browser().post("/account/\(path)", [], following: false)
                #expect(answer.location == "/login")
            }
        }
    }

    @Test func `devices are listed with this one marked; each can be thrown out, and all others at once`() async throws
    {
        try await TestServer.with { server in
            let browsers = (0..<4).map { _ in server.browser() }
            for browser in browsers { _ = try await browser.logIn(on: browser.get("/login"), server: server) }
            let me = browsers[0]
            var page = try await me.get("/account/sessions")
            #expect(page.body.contains("data-page=\"account\""))
            #expect(page.body.count(of: "踢下线</button>") == 3 && page.body.count(of: "本机") == 1)
            let victim = try #require(try await server.rooms.sessions.find(browsers[1].cookie("session")))
            let csrf = try #require(page.hidden("csrf"))
            _ = try await me.post("/account/sessions/end", [("csrf", "forged"), ("sid", victim.sid)])
            #expect(try await server.rooms.sessions.find(browsers[1].cookie("session")) != nil)
            page = try await me.post("/account/sessions/end", [("csrf", csrf), ("sid", victim.sid)])
            #expect(page.body.contains("该设备已退出登录"))
            #expect(try await server.rooms.sessions.find(browsers[1].cookie("session")) == nil)
            #expect(try await server.rooms.sessions.find(browsers[2].cookie("session")) != nil)
            page = try await me.post("/account/sessions/end-others", [("csrf", csrf)])
            #expect(page.body.contains("其他设备已全部退出登录") && !page.body.contains("踢下线</button>"))
            #expect(try await server.rooms.sessions.find(browsers[3].cookie("session")) == nil)
            #expect(try await server.rooms.sessions.find(me.cookie("session")) != nil)
        }
    }

    @Test func `another person's session is nobody's to end`() async throws {
        try await TestServer.with { server in
            let other = server.browser()
            _ = try await other.logIn(on: other.get("/login"), server: server, account: "lisi_2026")
            let theirs = try #require(try await server.rooms.sessions.find(other.cookie("session")))
            let me = server.browser()
            _ = try await me.logIn(on: me.get("/login"), server: server)
            let csrf = try #require(try await me.get("/account").hidden("csrf"))
            for sid in [theirs.sid, "", "'; --", "é"] {
                let answer = try await me.post("/account/sessions/end", [("csrf", csrf), ("sid", sid)])
                #expect(answer.status == .ok && !answer.body.contains("该设备已退出登录"))
            }
            #expect(try await server.rooms.sessions.find(other.cookie("session")) != nil)
        }
    }

    @Test func `an application is listed with what it may see, and taken back in two steps`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            #expect(
                try await browser.authorize(TestRequest(scope: "openid phone"), server: server).redirected("code")
                    != nil
            )
            var page = try await browser.get("/account/authorizations")
            #expect(page.body.contains("data-page=\"account\"") && page.body.contains("手机号码"))
            #expect(page.body.contains("/account/authorizations/withdraw?client_id=sandbox-basic"))
            page = try await browser.get("/account/authorizations/withdraw?client_id=sandbox-basic")
            #expect(page.body.contains("我再想想"))
            let fields = [("csrf", page.hidden("csrf") ?? ""), ("client_id", "sandbox-basic")]
            _ = try await browser.post("/account/authorizations/withdraw", fields)
            _ = try await browser.post("/account/authorizations/withdraw", [fields[1], ("decision", "withdraw")])
            #expect(try await browser.get("/account/authorizations").body.contains("client_id=sandbox-basic"))
            page = try await browser.post("/account/authorizations/withdraw", fields + [("decision", "withdraw")])
            #expect(page.body.contains("已取消授权") && page.body.contains("您还没有授权过任何应用"))
            let gone = try await browser.get("/account/authorizations/withdraw?client_id=sandbox-basic")
            #expect(gone.status == .notFound)
        }
    }

    @Test func `what was agreed to is asked for again only where it is new`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            _ = try await browser.authorize(TestRequest(scope: "openid profile"), server: server)
            let again = try await browser.get(TestRequest(scope: "openid profile").path)
            #expect(again.redirected("code") != nil)
            let wider = try await browser.get(TestRequest(scope: "openid profile phone").path)
            #expect(wider.body.contains("id=\"consent\""))
            let allowed = try await browser.walk(TestRequest(scope: "openid profile phone").path, server: server)
            #expect(allowed.redirected("code") != nil)
            #expect(try await browser.get(TestRequest(scope: "openid phone").path).redirected("code") != nil)
        }
    }

    @Test(arguments: [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge · Windows"
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50", "微信 · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome · 安卓手机"),
        ("curl/8.9", "其他浏览器"), ("", "未知设备"),
    ])
    func `a device has a name people know`(_ userAgent: String, _ name: String) {
        #expect(DeviceName(userAgent: userAgent).text == name)
    }
}

extension String {
    /// How often a text stands in this one.
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
