import Cryptography
import HTTPTypes
import HummingbirdTesting
import OAuth
import Testing

@testable import Provider

@Suite struct `The mini-program's calls` {
    @Test func `need a live token, in a problem with words for the person`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            for path in ["me", "devices", "authorizations"] {
                let answer = try await server.get(
                    "/mp/v1/\(path)",
                    bearer: "US1NiAgTENukjHwfwt_neekn9ttXo4UEy7wxkEy8t1vh4w"
                )
                #expect(answer.status == .unauthorized)
                #expect(answer.json["code"]?.string == "mp.token_invalid")
                #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            }
        }
    }

    @Test func `a refresh token works once; copied, it ends the session`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let sessions = server.rooms.miniProgramSessions
            let login = MiniProgramLogin(openID: "o1", sessionKey: Secret("key"))
            let begun = try #require(
                try await sessions.begin(.baidu, login, account: nil, device: nil, trace: TestPhone.trace)
            )
            let found = try #require(try await sessions.find(begun.tokens.access.reveal()))
            #expect(found.held.sessionKey?.reveal() == "key")
            let second = try #require(try await sessions.refresh(begun.tokens.refresh.reveal(), trace: TestPhone.trace))
            #expect(try await sessions.find(second.access.reveal()) != nil)
            #expect(try await sessions.refresh(begun.tokens.refresh.reveal(), trace: TestPhone.trace) == nil)
            #expect(try await sessions.find(second.access.reveal()) == nil)
            #expect(try await sessions.refresh(second.refresh.reveal(), trace: TestPhone.trace) == nil)
        }
    }

    @Test func `a person without a phone yet may not scan`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let begun = try #require(
                try await server.rooms.miniProgramSessions.begin(
                    .wechat,
                    MiniProgramLogin(openID: "o2"),
                    account: nil,
                    device: nil,
                    trace: TestPhone.trace
                )
            )
            let answer = try await server.get("/mp/v1/me", bearer: begun.tokens.access.reveal())
            #expect(answer.status == .forbidden)
            #expect(answer.json["code"]?.string == "mp.phone_needed")
        }
    }

    @Test func `an Idempotency-Key gives the first answer again, and is refused for another request`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let phone = try await TestPhone(server)
            var headers = HTTPFields()
            headers[.idempotencyKey] = "once"
            let first = try await phone.post("web-tickets", ["target": "/account"], headers: headers)
            let again = try await phone.post("web-tickets", ["target": "/account"], headers: headers)
            let other = try await phone.post("web-tickets", ["target": "/help"], headers: headers)
            #expect(first.status == .ok)
            #expect(again.body == first.body)
            #expect(other.status == .unprocessableContent)
            #expect(other.json["code"]?.string == "request.idempotency_mismatch")
        }
    }

    @Test func `a web ticket opens its page signed in, once`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let phone = try await TestPhone(server)
            #expect(try await phone.post("web-tickets", ["target": "https://evil.example/"]).status == .forbidden)
            let url = try #require(try await phone.post("web-tickets", ["target": "/account"]).json["url"]?.string)
            let path = String(url.dropFirst(TestServer.issuer.count))
            let browser = server.browser()
            let page = try await browser.get(path)
            #expect(page.status == .ok)
            #expect(browser.cookie(server.rooms.desk.cookies.wireName(.session)) != nil)
            #expect(try await server.browser().get(path).status == .gone)
        }
    }

    @Test func `withdrawing an authorization ends its tokens at once`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let code = try await server.code()
            let tokens = try await server.post("/oauth2/token", TestRequest().exchange(code), basic: server.basic())
            let token = try #require(tokens.json["access_token"]?.string)
            #expect(try await server.get("/oauth2/userinfo", bearer: token).status == .ok)
            let phone = try await TestPhone(server)
            let list = try await server.get("/mp/v1/authorizations", bearer: phone.bearer)
            #expect(list.json["authorizations"]?.array?.first?["client_id"]?.string == "sandbox-basic")
            var headers = HTTPFields()
            headers[.authorization] = "Bearer \(phone.bearer)"
            let gone = try await server.client.execute(
                uri: "/mp/v1/authorizations/sandbox-basic",
                method: .delete,
                headers: headers
            ) { $0.status }
            #expect(gone == .noContent)
            #expect(try await server.get("/oauth2/userinfo", bearer: token).status == .unauthorized)
        }
    }
}

@Suite struct `What host apps hand over` {
    @Test func `Alipay's phone opens by its published vector`() throws {
        let plain = try PlatformAnswer.decrypted(
            "igATcyTqqgv1AFpBiHJyVf94zn4d80DWhHrnUhty+8QLcUOlYjxvP9Xk+YXblbTSoe2bGplnUECoaQrDECEzOw==",
            [UInt8](repeating: 0, count: 16),
            key: try #require(Base64.decode("AAECAwQFBgcICQoLDA0ODw==")),
            block: 16
        )
        #expect(try JSON(parsing: plain)["mobile"]?.string == "13800000000")
    }

    @Test func `Baidu's padding of up to 32 bytes comes off, and the AppKey must be ours`() throws {
        let plain = try PlatformAnswer.decrypted(
            "oOIA9lw4mDGcRenjQNqzT006210bHNcMkBc9AeWwigNi9p8Pp5f8A+wiiQwAD1DPj5Zu67zmr6zNV4MzFwQ4tGOhBmVwFhh8IBuiFfihqYA=",
            try #require(Base64.decode("AAECAwQFBgcICQoLDA0ODw==")),
            key: try #require(Base64.decode("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")),
            block: 32
        )
        let key = "DemoAppKey0000000000000000000001"
        #expect(BaiduMiniProgram.content(of: plain, appKey: key)?["mobile"]?.string == "13800000000")
        #expect(BaiduMiniProgram.content(of: plain, appKey: "AnotherAppKey") == nil)
    }

    @Test func `Alipay's signing text is the documented one`() {
        let text = AlipayMiniProgram.signingText([
            ("app_id", "2021000000000001"), ("method", "alipay.system.oauth.token"), ("format", "JSON"),
            ("charset", "utf-8"), ("sign_type", "RSA2"), ("timestamp", "2026-08-01 12:00:00"), ("version", "1.0"),
            ("grant_type", "authorization_code"), ("code", "4b203fe6c11548bcabd8da5bb087a83b"), ("empty", ""),
        ])
        #expect(
            Hexadecimal.encode(Digest.sha256(Array(text.utf8)))
                == "589a1fdfd28a54ce110b4fe12a73440793b742d42c022f4f18b54871fcda1b46"
        )
    }

    @Test func `a signed value is taken byte for byte, escapes and braces in texts included`() {
        let body = #"{"a_response":{"x":"\/}\"{","y":{"z":1}},"sign":"s"}"#
        let raw = AlipayMiniProgram.rawValue(of: "a_response", in: Array(body.utf8))
        #expect(raw.map { String(decoding: $0, as: UTF8.self) } == #"{"x":"\/}\"{","y":{"z":1}}"#)
    }
}
