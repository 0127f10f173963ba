import Postgres
import Testing

@testable import Provider

@Suite struct `Graphic captchas` {
    @Test func `one picture answered 64 times at once at two servers opens one door`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let browser = BrowserIdentity(presented: nil)
                let id = try await first.rooms.captchas.issue(.signIn, browser: browser).id
                let answer = try #require(try await first.rooms.captchas.answer(id: id))
                let doors = [first.rooms.captchas, second.rooms.captchas]
                let outcomes = try await withThrowingTaskGroup(of: Captchas.Outcome.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            try await doors[number % 2].check(answer, id: id, .signIn, browser: browser)
                        }
                    }
                    return try await group.reduce(into: [Captchas.Outcome]()) { $0.append($1) }
                }
                #expect(outcomes.filter { $0 == .right }.count == 1)
                #expect(outcomes.filter { $0 == .expired }.count == 63)
            }
        }
    }

    @Test func `a wrong answer spends the picture as well`() async throws {
        try await TestServer.with { server in
            let captchas = server.rooms.captchas
            let browser = BrowserIdentity(presented: nil)
            let id = try await captchas.issue(.signIn, browser: browser).id
            let answer = try #require(try await captchas.answer(id: id))
            #expect(try await captchas.check("00000", id: id, .signIn, browser: browser) == .wrong)
            #expect(try await captchas.check(answer, id: id, .signIn, browser: browser) == .expired)
            #expect(try await captchas.answer(id: id) == nil)
        }
    }

    @Test func `another browser cannot spend it, full-width digits count, and time ends it`() async throws {
        try await TestServer.with { server in
            let captchas = server.rooms.captchas
            let (own, foreign) = (BrowserIdentity(presented: nil), BrowserIdentity(presented: nil))
            let id = try await captchas.issue(.signIn, browser: own).id
            let answer = try #require(try await captchas.answer(id: id))
            #expect(try await captchas.check(answer, id: id, .signIn, browser: foreign) == .expired)
            var wide = String.UnicodeScalarView()
            for scalar in answer.unicodeScalars {
                try wide.append(#require(Unicode.Scalar(scalar.value - 0x30 + 0xFF10)))
            }
            #expect(try await captchas.check(" \(String(wide)) ", id: id, .signIn, browser: own) == .right)
            let late = try await captchas.issue(.signIn, browser: own).id
            let lateAnswer = try #require(try await captchas.answer(id: late))
            try await server.advance(seconds: Double(captchas.lifetime) + 1)
            #expect(try await captchas.check(lateAnswer, id: late, .signIn, browser: own) == .expired)
        }
    }

    @Test func `the answer stands neither in the store nor in the page`() async throws {
        try await TestServer.with(["CITYGATE_SANDBOX_CAPTCHA_ANSWER": "7351"]) { server in
            let page = try await server.browser().get("/login")
            #expect(page.hidden("captcha_id") != nil && !page.body.contains("7351"))
            let found = try await server.count("SELECT count(*) FROM one_time WHERE payload::text LIKE '%7351%'")
            #expect(found == 0)
        }
    }
}
