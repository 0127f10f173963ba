import FoundationEssentials
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Guessing passwords` {
    private let network = ClientNetwork(address: "192.0.2.7")
    private let typed = AccountIdentifier(typed: "zhangsan")
    private let trace = Trace(requestID: "test", network: nil)

    /// Tries a wrong password.
    /// - Returns: whether it was looked at.
    private func guesses(_ server: TestServer, from network: ClientNetwork? = nil) async throws -> Bool {
        let guessing = server.rooms.guessing
        guard case .admitted(let ticket) = try await guessing.admit(typed, network: network ?? self.network)
        else { return false }
        try await guessing.refused(ticket, account: nil, trace: trace)
        return true
    }

    @Test func `of many wrong tries at once at two servers exactly as many as the limit are looked at`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let servers = [first, second]
                let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<24 {
                        group.addTask { try await guesses(servers[number % 2]) }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(admitted == first.rooms.guessing.throttle.limit)
            }
        }
    }

    @Test func `right passwords at once are no guessing, however many`() async throws {
        try await TestServer.with { server in
            let guessing = server.rooms.guessing
            let (typed, network) = (typed, network)
            let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        guard case .admitted(let ticket) = try await guessing.admit(typed, network: network)
                        else { return false }
                        // As long as a password takes to hash.
                        try await Task.sleep(for: .milliseconds(30))
                        try await guessing.succeeded(ticket)
                        return true
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(admitted == 40)
        }
    }

    @Test func `tries that nobody ends make others wait, and pause nobody`() async throws {
        try await TestServer.with { server in
            let guessing = server.rooms.guessing
            for _ in 0..<guessing.throttle.limit { _ = try await guessing.admit(typed, network: network) }
            guard case .busy = try await guessing.admit(typed, network: network)
            else { throw TestFault("not told to come again") }
            // A server that died in the middle of them: their window ends.
            try await server.advance(seconds: Double(guessing.throttle.pause) + 1)
            #expect(try await guesses(server))
        }
    }

    @Test func `a right password starts the count anew`() async throws {
        try await TestServer.with { server in
            let guessing = server.rooms.guessing
            for _ in 0..<3 {
                for _ in 0..<(guessing.throttle.limit - 1) { #expect(try await guesses(server)) }
                guard case .admitted(let ticket) = try await guessing.admit(typed, network: network)
                else { throw TestFault("not admitted") }
                #expect(ticket.remaining == 0)
                try await guessing.succeeded(ticket)
            }
        }
    }

    @Test func `a pause holds for its time, for this network only, and ends`() async throws {
        try await TestServer.with { server in
            for _ in 0..<server.rooms.guessing.throttle.limit { #expect(try await guesses(server)) }
            #expect(try await !guesses(server))
            // The person at home is not locked out by a stranger elsewhere.
            #expect(try await guesses(server, from: ClientNetwork(address: "198.51.100.1")))
            try await server.advance(seconds: Double(server.rooms.guessing.throttle.pause) - 2)
            #expect(try await !guesses(server))
            try await server.advance(seconds: 3)
            #expect(try await guesses(server))
        }
    }

    @Test func `neither the count nor the pause ends at midnight, where a day's counters begin`() async throws {
        try await TestServer.with { server in
            let limit = server.rooms.guessing.throttle.limit
            let now = server.rooms.clock.now.timeIntervalSince1970
            func toMidnight(_ seconds: Double) -> Double {
                86_400 - seconds - now.truncatingRemainder(dividingBy: 86_400)
            }
            try await server.advance(seconds: toMidnight(120))
            for _ in 0..<(limit - 1) { #expect(try await guesses(server)) }
            try await server.advance(seconds: 240)
            // One under way: it is given back to the counter of either day.
            guard case .admitted(let ticket) = try await server.rooms.guessing.admit(typed, network: network)
            else { throw TestFault("not admitted") }
            #expect(ticket.remaining == 0)
            try await server.rooms.guessing.withdrawn(ticket)
            #expect(try await guesses(server))
            #expect(try await !guesses(server))
            #expect(try await server.count("SELECT count(DISTINCT day) FROM sign_in_throttle") == 2)
            // A pause that began before midnight.
            let other = ClientNetwork(address: "198.51.100.1")
            try await server.advance(seconds: 86_400 - 180)
            for _ in 0..<limit { #expect(try await guesses(server, from: other)) }
            try await server.advance(seconds: 120)
            #expect(try await !guesses(server, from: other))
            try await server.advance(seconds: Double(server.rooms.guessing.throttle.pause))
            #expect(try await guesses(server, from: other))
            // A right password ends what was carried over as well.
            let third = ClientNetwork(address: "203.0.113.1")
            try await server.advance(seconds: 86_400 - Double(server.rooms.guessing.throttle.pause) - 180)
            for _ in 0..<(limit - 1) { #expect(try await guesses(server, from: third)) }
            try await server.advance(seconds: 240)
            guard case .admitted(let right) = try await server.rooms.guessing.admit(typed, network: third)
            else { throw TestFault("not admitted") }
            try await server.rooms.guessing.succeeded(right)
            for _ in 0..<limit { #expect(try await guesses(server, from: third)) }
            #expect(try await !guesses(server, from: third))
        }
    }

    @Test func `one network that tries many accounts is paused as a whole`() async throws {
        try await TestServer.with(["CITYGATE_THROTTLE_ATTEMPTS_PER_ADDRESS": "10"]) { server in
            var admitted = 0
            for number in 0..<20 {
                let identifier = AccountIdentifier(typed: "nobody_\(number)")
                let guessing = server.rooms.guessing
                guard case .admitted(let ticket) = try await guessing.admit(identifier, network: network)
                else { continue }
                try await guessing.refused(ticket, account: nil, trace: trace)
                admitted += 1
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
