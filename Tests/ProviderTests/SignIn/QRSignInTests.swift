import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import OAuth
import Postgres
import Testing

@testable import Provider

/// A phone with the mini-program open.
struct TestPhone: Sendable {
    let server: TestServer
    let actor: QRSessions.Actor
    let bearer: String

    static let settings = [
        "CITYGATE_MINI_PROGRAM_WECHAT_APP_ID": "wx-of-tests",
        "CITYGATE_MINI_PROGRAM_WECHAT_SECRET": "secret-of-tests",
    ]

    init(_ server: TestServer, persona: String = "zhangsan") async throws {
        self.server = server
        let account = try #require(try await server.rooms.accounts.find(AccountIdentifier(typed: persona))).account
        let begun = try #require(
            try await server.rooms.miniProgramSessions.begin(
                .wechat,
                MiniProgramLogin(openID: "open-\(persona)"),
                account: account.id,
                device: nil,
                trace: Self.trace
            )
        )
        actor = try #require(begun.session.actor)
        bearer = begun.tokens.access.reveal()
    }

    static let trace = Trace(requestID: "test", network: "192.0.2.0/24")

    func post(_ path: String, _ body: JSON = [:], headers more: HTTPFields = HTTPFields()) async throws -> TestAnswer {
        var headers = more
        headers[.contentType] = "application/json"
        headers[.authorization] = "Bearer \(bearer)"
        return try await server.client.execute(
            uri: "/mp/v1/\(path)",
            method: .post,
            headers: headers,
            body: .init(string: body.serialized)
        ) { TestAnswer($0) }
    }
}

/// What a login page says about its picture.
struct TestPicture {
    let id: String
    let text: String
    let csrf: String

    init(_ page: TestAnswer) throws {
        func value(_ name: String) throws -> String {
            let start = try #require(page.body.firstRange(of: " \(name)=\"")).upperBound
            return String(page.body[start...].prefix { $0 != "\"" })
        }
        id = try value("data-id")
        text = try value("data-text")
        csrf = try #require(page.hidden("csrf"))
    }
}

