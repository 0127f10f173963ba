import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Registration of a citizen` {
    private static let password = "Tianqi-2026"

    /// A browser that has the code of a phone, and its form.
    private static func prepared(_ phone: String, _ server: TestServer, _ sms: TestSMS) async throws
        -> (browser: TestBrowser, form: [(String, String)])
    {
        let browser = server.browser()
        let page = try await browser.get("/register")
        let id = try #require(page.hidden("captcha_id"))
        let answer = try await server.rooms.captchas.answer(id: id) ?? ""
        let csrf = try #require(page.hidden("csrf"))
        let sent = try await browser.post(
            "/register",
            [("csrf", csrf), ("op", "send-code"), ("phone", phone), ("captcha", answer), ("captcha_id", id)]
        )
        #expect(sent.body.contains("验证码已发送至"))
        let form = [
            ("csrf", csrf), ("phone", phone), ("sms_code", sms.code(phone) ?? ""), ("password", password),
            ("confirm_password", password), ("agree", "yes"),
        ]
        return (browser, form)
    }

    @Test func `account, agreement, wish to be synchronised and record come together`() async throws {
        try await TestServer.withSMS { server, _, sms in
            let before = try await server.count("SELECT count(*)::integer FROM account")
            let (browser, form) = try await Self.prepared("13911110000", server, sms)
            let done = try await browser.post("/register", form + [("username", "Tianqi_1"), ("sync_national", "yes")])
            #expect(done.body.contains("注册成功"))
            #expect(try await server.count("SELECT count(*)::integer FROM account") == before + 1)
            let rows = try await server.rooms.database.rows(
                "SELECT document, version FROM account_agreement ORDER BY document"
            )
            #expect(try rows.map { try $0.get("document", as: String.self) } == ["national_sync", "terms"])
            #expect(
                try await server.count("SELECT count(*)::integer FROM national_sync WHERE event = 'registered'") == 1
            )
            let record = "SELECT count(*)::integer FROM audit WHERE event = 'account.created'"
            #expect(try await server.count("\(raw: record)") == 1)
            let account = try #require(try await server.rooms.accounts.find(phone: "13911110000"))
            #expect(account.username == "Tianqi_1" && account.level == .l1)
            #expect(browser.cookie("session") != nil)
        }
    }

    @Test func `who does not tick the box is not synchronised`() async throws {
        try await TestServer.withSMS { server, _, sms in
            let (browser, form) = try await Self.prepared("13911110000", server, sms)
            _ = try await browser.post("/register", form + [("username", "tianqi_2")])
            #expect(try await server.count("SELECT count(*)::integer FROM national_sync") == 0)
            #expect(try await server.count("SELECT count(*)::integer FROM account_agreement") == 1)
        }
    }

    @Test func `one phone asked for by eight browsers at once makes one account`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            let before = try await server.count("SELECT count(*)::integer FROM account")
            // Eight journeys of one proved phone, as eight browsers of one person would have them.
            let answers = try await race(8) { number in
                let browser = server.browser()
                let page = try await browser.get("/register")
                let csrf = try #require(page.hidden("csrf"))
                let identity = BrowserIdentity(presented: browser.cookie("browser"))
                let flow = try await server.rooms.journeys.beginRegistration(phone: "13911110000", browser: identity)
                return try await browser.post(
                    "/register",
                    [
                        ("csrf", csrf), ("flow", flow), ("username", "tianqi_\(number)"), ("password", Self.password),
                        ("confirm_password", Self.password), ("agree", "yes"),
                    ]
                )
            }
            #expect(answers.count { $0.body.contains("注册成功") } == 1)
            #expect(answers.count { $0.status == .conflict && $0.body.contains("该手机号已注册") } == 7)
            #expect(try await server.count("SELECT count(*)::integer FROM account") == before + 1)
        }
    }

    @Test func `without a vendor of short messages there is no registration and no mention of it`() async throws {
        try await TestServer.with { server in
            #expect(try await server.get("/register").status == .notFound)
            let page = try await server.get("/login")
            #expect(!page.body.contains("立即注册") && !page.body.contains("短信登录"))
            let metadata = try await server.get("/.well-known/openid-configuration").json
            #expect(metadata["prompt_values_supported"]?.array?.contains("create") == false)
            let refused = try await server.browser().get(
                TestRequest(more: [("prompt", "create")]).path,
                following: false
            )
            #expect(refused.redirected("error") == "invalid_request")
        }
    }
}
