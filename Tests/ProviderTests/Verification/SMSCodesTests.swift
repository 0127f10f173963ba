import FoundationEssentials
import Postgres
import Sandbox
import Testing

@testable import Provider

@Suite struct `Codes by SMS` {
    /// Rounds of the race; more by `CITYGATE_SMS_ROUNDS`.
    private static let rounds = ProcessInfo.processInfo.environment["CITYGATE_SMS_ROUNDS"].flatMap { Int($0) } ?? 6

    @Test func `32 requests at once at two servers: one message leaves, and five in an hour at most`() async throws {
        let generous = ["CITYGATE_SMS_MOST_PER_NETWORK": "1000000", "CITYGATE_SMS_MOST_PER_BROWSER": "1000000"]
        try await TestServer.withSMS(generous) { first, codes, sms in
            try await TestServer.with(sms.settings(.classic, generous), sharing: first.connectionString) { second in
                let doors = [codes, try #require(second.rooms.smsCodes)]
                for round in 0..<Self.rounds {
                    let phone = "137" + String(10_000_000 + round)
                    // An hour's worth of minutes in one go: the gap is not what is tested here.
                    for minute in 0..<7 {
                        let before = sms.messages.count { $0.to == phone }
                        let answers = try await race(32) { number in
                            let door = doors[number % 2]
                            let ask = try await door.ask(phone, browser: BrowserIdentity(presented: nil))
                            if case .sent = try await door.request(ask) { return true }
                            return false
                        }
                        let sent = answers.count { $0 }
                        #expect(sent == (minute < 5 ? 1 : 0))
                        #expect(sms.messages.count { $0.to == phone } - before == sent)
                        try await first.advance(seconds: 61)
                        try await second.rooms.clock.refresh()
                    }
                    #expect(sms.messages.count { $0.to == phone } == 5)
                }
            }
        }
    }

    @Test func `guessing ends at the fifth try whatever the concurrency`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            let browser = BrowserIdentity(presented: nil)
            _ = try await codes.request(codes.ask("13911110000", browser: browser))
            let code = try #require(sms.code("13911110000"))
            let wrong = code == "000000" ? "111111" : "000000"
            let faults = try await race(64) { _ in
                try await codes.check(wrong, phone: "13911110000", .signIn, browser: browser)
            }
            #expect(faults.count { $0 == .smsCodeWrong } == 4)
            #expect(faults.count { $0 == .smsTooManyTries } == 60)
            #expect(try await codes.check(code, phone: "13911110000", .signIn, browser: browser) == .smsTooManyTries)
            #expect(try await server.count("SELECT tries FROM sms_code") == 5)
        }
    }

    @Test func `a right code presented 32 times at once is right once`() async throws {
        try await TestServer.withSMS { _, codes, sms in
            let browser = BrowserIdentity(presented: nil)
            _ = try await codes.request(codes.ask("13911110000", browser: browser))
            let code = try #require(sms.code("13911110000"))
            let faults = try await race(32) { _ in
                try await codes.check(code, phone: "13911110000", .signIn, browser: browser)
            }
            #expect(faults.count { $0 == nil } == 1)
        }
    }

    @Test func `it is bound to phone, purpose and browser, a new one ends the old, and time ends it`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            let (own, foreign) = (BrowserIdentity(presented: nil), BrowserIdentity(presented: nil))
            let phone = "13911110000"
            _ = try await codes.request(codes.ask(phone, browser: own))
            let first = try #require(sms.code(phone))
            #expect(try await codes.check(first, phone: phone, .signIn, browser: foreign) == .smsNotRequested)
            #expect(try await codes.check(first, phone: phone, .recover, browser: own) == .smsNotRequested)
            #expect(try await codes.check(first, phone: "13911110001", .signIn, browser: own) == .smsNotRequested)
            #expect(try await codes.check("12345", phone: phone, .signIn, browser: own) == .smsCodeFormat)
            try await server.advance(seconds: 61)
            _ = try await codes.request(codes.ask(phone, browser: own))
            let second = try #require(sms.code(phone))
            if first != second {
                #expect(try await codes.check(first, phone: phone, .signIn, browser: own) == .smsCodeWrong)
            }
            try await server.advance(seconds: 301)
            #expect(try await codes.check(second, phone: phone, .signIn, browser: own) == .smsCodeExpired)
        }
    }

    @Test func `networks, browsers and the hour's budget have bounds of their own`() async throws {
        let narrow = ["CITYGATE_SMS_MOST_PER_NETWORK": "3", "CITYGATE_SMS_MOST_PER_HOUR": "5"]
        try await TestServer.withSMS(narrow) { _, codes, sms in
            func ask(_ number: Int, from address: String) async throws -> Fault.Code? {
                let ask = try await codes.ask(
                    "1370000000\(number)",
                    browser: BrowserIdentity(presented: nil),
                    from: address
                )
                guard case .refused(let fault) = try await codes.request(ask) else { return nil }
                return fault.fault.code
            }
            var seen: [Fault.Code?] = []
            let networks = [
                "192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.9", "198.51.100.1", "198.51.100.1", "203.0.113.1",
            ]
            for (number, address) in networks.enumerated() { seen.append(try await ask(number, from: address)) }
            #expect(seen == [nil, nil, nil, .rateLimited, nil, nil, .vendorDown])
            #expect(sms.messages.count == 5)
        }
    }

    @Test func `nobody's number answers like somebody's, and no code is right for it`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            let browser = BrowserIdentity(presented: nil)
            for isPretence in [false, true] {
                let phone = isPretence ? "nobody_at_all" : "13911110000"
                let ask = try await codes.ask(phone, .recover, browser: browser)
                guard case .sent(60) = try await codes.requestQuietly(ask, isPretence: isPretence) else {
                    Issue.record("refused")
                    return
                }
                let again = try await codes.ask(phone, .recover, browser: browser)
                guard case .refused(let fault) = try await codes.requestQuietly(again, isPretence: isPretence) else {
                    Issue.record("sent twice")
                    return
                }
                #expect(fault.fault.code == .smsTooSoon)
                let wrong = try await race(8) { _ in
                    try await codes.check("x1x2x3", phone: phone, .recover, browser: browser, isPretence: isPretence)
                }
                #expect(wrong.allSatisfy { $0 == .smsCodeFormat })
            }
            #expect(try await server.count("SELECT count(*)::integer FROM sms_code") == 2)
            #expect(sms.messages.allSatisfy { $0.to == "13911110000" })
        }
    }

    @Test func `no number and no code stands in the tables`() async throws {
        try await TestServer.withSMS { server, codes, sms in
            _ = try await codes.request(codes.ask("13911110000", browser: BrowserIdentity(presented: nil)))
            let code = try #require(sms.code("13911110000"))
            let rows = try await server.rooms.database.rows(
                "SELECT m::text AS text FROM sms_message m UNION ALL SELECT c::text FROM sms_code c"
            )
            for row in rows {
                let text = try row.get("text", as: String.self)
                #expect(!text.contains("13911110000") && !text.contains(",\(code),"))
            }
        }
    }

    @Test(arguments: [
        ("13800000001", "13800000001"), (" 138 0000-0001", "13800000001"), ("+86 13800000001", "13800000001"),
        ("0086138 0000 0001", "13800000001"), ("8613800000001", "13800000001"), ("１３８００００００01", "13800000001"),
        ("12800000001", nil), ("1380000000", nil), ("138000000011", nil), ("1380000000a", nil), ("", nil), ("+", nil),
    ])
    func `a number is read as people write it`(typed: String, canonical: String?) {
        #expect(MainlandMobile.canonical(typed) == canonical)
    }
}