@Suite struct `Login by QR code` {
    @Test func `continues the waiting request, in a new session, with amr mca and user`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let browser = server.browser()
            let page = try await browser.get(TestRequest(scope: "openid").path)
            #expect(page.body.contains("id=\"qr\""))
            let picture = try TestPicture(page)
            let phone = try await TestPhone(server)
            let scan = try await phone.post("qr/scan", ["text": .string(picture.text)])
            #expect(scan.status == .ok)
            #expect(scan.json["rp"]?["name"]?.string == "沙箱客户端 sandbox-basic")
            #expect(scan.json["rp"]?["domain"]?.string == "127.0.0.1:9999")
            let ticket = try #require(scan.json["ticket"]?.string)
            let seen = try await browser.get("/login/qr/\(picture.id)/status?v=1")
            #expect(seen.json["state"]?.string == "scanned")
            #expect(seen.json["account"]?.string == "138****0001")
            let number = try #require(seen.json["number"])
            #expect(scan.json["number_match"]?.array?.contains(number) == true)
            #expect(try await phone.post("qr/\(ticket)/confirm", ["number": number]).status == .ok)
            var answer = try await browser.post("/login/qr/\(picture.id)/finish", [("csrf", picture.csrf)])
            #expect(answer.body.contains("id=\"consent\""))
            let csrf = try #require(answer.hidden("csrf"))
            let transaction = try #require(answer.hidden("transaction"))
            answer = try await browser.post(
                "/consent",
                [("csrf", csrf), ("transaction", transaction), ("decision", "allow")]
            )
            let code = try #require(answer.redirected("code"))
            let tokens = try await server.post("/oauth2/token", TestRequest().exchange(code), basic: server.basic())
            let token = try #require(tokens.json["id_token"]?.string)
            let claims = try JSON(parsing: try #require(Base64URL.decode(String(token.split(separator: ".")[1]))))
            #expect(claims["amr"] == ["mca", "user"])
            // Phone and browser came from nowhere known: the login may have been relayed and states no more than L2.
            #expect(claims["acr"]?.string == AssuranceLevel.l2.acr)
        }
    }

    @Test func `within one network asks no number and caps nothing, unless configured`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let conversations = server.rooms.conversations
            let browser = BrowserIdentity(presented: nil)
            let phone = try await TestPhone(server)
            let session = try await conversations.begin(.init(), browser: browser, trace: TestPhone.trace)
            let scan = try await conversations.scan(
                conversations.text(of: session.id),
                by: phone.actor,
                trace: TestPhone.trace
            ).get()
            #expect(scan.numbers == nil)
            try await conversations.confirm(scan.ticket, number: nil, by: phone.actor, trace: TestPhone.trace).get()
            let consumed = try await conversations.consume(session.id, browser: browser, trace: TestPhone.trace).get()
            #expect(consumed.isNear)
        }
    }

    @Test func `between networks always asks the number; one wrong is forgiven, the second ends it`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let conversations = server.rooms.conversations
            let browser = BrowserIdentity(presented: nil)
            let phone = try await TestPhone(server)
            let far = Trace(requestID: "far", network: "198.51.100.0/24")
            let session = try await conversations.begin(.init(), browser: browser, trace: TestPhone.trace)
            let scan = try await conversations.scan(conversations.text(of: session.id), by: phone.actor, trace: far)
                .get()
            let shown = try #require(try await conversations.find(session.id, browser: browser)?.number)
            let wrong = try #require(scan.numbers?.first { $0 != shown })
            func confirm(_ number: Int?) async throws -> QRSessionRefusal? {
                switch try await conversations.confirm(scan.ticket, number: number, by: phone.actor, trace: far) {
                case .success: nil
                case .failure(let refusal): refusal
                }
            }
            #expect(try await confirm(nil) == .numberNeeded)
            #expect(try await confirm(Int(wrong)) == .numberWrong)
            #expect(try await conversations.find(session.id, browser: browser)?.state == .scanned)
            #expect(try await confirm(Int(wrong)) == .numbersSpent)
            #expect(try await confirm(shown) == .cancelled)
            #expect(try await conversations.find(session.id, browser: browser)?.state == .cancelled)
        }
    }

    @Test func `refuses every move out of its turn, and writes it down`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let conversations = server.rooms.conversations
            let browser = BrowserIdentity(presented: nil)
            let trace = TestPhone.trace
            let phone = try await TestPhone(server)
            let other = try await TestPhone(server, persona: "lisi_2026")
            let session = try await conversations.begin(.init(), browser: browser, trace: trace)
            let text = conversations.text(of: session.id)
            func refusal<Value>(_ result: Result<Value, QRSessionRefusal>) -> QRSessionRefusal? {
                if case .failure(let refusal) = result { refusal } else { nil }
            }
            // A confirm without a scan, and a finish without a confirm.
            let invented = DatedToken(day: Day(of: server.rooms.clock.now)).value.reveal()
            #expect(
                refusal(try await conversations.confirm(invented, number: nil, by: phone.actor, trace: trace))
                    == .unknown
            )
            #expect(refusal(try await conversations.consume(session.id, browser: browser, trace: trace)) == .expired)
            let scan = try await conversations.scan(text, by: phone.actor, trace: trace).get()
            #expect(refusal(try await conversations.scan(text, by: other.actor, trace: trace)) == .alreadyScanned)
            // Somebody else with the ticket.
            #expect(
                refusal(try await conversations.confirm(scan.ticket, number: nil, by: other.actor, trace: trace))
                    == .unknown
            )
            #expect(
                refusal(try await conversations.consume(session.id, browser: browser, trace: trace)) == .alreadyScanned
            )
            try await conversations.confirm(scan.ticket, number: nil, by: phone.actor, trace: trace).get()
            #expect(
                refusal(try await conversations.confirm(scan.ticket, number: nil, by: phone.actor, trace: trace))
                    == .used
            )
            // A thief with the poll secret, and without the cookie.
            let thief = BrowserIdentity(presented: nil)
            #expect(try await conversations.find(session.id, browser: thief) == nil)
            #expect(refusal(try await conversations.consume(session.id, browser: thief, trace: trace)) == .unknown)
            try await conversations.cancel(scan.ticket, isReport: true, by: phone.actor, trace: trace).get()
            #expect(refusal(try await conversations.consume(session.id, browser: browser, trace: trace)) == .cancelled)
            let outcomes = try await server.rooms.database.rows(
                "SELECT outcome FROM audit WHERE event = 'qr.refused' ORDER BY seq"
            ).map { try $0.get("outcome", as: String.self) }
            #expect(
                outcomes == [
                    "unknown", "expired", "already_scanned", "unknown", "already_scanned", "used", "wrong_browser",
                    "cancelled",
                ]
            )
            let reported = try await server.rooms.database.row("SELECT 1 AS one FROM audit WHERE event = 'qr.reported'")
            #expect(reported != nil)
        }
    }

    @Test func `a picture after its life is a picture of nothing`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let browser = server.browser()
            let picture = try TestPicture(try await browser.get("/login"))
            let phone = try await TestPhone(server)
            try await server.advance(seconds: 121)
            let scan = try await phone.post("qr/scan", ["text": .string(picture.text)])
            #expect(scan.status == .gone)
            #expect(scan.json["code"]?.string == "qr.expired")
            #expect(scan.headers[.contentType] == "application/problem+json")
            let seen = try await browser.get("/login/qr/\(picture.id)/status?v=1")
            #expect(seen.json["state"]?.string == "expired")
        }
    }

    @Test func `learns nothing without the cookie, and polls no faster than allowed`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            let browser = server.browser()
            let picture = try TestPicture(try await browser.get("/login"))
            let stranger = try await server.get("/login/qr/\(picture.id)/status?v=1")
            let invented = DatedToken(day: Day(of: server.rooms.clock.now)).value.reveal()
            let unknown = try await server.get("/login/qr/\(invented)/status?v=1")
            #expect(stranger.status == .notFound)
            #expect(stranger.body == unknown.body)
            let first = try await browser.get("/login/qr/\(picture.id)/status")
            #expect(first.json["error"]?.string == "authorization_pending")
            let second = try await browser.get("/login/qr/\(picture.id)/status")
            #expect(second.status == .tooManyRequests)
            #expect(second.json["error"]?.string == "slow_down")
        }
    }

    @Test func `a browser that waits hears of a move by another process within a second`() async throws {
        try await TestServer.with(TestPhone.settings) { server in
            try await TestServer.with(TestPhone.settings, sharing: server.connectionString) { second in
                let listening = Task { try await server.rooms.watch.run() }
                defer { listening.cancel() }
                try await Task.sleep(for: .milliseconds(300))
                let browser = server.browser()
                let picture = try TestPicture(try await browser.get("/login"))
                let phone = try await TestPhone(second)
                async let waited = browser.get("/login/qr/\(picture.id)/status?v=1")
                try await Task.sleep(for: .milliseconds(300))
                let start = ContinuousClock.now
                _ = try await phone.post("qr/scan", ["text": .string(picture.text)])
                #expect(try await waited.json["state"]?.string == "scanned")
                #expect(ContinuousClock.now - start < .seconds(1))
            }
        }
    }

    @Test func `of any two moves raced over two processes one wins`() async throws {
        let rounds = Int(ProcessInfo.processInfo.environment["CITYGATE_QR_RACES"] ?? "") ?? 12
        try await TestServer.with(TestPhone.settings) { server in
            try await TestServer.with(TestPhone.settings, sharing: server.connectionString) { second in
                let one = server.rooms.conversations
                let two = second.rooms.conversations
                let phone = try await TestPhone(server)
                let other = try await TestPhone(server, persona: "lisi_2026")
                for round in 0..<rounds {
                    let race = QRRace(one: one, two: two, phone: phone.actor, other: other.actor)
                    try await race.scans()
                    try await race.confirmAndCancel()
                    try await race.confirms()
                    try await race.consumes()
                    try await race.consumeAndCancel(round)
                }
            }
        }
    }
}

