import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `The device grant` {
    @Test func `a person says yes, and the device gets what was asked for`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            #expect(device.answer.status == .ok)
            #expect(device.answer.headers[.cacheControl] == "no-store")
            #expect(device.answer.json["verification_uri"]?.string == TestServer.issuer + "/device")
            #expect(device.answer.json["interval"]?.int == 5)
            #expect(try await server.poll(device).error == "authorization_pending")

            let browser = server.browser()
            let question = try await browser.reachQuestion(device.userCode.lowercased(), server: server)
            #expect(question.body.contains("id=\"device-confirm\""))
            #expect(question.body.contains(device.userCode))
            #expect(question.body.contains("沙箱电视"))
            let done = try await browser.decide("allow", on: question)
            #expect(done.body.contains("data-page=\"done\"") && done.body.contains("已允许登录"))

            let tokens = try TestTokens(try await server.poll(device))
            #expect(tokens.answer.json["scope"]?.string == "openid profile offline_access")
            #expect(try tokens.claims()["client_id"]?.string == "sandbox-device")
            let id = try tokens.claims("id_token")
            #expect(id["aud"]?.string == "sandbox-device" && id["nonce"] == nil && id["at_hash"] != nil)
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .ok)
            let refreshed = try await server.post(
                "/oauth2/token",
                [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh), ("client_id", "sandbox-device")]
            )
            #expect(refreshed.status == .ok)
            // Asked for again it is refused; what was given lives on.
            #expect(try await server.poll(device).error == "invalid_grant")
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .ok)
            let events = try await server.rooms.database.rows(
                "SELECT event FROM audit WHERE event LIKE 'device%' ORDER BY seq"
            )
            #expect(try events.map { try $0.get(at: 0) } == ["device_code.approved", "device_code.redeemed"])
            // The page stays what it is; nothing is done again.
            #expect(try await browser.decide("deny", on: question).body.contains("已允许登录"))
        }
    }

    @Test func `a person says no, and the device hears so`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            let question = try await browser.reachQuestion(device.userCode, server: server)
            let done = try await browser.decide("deny", on: question)
            #expect(done.body.contains("data-page=\"done\"") && done.body.contains("已拒绝登录"))
            for _ in 0..<2 { #expect(try await server.poll(device).error == "access_denied") }
            #expect(try await browser.decide("allow", on: question).body.contains("已拒绝登录"))
            #expect(try await server.count("SELECT count(*) FROM authorization_grant") == 0)
            #expect(try await server.count("SELECT count(*) FROM consent") == 0)
        }
    }

    @Test func `what the person agreed to is remembered as on the consent page, and asked again all the same`()
        async throws
    {
        try await TestServer.with { server in
            let browser = server.browser()
            for _ in 0..<2 {
                let device = try await server.device()
                let question = try await browser.reachQuestion(device.userCode, server: server)
                #expect(question.body.contains("id=\"device-confirm\""))
                _ = try await browser.decide("allow", on: question)
                #expect(try await server.poll(device).status == .ok)
            }
            let row = try #require(try await server.rooms.database.row("SELECT client_id, scope FROM consent"))
            #expect(try row.get("client_id") == "sandbox-device")
            #expect(Set(try row.get("scope", as: [String].self)) == ["openid", "profile", "offline_access"])
        }
    }

    @Test func `both codes end with their time`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            let question = try await browser.reachQuestion(device.userCode, server: server)
            try await server.advance(seconds: 601)
            #expect(try await server.poll(device).error == "expired_token")
            #expect(try await browser.decide("allow", on: question).body.contains("device.request_gone"))
            #expect(try await browser.enter(device.userCode).body.contains("代码不正确或已失效"))
            #expect(try await server.poll(device).error == "expired_token")
            #expect(try await server.count("SELECT count(*) FROM authorization_grant") == 0)
            // Also one that was approved and never fetched.
            let second = try await server.device()
            _ = try await browser.decide("allow", on: browser.reachQuestion(second.userCode, server: server))
            try await server.advance(seconds: 601)
            #expect(try await server.poll(second).error == "expired_token")
        }
    }

    @Test func `who polls too fast is told to slow down, and waits longer each time, on both servers`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let device = try await first.device()
                func hear(_ server: TestServer, _ error: String) async throws {
                    #expect(try await server.poll(device).error == error)
                }
                try await hear(first, "authorization_pending")
                try await hear(second, "slow_down")
                try await first.advance(seconds: 9)
                try await second.rooms.clock.refresh()
                try await hear(first, "slow_down")
                try await first.advance(seconds: 15.5)
                try await hear(second, "authorization_pending")
                try await first.advance(seconds: 14)
                try await hear(first, "slow_down")
                for _ in 0..<20 { try await hear(second, "slow_down") }
                // The wait has an end.
                try await first.advance(seconds: Double(DeviceCodes.longestInterval) + 0.5)
                try await hear(first, "authorization_pending")
            }
        }
    }

    @Test func `haste costs nobody the answer`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            for _ in 0..<3 { _ = try await server.poll(device) }
            _ = try await browser.decide("allow", on: browser.reachQuestion(device.userCode, server: server))
            #expect(try await server.poll(device).status == .ok)
        }
    }

    @Test func `a code is its client's alone, and another's attempt spoils nothing`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            _ = try await browser.decide("allow", on: browser.reachQuestion(device.userCode, server: server))
            #expect(try await server.poll(device, by: "sandbox-device-terminal").error == "invalid_grant")
            #expect(try await server.poll(device, by: "sandbox-basic").error == "unauthorized_client")
            #expect(try await server.poll(device).status == .ok)
        }
    }

    @Test func `a user code, an authorization code or nonsense is no device code`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let code = try await server.code()
            for text in [device.userCode, code, "x", String(repeating: "A", count: 46), "\u{0}"] {
                let fields = [
                    ("grant_type", TestServer.deviceGrant), ("device_code", text), ("client_id", device.clientID),
                ]
                let answer = try await server.post("/oauth2/token", fields)
                #expect(["invalid_grant", "invalid_request"].contains(answer.error), "\(text): \(answer.body)")
                #expect(answer.status == .badRequest)
            }
            let swapped = try await server.post(
                "/oauth2/token",
                TestRequest().exchange(device.deviceCode),
                basic: server.basic()
            )
            #expect(swapped.error == "invalid_grant")
        }
    }

    @Test func `who may ask, and for what, is checked at once`() async throws {
        try await TestServer.with { server in
            let scope = [("scope", "openid")]
            #expect(try await server.deviceAuthorization([]).error == "invalid_scope")
            #expect(try await server.deviceAuthorization([("scope", "openid email")]).error == "invalid_scope")
            #expect(try await server.deviceAuthorization(scope + scope).error == "invalid_request")
            #expect(
                try await server.deviceAuthorization(scope + [("resource", "https://x.example/")]).error
                    == "invalid_target"
            )
            #expect(try await server.deviceAuthorization(scope, by: "sandbox-basic").error == "unauthorized_client")
            let stranger = try await server.post("/oauth2/device_authorization", scope + [("client_id", "nobody")])
            #expect(stranger.error == "invalid_client" && stranger.status == .unauthorized)
            let unproved = try await server.post(
                "/oauth2/device_authorization",
                scope + [("client_id", "sandbox-device-terminal")]
            )
            #expect(unproved.error == "invalid_client")
            let wrong = try await server.post(
                "/oauth2/device_authorization",
                scope,
                basic: ("sandbox-device-terminal", "wrong")
            )
            #expect(wrong.error == "invalid_client" && wrong.status == .unauthorized)
            #expect(try await server.get("/oauth2/device_authorization").status == .methodNotAllowed)
            #expect(try await server.count("SELECT count(*) FROM device_authorization") == 0)
            let about = try await server.get("/.well-known/openid-configuration").json
            #expect(
                about["device_authorization_endpoint"]?.string == TestServer.issuer + "/oauth2/device_authorization"
            )
            #expect(about["grant_types_supported"]?.array?.contains(.string(TestServer.deviceGrant)) == true)
        }
    }

    @Test
    func
        `a client that wants a level hears nothing of a person without it, and gets one who has it, with the resource`()
        async throws
    {
        try await TestServer.with { server in
            let client = "sandbox-device-terminal"
            let resource = "https://api.citygate.example/"
            let answer = try await server.deviceAuthorization(
                [("scope", "openid"), ("resource", resource)],
                by: client
            )
            let device = TestDevice(
                clientID: client,
                deviceCode: try #require(answer.json["device_code"]?.string),
                userCode: try #require(answer.json["user_code"]?.string),
                answer: answer
            )
            let poor = server.browser()
            let refused = try await poor.reachQuestion(device.userCode, server: server, account: "wangwu")
            #expect(refused.body.contains("认证等级不足") && !refused.body.contains("value=\"allow\""))
            _ = try await poor.decide("allow", on: refused)
            #expect(try await server.poll(device).error == "authorization_pending")

            let browser = server.browser()
            _ = try await browser.decide("allow", on: browser.reachQuestion(device.userCode, server: server))
            #expect(try await server.poll(device, [("resource", "https://y.example/")]).error == "invalid_target")
            let tokens = try TestTokens(try await server.poll(device, [("resource", resource)]))
            #expect(try tokens.claims()["aud"]?.string == resource)
        }
    }

    @Test func `a person whose account is closed gives nothing, before and after the yes`() async throws {
        try await TestServer.with { server in
            let (before, after) = (try await server.device(), try await server.device())
            let browser = server.browser()
            _ = try await browser.decide("allow", on: browser.reachQuestion(after.userCode, server: server))
            let question = try await browser.reachQuestion(before.userCode, server: server)
            _ = try await server.rooms.database.execute("UPDATE account SET session_epoch = session_epoch + 1")
            let answer = try await browser.decide("allow", on: question)
            #expect(answer.body.contains("id=\"password-login\""))
            #expect(try await server.poll(before).error == "authorization_pending")
            #expect(try await server.poll(after).error == "invalid_grant")
        }
    }

    @Test func `a proof of possession binds the tokens of a device as those of a code (RFC 9449 §5)`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            let browser = server.browser()
            _ = try await browser.decide("allow", on: browser.reachQuestion(device.userCode, server: server))
            let prover = try TestProver()
            let fields = [
                ("grant_type", TestServer.deviceGrant), ("device_code", device.deviceCode),
                ("client_id", device.clientID),
            ]
            let tokens = try TestTokens(
                try await server.post("/oauth2/token", fields, headers: server.proof(by: prover))
            )
            #expect(tokens.answer.json["token_type"]?.string == "DPoP")
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .unauthorized)
            let refresh = [
                ("grant_type", "refresh_token"), ("refresh_token", tokens.refresh), ("client_id", device.clientID),
            ]
            #expect(try await server.post("/oauth2/token", refresh).error == "invalid_grant")
            #expect(try await server.post("/oauth2/token", refresh, headers: server.proof(by: prover)).status == .ok)
        }
    }

    @Test func `neither code lies in the store`() async throws {
        try await TestServer.with { server in
            let device = try await server.device()
            _ = try await server.browser().enter(device.userCode)
            let letters = device.userCode.replacing("-", with: "")
            for table in ["device_authorization", "pending_authorization"] as [SQL] {
                let text = try #require(
                    try await server.rooms.database.row("SELECT string_agg(t::text, '') FROM \(sql: table) t")
                ).get(at: 0, as: String.self)
                let hex = letters.utf8.map { String($0, radix: 16) }.joined()
                for secret in [device.deviceCode, device.userCode, letters, hex] { #expect(!text.contains(secret)) }
            }
        }
    }
}
