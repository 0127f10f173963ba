import Cryptography
import HTTPTypes
import Postgres
import Sandbox
import Testing

@testable import Provider

@Suite struct `Chuanglan's wire` {
    private static let nonce = "0123456789abcdef0123456789abcdef"

    private static func wire(_ generation: ChuanglanProtocol.Generation, password: String = "p") -> ChuanglanProtocol {
        ChuanglanProtocol(
            generation: generation,
            account: "N1",
            password: Secret(password),
            signature: "示例市",
            codeTemplate: "T-code",
            noticeTemplate: "T-notice",
            callbackURL: "https://login.example.gov.cn/sms/reports/x"
        )
    }

    private static let code = SMSMessage(
        id: "m1",
        phone: "13800000000",
        content: .code(Secret("123456"), purpose: "登录", minutes: 5)
    )

    @Test func `the second generation signs as published`() {
        let key = ChuanglanProtocol.templateKey(Secret("example-password"))
        #expect(key == "cc4436eff149ba9761aaac07b36360ea")
        #expect(
            ChuanglanProtocol.templateSignature(key: key, timestamp: "1700000000", nonce: Self.nonce)
                == "e13c5497d6ed8ad7d1b0f50c2fb6861e44f834bb797fe1bd9dc4c3a25dcb0547"
        )
    }

    @Test func `the unified application's checksum is as published`() {
        #expect(
            ChuanglanProtocol.checksum(secret: Secret("example-secret"), nonce: Self.nonce, time: "1700000000")
                == "979a09180998361e25dc7097cbf5773527c5b695"
        )
    }

    @Test func `the first generation sends the whole text under its signature`() {
        let body = Self.wire(.classic).posting(Self.code, seconds: 0, nonce: Self.nonce).body
        #expect(body["msg"]?.string == "【示例市】验证码123456，用于登录，5分钟内有效。请勿告诉他人。")
        #expect(body["phone"]?.string == "13800000000")
        #expect(body["account"]?.string == "N1" && body["password"]?.string == "p")
        #expect(body["report"]?.string == "true" && body["uid"]?.string == "m1")
    }

    @Test func `a code can be bound to our host in its last line`() {
        var message = Self.code
        message.boundTo = "login.example.gov.cn"
        #expect(message.text.hasSuffix("\n@login.example.gov.cn #123456"))
    }

    @Test func `the later generations send a template and its values`() throws {
        let second = Self.wire(.template).posting(Self.code, seconds: 1_700_000_000, nonce: Self.nonce)
        #expect(second.body["templateId"]?.string == "T-code")
        let values = try JSON(parsing: Array((second.body["templateParamJson"]?.string ?? "").utf8))
        #expect(values["code"]?.string == "123456" && values["purpose"]?.string == "登录")
        #expect(second.headers.map(\.0) == ["X-QA-Hmac-Signature"])
        let notice = SMSMessage(id: "m2", phone: "13800000000", content: .notice(event: "重置密码", time: "今天"))
        let third = Self.wire(.unified).posting(notice, seconds: 1_700_000_000, nonce: Self.nonce)
        #expect(third.body["templateCode"]?.string == "T-notice" && third.body["productType"]?.string == "notify")
        #expect(third.body["password"] == nil)
        #expect(third.headers.map(\.0) == ["X-AppId", "X-Nonce", "X-CurTime", "X-CheckSum"])
    }

    @Test(arguments: [
        ("0", SMSOutcome.sent(vendorID: "77")), ("103", nil), ("104", nil), ("120", .later), ("122", .later),
        ("101", .misconfigured("vendor code 101")), ("109", .misconfigured("vendor code 109")),
        ("117", .misconfigured("vendor code 117")), ("105", .misconfigured("vendor code 105")),
        ("107", .rejected("vendor code 107")), ("130", .rejected("vendor code 130")),
        ("999", .misconfigured("vendor code 999")),
    ])
    func `each code has its meaning`(code: String, outcome: SMSOutcome?) {
        let answer: JSON = ["code": .string(code), "msgId": "77"]
        #expect(Self.wire(.classic).outcome(status: 200, answer) == outcome)
        // The status says nothing.
        #expect(Self.wire(.classic).outcome(status: 500, answer) == outcome)
    }

    @Test func `an answer without a code leaves it open whether the message went out`() {
        for answer in [JSON.null, [:], ["code": 0], "0", []] as [JSON] {
            guard case .doubtful = Self.wire(.classic).outcome(status: 200, answer) else {
                Issue.record("\(answer.serialized) is taken for an answer")
                continue
            }
        }
    }
}

