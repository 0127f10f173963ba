import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `The page for user codes` {
    @Test func `the address with a code fills the field in and sends nothing`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            let page = try await browser.get("/device?user_code=\(device.userCode)")
            #expect(page.body.contains("data-page=\"device\"") && page.body.contains("id=\"user-code\""))
            #expect(page.hidden("user_code") == device.userCode)
            #expect(try await server.count("SELECT count(*) FROM pending_authorization") == 0)
            // What is no code does not come back on the page.
            for hostile in ["%22%3E%3Cscript%3E", "a%00b", "AAAA-AAAA"] {
                let page = try await browser.get("/device?user_code=\(hostile)")
                #expect(!page.body.contains("script>") || !page.body.contains("\"><script>"))
                #expect(page.status == .ok || page.status == .badRequest)
            }
        }
    }

    @Test func `nothing typed and a wrong code are told beside the field, with what was typed`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            #expect(try await browser.enter("").body.contains("请输入设备上显示的代码"))
            let wrong = try await browser.enter("BCDF-GHJK")
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.body.contains("代码不正确或已失效") && wrong.body.contains("BCDF-GHJK"))
            let forged = try await browser.post("/device", [("csrf", "x"), ("user_code", "BCDF-GHJK")])
            #expect(forged.body.contains("页面已失效"))
        }
    }

    @Test func `wrong codes pause the browser, and a code of one's own does not wipe the count (RFC 8628 §5.1)`()
        async throws
    {
        try await TestServer.with { server in
            let (device, own) = (try await server.device(), try await server.device())
            let browser = server.browser()
            for _ in 0..<2 {
                #expect(try await browser.enter("BCDF-GHJK").status == .unprocessableContent)
                // A slip of the finger is no guess.
                #expect(try await browser.enter("BCDF-GHJ").status == .unprocessableContent)
            }
            #expect(try await browser.enter(own.userCode).body.contains("id=\"password-login\""))
            for _ in 0..<3 { #expect(try await browser.enter("BCDF-GHJK").status == .unprocessableContent) }
            let paused = try await browser.enter(device.userCode)
            #expect(paused.status == .tooManyRequests && paused.body.contains("操作过于频繁"))
            #expect(try await server.browser().enter(device.userCode).body.contains("id=\"password-login\""))
            try await server.advance(seconds: 901)
            let fresh = try await server.device()
            #expect(try await browser.enter(fresh.userCode).body.contains("id=\"password-login\""))
        }
    }

    @Test func `a network that throws its cookies away is paused as a whole`() async throws {
        try await TestServer.with(["CITYGATE_DEVICE_WRONG_CODES_PER_NETWORK": "10"]) { server in
            let device = try await server.device()
            var refused = 0
            for _ in 0..<12 where try await server.browser().enter("BCDF-GHJK").status == .unprocessableContent {
                refused += 1
            }
            #expect(refused == 10)
            #expect(try await server.browser().enter(device.userCode).status == .tooManyRequests)
        }
    }

    @Test func `of many guesses at once at two servers as many are looked at as the limit allows`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let browser = BrowserIdentity(presented: nil)
                let network = ClientNetwork(address: "192.0.2.1")
                let guards = [first.rooms.userCodeGuard, second.rooms.userCodeGuard]
                let admitted = try await race(32) { number in
                    if case .admitted = try await guards[number % 2].admit(browser, network: network) { return true }
                    return false
                }
                #expect(admitted.count { $0 } == 5)
            }
        }
    }

    @Test func `the request waits for the browser that typed the code, and for no other page`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let (browser, other) = (server.browser(), server.browser())
            let page = try await browser.reachQuestion(device.userCode, server: server)
            let name = try #require(page.hidden("transaction"))
            _ = try await other.get("/login")
            #expect(try await other.get("/device/confirm?transaction=\(name)").status == .gone)
            #expect(try await other.get("/login?transaction=\(name)").status == .gone)
            // An authorization request and a device's are never taken for each other.
            #expect(try await browser.get("/oauth2/authorize/resume?transaction=\(name)").status == .gone)
            #expect(try await browser.get("/consent?transaction=\(name)").status == .gone)
            let consent = try await browser.get(TestRequest().path)
            let authorization = try #require(consent.hidden("transaction"))
            #expect(try await browser.get("/device/confirm?transaction=\(authorization)").status == .gone)
            let crossed = [
                ("csrf", page.hidden("csrf") ?? ""), ("transaction", authorization), ("decision", "allow"),
            ]
            #expect(try await browser.post("/device/confirm", crossed).status == .gone)
            #expect(try await server.poll(device).error == "authorization_pending")
            // Nor is there a done page before anything was done.
            #expect(try await browser.get("/device/done?transaction=\(name)").status == .gone)
        }
    }

    @Test func `a forged or empty answer changes nothing, and the question comes again`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            let page = try await browser.reachQuestion(device.userCode, server: server)
            let transaction = ("transaction", page.hidden("transaction") ?? "")
            let csrf = ("csrf", page.hidden("csrf") ?? "")
            for fields in [[("csrf", "x"), ("decision", "allow")], [csrf, ("decision", "maybe")], [csrf]] {
                let again = try await browser.post("/device/confirm", fields + [transaction])
                #expect(again.body.contains("id=\"device-confirm\""))
            }
            #expect(try await server.poll(device).error == "authorization_pending")
        }
    }

    @Test func `on a phone the login page takes no consent for a device`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            _ = try await browser.get("/device")
            let page = try await browser.enter(device.userCode)
            #expect(page.body.contains("正在登录：") && !page.body.contains("name=\"consent\""))
            #expect(page.body.contains("沙箱电视"))
        }
    }

    @Test func `a client that was switched off meanwhile gets nothing, and its codes lead nowhere`() async throws {
        try await TestServer.with { server in
            let (one, two) = (try await server.device(), try await server.device())
            let browser = server.browser()
            let page = try await browser.reachQuestion(one.userCode, server: server)
            _ = try await server.rooms.database.execute(
                "UPDATE client SET state = 'disabled' WHERE id = 'sandbox-device'"
            )
            server.rooms.clients.forgetAll()
            #expect(try await browser.decide("allow", on: page).status == .gone)
            #expect(try await browser.enter(two.userCode).body.contains("代码不正确或已失效"))
            #expect(try await server.poll(one).error == "invalid_client")
        }
    }
}
