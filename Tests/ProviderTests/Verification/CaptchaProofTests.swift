import Cryptography
import HTTPTypes
import Hummingbird
import Testing

@testable import Provider

@Suite struct `A calculation in place of a captcha's answer` {
    static let bits = ["CITYGATE_CAPTCHA_PROOF_BITS": "10"]

    static func browser() -> BrowserIdentity {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/login")
        return BrowserIdentity(Request(head: head, body: .init(buffer: .init())), jar: CookieJar(isSecure: false))
    }

    /// The first number whose hash for this captcha begins with a count of zero bits in `range`.
    static func number(for id: String, _ range: some RangeExpression<Int>) throws -> String {
        for number in 0..<1_000_000 {
            let hash = Digest.sha256(Array("citygate-pow|\(id)|\(number)".utf8))
            let word = hash.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if range.contains(word.leadingZeroBitCount) { return String(number) }
        }
        throw TestFault("no number in a million tries")
    }

    @Test func `counts as right once, with no digits at all`() async throws {
        try await TestServer.with(Self.bits) { server in
            let captchas = server.rooms.captchas
            let browser = Self.browser()
            let captcha = try await captchas.issue(.signIn, browser: browser)
            #expect(captcha.proofBits == 10)
            let proof = try Self.number(for: captcha.id, 10...)
            let first = try await captchas.check("", proof: proof, id: captcha.id, .signIn, browser: browser)
            let again = try await captchas.check("", proof: proof, id: captcha.id, .signIn, browser: browser)
            #expect(first == .right && again == .expired)
        }
    }

    @Test func `is worth nothing for another captcha, in another browser, or too late`() async throws {
        try await TestServer.with(Self.bits) { server in
            let captchas = server.rooms.captchas
            let browser = Self.browser()
            let captcha = try await captchas.issue(.signIn, browser: browser)
            let proof = try Self.number(for: captcha.id, 10...)
            var other = try await captchas.issue(.signIn, browser: browser)
            while CaptchaProof(proof)?.isWorth(10, of: other.id) == true {
                other = try await captchas.issue(.signIn, browser: browser)
            }
            #expect(try await captchas.check("", proof: proof, id: other.id, .signIn, browser: browser) == .wrong)
            let elsewhere = Self.browser()
            #expect(try await captchas.check("", proof: proof, id: captcha.id, .signIn, browser: elsewhere) == .expired)
            try await server.advance(seconds: 301)
            #expect(try await captchas.check("", proof: proof, id: captcha.id, .signIn, browser: browser) == .expired)
        }
    }

    @Test(arguments: ["x", "-1", "1 ", "１２", "12345678901234567"])
    func `is decimal digits, and what is none spends the captcha as a wrong answer does`(_ proof: String) async throws {
        #expect(CaptchaProof(proof) == nil)
        try await TestServer.with(Self.bits) { server in
            let captchas = server.rooms.captchas
            let browser = Self.browser()
            let captcha = try await captchas.issue(.signIn, browser: browser)
            let answer = try await captchas.answer(id: captcha.id) ?? ""
            #expect(try await captchas.check(answer, proof: proof, id: captcha.id, .signIn, browser: browser) == .wrong)
            #expect(try await captchas.check(answer, id: captcha.id, .signIn, browser: browser) == .expired)
        }
    }

    @Test func `has as many zero bits as the captcha was issued with, whatever is set since`() async throws {
        try await TestServer.with(Self.bits) { server in
            let browser = Self.browser()
            let captcha = try await server.rooms.captchas.issue(.signIn, browser: browser)
            let short = try Self.number(for: captcha.id, 8...9)
            let lenient = ["CITYGATE_CAPTCHA_PROOF_BITS": "8"]
            try await TestServer.with(lenient, sharing: server.connectionString) { second in
                let captchas = second.rooms.captchas
                let shown = try await captchas.challenge(id: captcha.id, .signIn)
                let outcome = try await captchas.check("", proof: short, id: captcha.id, .signIn, browser: browser)
                #expect(shown?.proofBits == 10 && outcome == .wrong)
            }
        }
    }

    @Test func `sent sixteen times at once to two servers wins once`() async throws {
        try await TestServer.with(Self.bits) { server in
            try await TestServer.with(Self.bits, sharing: server.connectionString) { second in
                let browser = Self.browser()
                let captcha = try await server.rooms.captchas.issue(.signIn, browser: browser)
                let proof = try Self.number(for: captcha.id, 10...)
                let outcomes = try await withThrowingTaskGroup(of: Captchas.Outcome.self) { group in
                    for turn in 0..<16 {
                        let captchas = (turn % 2 == 0 ? server : second).rooms.captchas
                        group.addTask {
                            try await captchas.check("", proof: proof, id: captcha.id, .signIn, browser: browser)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count { $0 == .right } == 1)
                #expect(outcomes.count { $0 == .expired } == 15)
            }
        }
    }

    @Test func `logs in without digits; a wrong one is a wrong captcha, none of either a missing one`() async throws {
        try await TestServer.with(Self.bits) { server in
            let browser = server.browser()
            let page = try await browser.get("/login")
            #expect(page.body.contains("data-bits=\"10\""))
            let none = try await browser.logIn(on: page, server: server, captcha: "")
            #expect(none.status == 422 && none.body.contains("id=\"captcha-err\""))
            let wrong = try await browser.logIn(on: page, server: server, captcha: "", more: [("pow", "none")])
            #expect(wrong.status == 422 && wrong.body.contains("图形验证码不正确"))
            let proof = try Self.number(for: try #require(wrong.hidden("captcha_id")), 10...)
            let kept = try await browser.logIn(
                on: wrong,
                server: server,
                password: "",
                captcha: "",
                more: [("pow", proof)]
            )
            #expect(kept.status == 422 && kept.hidden("pow") == proof, "the calculation outlives a forgotten password")
            let right = try await browser.logIn(on: kept, server: server, captcha: "", more: [("pow", proof)])
            #expect(right.status == 200 && !right.body.contains("id=\"password-login\""))
        }
    }
}