@Suite struct `The SMS vendor` {
    @Test(arguments: ChuanglanProtocol.Generation.allCases)
    func `takes a code in each generation, and reports it delivered once`(generation: ChuanglanProtocol.Generation)
        async throws
    {
        try await TestSMS.with { sms in
            try await TestServer.with(sms.settings(generation)) { server in
                let codes = try #require(server.rooms.smsCodes)
                let browser = BrowserIdentity(presented: nil)
                guard case .sent(let wait) = try await codes.request(codes.ask("13911112222", browser: browser)) else {
                    Issue.record("not sent by \(generation)")
                    return
                }
                #expect(wait == 60)
                let code = try #require(sms.code("13911112222"))
                #expect(sms.messages.last?.purpose == "登录")
                #expect(try await codes.check(code, phone: "13911112222", .signIn, browser: browser) == nil)
                let stored = try #require(
                    try await server.rooms.database.row("SELECT vendor_id, outcome FROM sms_message")
                )
                let name = try stored.get("vendor_id", as: String.self)
                #expect(try stored.get("outcome", as: String.self) == "sent")
                let index = codes.index("13911112222")
                #expect(try await codes.ledger.report(vendorID: name, phone: index, status: "DELIVRD") == .taken)
                #expect(try await codes.ledger.report(vendorID: name, phone: index, status: "UNDELIV") == .taken)
                #expect(try await codes.ledger.report(vendorID: "1", phone: index, status: "DELIVRD") == .unknown)
                #expect(
                    try await server.count("SELECT count(*)::integer FROM sms_message WHERE report = 'DELIVRD'") == 1
                )
            }
        }
    }

    @Test func `a report without the path's secret finds nothing there`() async throws {
        try await TestServer.withSMS { server, _, _ in
            let query = "?msgid=1&mobile=13911112222&status=DELIVRD"
            #expect(try await server.get("/sms/reports/guess\(query)").status == .notFound)
            let path = SMSReports.path(
                Secret(Base64URL.encode(Rooms.derived("sms-report", server.rooms.secrets).reveal()))
            )
            let early = try await server.get(path + query)
            #expect(early.status == .ok && early.json["clcode"]?.string == "111111")
            #expect(try await server.get(path + "?msgid=1&mobile=abc").status == .badRequest)
        }
    }

    @Test func `busy once is asked again, busy twice and down are told, and each attempt counts`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            func ask(_ phone: String) async throws -> Bool {
                let ask = try await codes.ask(phone, browser: BrowserIdentity(presented: nil))
                if case .sent = try await codes.request(ask) { return true }
                return false
            }
            sms.fail(.tooFast)
            #expect(try await ask("13900000001"))
            sms.fail(.tooFast, .tooFast)
            #expect(try await !ask("13900000002"))
            sms.fail(.down)
            #expect(try await !ask("13900000003"))
            sms.fail(.error)
            #expect(try await !ask("13900000004"))
            sms.fail(.malformed)
            #expect(try await !ask("13900000005"))
            #expect(sms.messages.map(\.to) == ["13900000001"])
            #expect(try await server.count("SELECT count(*)::integer FROM sms_message") == 5)
            let outcomes = try await server.rooms.database.rows("SELECT outcome FROM sms_message ORDER BY at")
            #expect(
                try outcomes.map { try $0.get("outcome", as: String.self) }
                    == ["sent", "unavailable", "doubtful", "doubtful", "doubtful"]
            )
        }
    }
}
