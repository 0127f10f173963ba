import Cryptography
import FoundationEssentials
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Sessions of a browser` {
    private let trace = Trace(requestID: "test", network: nil)

    private func person(_ server: TestServer, _ name: String = "zhangsan") async throws -> AccountID {
        try #require(try await server.rooms.accounts.find(AccountIdentifier(typed: name))).account.id
    }

    private func begin(_ server: TestServer, replacing: String? = nil) async throws -> (
        cookie: String, session: Session
    ) {
        let started = try await server.rooms.sessions.begin(
            person(server),
            methods: [.password],
            replacing: replacing,
            browser: "Test",
            trace: trace
        )
        let (cookie, session) = try #require(started)
        return (cookie.reveal(), session)
    }

    @Test func `a session is found by its cookie and by nothing else`() async throws {
        try await TestServer.with { server in
            let sessions = server.rooms.sessions
            let (cookie, session) = try await begin(server)
            #expect(try await sessions.find(cookie)?.sid == session.sid)
            #expect(session.authentication.methods == [.password])
            let other = DatedToken(expiry: server.rooms.clock.now).value.reveal()
            for wrong in [nil, "", session.sid, String(cookie.dropLast()), cookie + "A", other] {
                #expect(try await sessions.find(wrong) == nil)
            }
        }
    }

    @Test func `the store holds a hash of the cookie and not the cookie`() async throws {
        try await TestServer.with { server in
            let (cookie, _) = try await begin(server)
            let found = try await server.count(
                "SELECT count(*) FROM session s WHERE position(\(cookie) IN s::text) > 0"
            )
            #expect(found == 0)
        }
    }

    @Test func `a login ends the session whose place it takes`() async throws {
        try await TestServer.with { server in
            let first = try await begin(server)
            let second = try await begin(server, replacing: first.cookie)
            #expect(first.cookie != second.cookie)
            #expect(first.session.sid == second.session.sid, "for relying parties the person has not left")
            #expect(try await server.rooms.sessions.find(first.cookie) == nil)
            #expect(try await server.rooms.sessions.find(second.cookie) != nil)
        }
    }

    @Test func `an ended session stays ended, and its end is recorded once`() async throws {
        try await TestServer.with { server in
            let (cookie, session) = try await begin(server)
            let (neighbour, _) = try await begin(server)
            try await server.rooms.sessions.end(session, trace: trace)
            try await server.rooms.sessions.end(session, trace: trace)
            #expect(try await server.rooms.sessions.find(cookie) == nil)
            #expect(try await server.rooms.sessions.find(neighbour) != nil)
            let records = try await server.count(
                "SELECT count(*) FROM audit WHERE event = 'session.ended' AND object = \(session.sid)"
            )
            #expect(records == 1)
        }
    }

    @Test func `a session ends with its time`() async throws {
        try await TestServer.with(["CITYGATE_LIFETIMES_SESSION_ABSOLUTE": "1 h"]) { server in
            let (cookie, _) = try await begin(server)
            try await server.advance(seconds: 3590)
            #expect(try await server.rooms.sessions.find(cookie) != nil)
            try await server.advance(seconds: 20)
            #expect(try await server.rooms.sessions.find(cookie) == nil)
        }
    }

    @Test func `an account that is locked, or whose sessions were all ended, has none`() async throws {
        for change in ["state = 'locked'", "session_epoch = session_epoch + 1"] {
            try await TestServer.with { server in
                let (cookie, session) = try await begin(server)
                try await server.rooms.database.execute(
                    "UPDATE account SET \(raw: change) WHERE id = \(session.account.uuid)"
                )
                #expect(try await server.rooms.sessions.find(cookie) == nil, "\(change)")
            }
        }
    }

    @Test func `a locked account begins no session`() async throws {
        try await TestServer.with { server in
            let locked = try await person(server, "locked_user")
            let started = try await server.rooms.sessions.begin(
                locked,
                methods: [.password],
                replacing: nil,
                browser: nil,
                trace: trace
            )
            #expect(started == nil)
            let records = try await server.count("SELECT count(*) FROM audit WHERE event = 'session.started'")
            #expect(records == 0)
        }
    }

    @Test func `a login gives the browser another session than it brought`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let planted = try await begin(server).cookie
            browser.setCookie("session", planted)
            let page = try await browser.get(TestRequest(more: [("prompt", "login")]).path)
            _ = try await browser.logIn(on: page, server: server)
            #expect(browser.cookie("session") != planted)
            #expect(try await server.rooms.sessions.find(planted) == nil)
        }
    }
}
