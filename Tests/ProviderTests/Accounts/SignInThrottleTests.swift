import FoundationEssentials
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Guessing passwords` {
    private let network = ClientNetwork(address: "192.0.2.7")
    private let typed = AccountIdentifier(typed: "zhangsan")
    private let trace = Trace(requestID: "test", network: nil)

    private func admits(_ server: TestServer, from network: ClientNetwork? = nil) async throws -> Bool {
        let verdict = try await server.rooms.guessing.admit(typed, network: network ?? self.network)
        if case .admitted = verdict { return true }
        return false
    }

    @Test func `of many tries at once at two servers exactly as many as the limit are admitted`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let guards = [first.rooms.guessing, second.rooms.guessing]
                let (typed, network) = (typed, network)
                let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<24 {
                        group.addTask {
                            let verdict = try await guards[number % 2].admit(typed, network: network)
                            if case .admitted = verdict { return true }
                            return false
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(admitted == first.rooms.guessing.throttle.limit)
            }
        }
    }

    @Test func `a right password starts the count anew`() async throws {
        try await TestServer.with { server in
            let guessing = server.rooms.guessing
            for _ in 0..<3 {
                for _ in 0..<(guessing.throttle.limit - 1) { #expect(try await admits(server)) }
                guard case .admitted(let ticket) = try await guessing.admit(typed, network: network)
                else { throw TestFault("not admitted") }
                #expect(ticket.remaining == 0)
                try await guessing.succeeded(ticket)
            }
        }
    }

    @Test func `a pause holds for its time, for this network only, and ends`() async throws {
        try await TestServer.with { server in
            for _ in 0..<server.rooms.guessing.throttle.limit { #expect(try await admits(server)) }
            #expect(try await !admits(server))
            // The person at home is not locked out by a stranger elsewhere.
            #expect(try await admits(server, from: ClientNetwork(address: "198.51.100.1")))
            try await server.advance(seconds: Double(server.rooms.guessing.throttle.pause) - 2)
            #expect(try await !admits(server))
            try await server.advance(seconds: 3)
            #expect(try await admits(server))
        }
    }

    @Test func `one network that tries many accounts is paused as a whole`() async throws {
        try await TestServer.with(["CITYGATE_THROTTLE_ATTEMPTS_PER_ADDRESS": "10"]) { server in
            var admitted = 0
            for number in 0..<20 {
                let identifier = AccountIdentifier(typed: "nobody_\(number)")
                let verdict = try await server.rooms.guessing.admit(identifier, network: network)
                if case .admitted = verdict { admitted += 1 }
            }
            #expect(admitted == 10)
        }
    }

    @Test func `the page pauses after the limit, tells how many tries remain, and takes no right password then`()
        async throws
    {
        try await TestServer.with { server in
            let browser = server.browser()
            var page = try await browser.get("/login")
            for _ in 0..<5 { page = try await browser.logIn(on: page, server: server, password: "Wrong-2026") }
            page = try await browser.logIn(on: page, server: server)
            #expect(page.body.contains("id=\"password-login\""))
            #expect(browser.cookie("session") == nil)
            let refused = try await server.count("SELECT count(*) FROM audit WHERE event = 'session.refused'")
            #expect(refused == 5)
        }
    }

    @Test func `an account that exists and one that does not are answered alike`() async throws {
        try await TestServer.with { server in
            var bodies: [String] = []
            for account in ["zhangsan", "zhangsam"] {
                let browser = server.browser()
                let page = try await browser.get("/login")
                let answer = try await browser.logIn(
                    on: page,
                    server: server,
                    account: account,
                    password: "Wrong-2026"
                )
                let text = try #require(answer.body.firstRange(of: "<h1").map { answer.body[$0.lowerBound...] })
                bodies.append(
                    String(text).replacing(account, with: "").replacing(
                        try #require(answer.hidden("captcha_id")),
                        with: ""
                    )
                    .replacing(try #require(answer.hidden("csrf")), with: "")
                )
            }
            #expect(bodies[0] == bodies[1])
        }
    }
}
