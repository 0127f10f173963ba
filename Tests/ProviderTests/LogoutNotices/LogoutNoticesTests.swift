import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

/// A relying party that listens for logout notices, at a server.
struct ListeningParty {
    let server: TestServer
    let host: TestHost
    let id: String

    /// Registers the party; `port` is where it listens.
    init(_ server: TestServer, _ host: TestHost, port: Int, id: String = "listener", _ more: [(String, JSON)] = [])
        async throws
    {
        self.server = server
        self.host = host
        self.id = id
        try await server.register(
            id,
            [
                ("grant_types", ["authorization_code", "refresh_token"]), ("response_types", ["code"]),
                ("scope", "openid profile offline_access"), ("redirect_uris", ["http://127.0.0.1:9999/callback"]),
                ("backchannel_logout_uri", .string("http://127.0.0.1:\(port)/backchannel")),
            ] + more
        )
    }

    var request: TestRequest { TestRequest(clientID: id) }

    /// Delivers in a process of its own while `body` runs.
    func delivering<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let delivery = server.rooms.logoutDelivery(TestServer.quietLogger)
        let task = Task { try await delivery.run() }
        defer { task.cancel() }
        return try await body()
    }

    /// Waits until the notices are as the condition says.
    func wait(_ condition: ([LogoutNotices.Entry]) -> Bool, seconds: Double = 20) async throws
        -> [LogoutNotices.Entry]
    {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let entries = try await notices
            if condition(entries) { return entries }
            guard ContinuousClock.now < end else { throw TestFault("still \(entries)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    var notices: [LogoutNotices.Entry] {
        get async throws { try await LogoutNotices(database: server.rooms.database).list(id, most: 100) }
    }

    /// The logout tokens that came.
    func tokens() throws -> [ParsedJWS] {
        try host.bodies.map { try JWS.parse(String($0.dropFirst("logout_token=".count))) }
    }
}

extension TestBrowser {
    /// 退出登录 on our own page.
    func logOut() async throws {
        let page = try await get("/account")
        let csrf = try #require(page.hidden("csrf"))
        _ = try await post("/logout", [("csrf", csrf)])
    }
}

@Suite struct `Logout notices` {
    private let trace = Trace(requestID: "test", network: nil)

    @Test func `each relying party of a session that ends is told once, by a token of its own algorithm`() async throws
    {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(
                    server,
                    host,
                    port: port,
                    [("id_token_signed_response_alg", "ES256")]
                )
                let browser = server.browser()
                for _ in 0..<2 { _ = try await browser.authorize(party.request, server: server) }
                _ = try await browser.authorize(TestRequest(), server: server)
                let session = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                try await party.delivering {
                    try await browser.logOut()
                    let entries = try await party.wait { $0.allSatisfy { $0.state == .delivered } && !$0.isEmpty }
                    #expect(entries.map(\.tries) == [1])
                }
                let all = try await server.count("SELECT count(*) FROM logout_notice")
                #expect(all == 1, "a client without an address is not told")
                let token = try #require(try party.tokens().first)
                #expect(host.bodies.count == 1)
                #expect(token.type == "logout+jwt" && token.algorithm == .ES256)
                #expect(server.rooms.keyRing.hasSigned(token))
                let claims = try #require(token.claims)
                #expect(claims["sid"]?.string == session.sid)
                #expect(claims["sub"]?.string == session.subject)
                #expect(claims["aud"]?.string == party.id)
            }
        }
    }

    @Test func `an expired session is no event, and neither is one that ended before`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                let session = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                let other = server.browser()
                _ = try await other.authorize(party.request, server: server)
                let ended = try #require(try await server.rooms.sessions.find(other.cookie("session")))
                try await server.rooms.sessions.end(ended, trace: trace)
                try await server.rooms.sessions.end(ended, trace: trace)
                #expect(try await party.notices.count == 1)
                try await server.advance(seconds: 13 * 3600)
                try await server.rooms.sessions.end(session, trace: trace)
                #expect(try await party.notices.count == 1)
            }
        }
    }

    @Test func `who logs in again keeps the session's name, and nobody is told; another person's login tells them`()
        async throws
    {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                let first = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                var again = party.request
                again.more = [("prompt", "login")]
                let page = try await browser.get(again.path)
                _ = try await browser.logIn(on: page, server: server)
                let second = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                #expect(second.sid == first.sid)
                #expect(second.authentication.time > first.authentication.time)
                #expect(try await party.notices.isEmpty)
                let third = try await browser.logIn(on: browser.get(again.path), server: server, account: "lisi_2026")
                #expect(third.status == .ok)
                let stranger = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                #expect(stranger.sid != first.sid)
                #expect(try await party.notices.count == 1)
            }
        }
    }

    @Test func `what fails is tried again later with a token of its own, and 200 ends it`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                host.answer(.init(status: .internalServerError))
                try await party.delivering {
                    try await browser.logOut()
                    var entries = try await party.wait { $0.first?.status == 500 }
                    #expect(entries.first?.state == .pending && entries.first?.tries == 1)
                    #expect(entries.first?.fault == "the answer is not 200")
                    let first = try #require(entries.first?.triedAt)
                    try await server.advance(seconds: 15)
                    entries = try await party.wait { $0.first.flatMap(\.triedAt).map { $0 > first } ?? false }
                    #expect(entries.first?.tries == 2)
                    host.answer(.init(status: .noContent))
                    try await server.advance(seconds: 60)
                    entries = try await party.wait { $0.first?.state == .delivered }
                    #expect(entries.first?.tries == 3 && entries.first?.fault == nil)
                    #expect(entries.first?.nextTryAt == nil)
                }
                let claims = try party.tokens().compactMap(\.claims)
                #expect(claims.count == 3)
                #expect(Set(claims.compactMap { $0["jti"]?.string }).count == 3)
                #expect(Set(claims.compactMap { $0["iat"]?.int }).count == 3)
            }
        }
    }

    @Test func `a client that refuses is not asked again, and one that never answers is given up after a day`()
        async throws
    {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                host.answer(.init(status: .badRequest))
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                try await party.delivering {
                    try await browser.logOut()
                    let entries = try await party.wait { $0.first?.state == .refused }
                    #expect(entries.first?.tries == 1 && entries.first?.status == 400)
                }
                let dead = try await ListeningParty(server, host, port: 1, id: "dead")
                _ = try await browser.authorize(dead.request, server: server)
                try await dead.delivering {
                    try await browser.logOut()
                    _ = try await dead.wait { $0.first?.fault == "the connection failed" }
                    try await server.advance(seconds: 86_390)
                    let entries = try await dead.wait { $0.first?.state == .abandoned }
                    #expect(entries.first?.tries == 2)
                }
            }
        }
    }

    @Test func `a client that is gone or changed its mind is left alone`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                try await browser.logOut()
                try await server.rooms.clients.disable(party.id, trace: trace)
                try await party.delivering { _ = try await party.wait { $0.first?.state == .abandoned } }
                #expect(host.count == 0)
            }
        }
    }

    @Test func `two processes take a notice once, and take over what a dead one had taken`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                for _ in 0..<8 {
                    let browser = server.browser()
                    _ = try await browser.authorize(party.request, server: server)
                    let session = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                    try await server.rooms.sessions.end(session, trace: trace)
                }
                let notices = LogoutNotices(database: server.rooms.database)
                let others = TestStore.open(server.connectionString)
                let second = LogoutNotices(database: others)
                let taken = try await race(16) { number in
                    try await (number.isMultiple(of: 2) ? notices : second).take(1, sparing: [])
                }.flatMap { $0 }
                #expect(taken.count == 8)
                #expect(Set(taken.map(\.id)).count == 8)
                #expect(try await second.take(8, sparing: []).isEmpty)
                // Nobody records anything: that process is dead.
                try await server.advance(seconds: LogoutNotices.lease + 1)
                #expect(try await second.take(8, sparing: [party.id]).isEmpty)
                let again = try await second.take(8, sparing: [])
                #expect(again.count == 8 && again.allSatisfy { $0.tries == 2 })
                // It was not: what it says now counts no more.
                let late = try #require(taken.first)
                try await notices.record(.init(state: .refused, status: 400), of: late)
                #expect(try await party.notices.allSatisfy { $0.state == .pending })
                let sure = try #require(again.first)
                try await second.record(.init(state: .delivered, status: 200), of: sure)
                #expect(try await party.notices.count { $0.state == .delivered } == 1)
                await others.shutDown()
            }
        }
    }

    @Test func `a relying party that hangs delays no other`() async throws {
        try await TestHost.with { slow, slowPort in
            slow.answer(.init(body: Array("waiting".utf8), delay: .seconds(30)))
            try await TestHost.with { host, port in
                try await TestServer.with { server in
                    let hanging = try await ListeningParty(server, slow, port: slowPort, id: "slow")
                    let party = try await ListeningParty(server, host, port: port)
                    for _ in 0..<6 {
                        let browser = server.browser()
                        _ = try await browser.authorize(hanging.request, server: server)
                        try await browser.logOut()
                    }
                    let browser = server.browser()
                    _ = try await browser.authorize(party.request, server: server)
                    let start = ContinuousClock.now
                    try await party.delivering {
                        try await browser.logOut()
                        _ = try await party.wait { $0.first?.state == .delivered }
                    }
                    #expect(ContinuousClock.now - start < .seconds(4))
                }
            }
        }
    }

    @Test func `the notices' table forgets`() async throws {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let browser = server.browser()
                _ = try await browser.authorize(party.request, server: server)
                try await browser.logOut()
                #expect(try await party.notices.count == 1)
                try await server.advance(seconds: 16 * 86_400)
                _ = try await server.rooms.partitions.drop(today: Day(of: server.rooms.clock.now))
                #expect(try await party.notices.isEmpty)
            }
        }
    }

    @Test func `pauses double from ten seconds to an hour`() {
        for (tries, seconds) in [(1, 10.0), (2, 20), (3, 40), (9, 2560), (10, 3600), (40, 3600)] {
            let pause = LogoutDelivery.pause(after: tries)
            #expect((0.8 * seconds)...(1.2 * seconds) ~= pause, "\(tries): \(pause)")
        }
    }
}