/// Pairs of moves at once, each by another process.
private struct QRRace {
    let one: QRSessions
    let two: QRSessions
    let phone: QRSessions.Actor
    let other: QRSessions.Actor
    let browser = BrowserIdentity(presented: nil)
    let trace = TestPhone.trace

    private func won<Value>(_ result: Result<Value, QRSessionRefusal>) -> Int {
        if case .success = result { 1 } else { 0 }
    }

    private func scanned() async throws -> (id: String, ticket: String) {
        let session = try await one.begin(.init(), browser: browser, trace: trace)
        return (session.id, try await one.scan(one.text(of: session.id), by: phone, trace: trace).get().ticket)
    }

    private func state(_ id: String) async throws -> QRSessionState? { try await one.find(id, browser: browser)?.state }

    func scans() async throws {
        let session = try await one.begin(.init(), browser: browser, trace: trace)
        let text = one.text(of: session.id)
        async let first = one.scan(text, by: phone, trace: trace)
        async let second = two.scan(text, by: other, trace: trace)
        #expect(try await won(first) + won(second) == 1)
    }

    func confirms() async throws {
        let (id, ticket) = try await scanned()
        async let first = one.confirm(ticket, number: nil, by: phone, trace: trace)
        async let second = two.confirm(ticket, number: nil, by: phone, trace: trace)
        #expect(try await won(first) + won(second) == 1)
        #expect(try await state(id) == .confirmed)
    }

    func confirmAndCancel() async throws {
        let (id, ticket) = try await scanned()
        async let first = one.confirm(ticket, number: nil, by: phone, trace: trace)
        async let second = two.cancel(ticket, isReport: false, by: phone, trace: trace)
        // A cancel after the confirm is legal, a confirm after the cancel is not: it ends cancelled either way.
        _ = try await first
        #expect(won(try await second) == 1)
        #expect(try await state(id) == .cancelled)
    }

    func consumes() async throws {
        let (id, ticket) = try await scanned()
        try await one.confirm(ticket, number: nil, by: phone, trace: trace).get()
        async let first = one.consume(id, browser: browser, trace: trace)
        async let second = two.consume(id, browser: browser, trace: trace)
        #expect(try await won(first) + won(second) == 1)
    }

    func consumeAndCancel(_ round: Int) async throws {
        let (id, ticket) = try await scanned()
        try await one.confirm(ticket, number: nil, by: phone, trace: trace).get()
        async let first = one.consume(id, browser: browser, trace: trace)
        async let second = two.cancel(ticket, isReport: round % 2 == 0, by: phone, trace: trace)
        let consumed = won(try await first)
        #expect(won(try await second) + consumed == 1)
        #expect(try await state(id) == (consumed == 1 ? .consumed : .cancelled))
    }
}
