import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `The access of an account` {
    private let trace = Trace(requestID: "test", network: nil)

    private func person(_ server: TestServer, _ name: String = "zhangsan") async throws -> AccountID {
        try #require(try await server.rooms.accounts.find(AccountIdentifier(typed: name))).account.id
    }

    /// Every way a token of the answer may still be good at a server.
    private func life(_ tokens: TestTokens, at server: TestServer) async throws -> Set<String> {
        var alive: Set<String> = []
        if try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .ok { alive.insert("userinfo") }
        for (name, token) in [("access", tokens.access), ("refresh", tokens.refresh)] {
            if try await server.introspect(token).json["active"]?.bool == true { alive.insert(name) }
        }
        return alive
    }

    /// A login with another client, which posts its secret.
    private func otherTokens(_ server: TestServer) async throws -> TestTokens {
        let request = TestRequest(clientID: "sandbox-post", scope: "openid")
        let secret = try server.ready("sandbox-post").secret?.reveal() ?? ""
        let form = request.exchange(try await server.code(request))
        return try TestTokens(
            try await server.post("/oauth2/token", form + [("client_id", "sandbox-post"), ("client_secret", secret)])
        )
    }

    @Test
    func `all of it ends at once, at another process too: sessions, tokens of both forms, refresh; others' stays`()
        async throws
    {
        try await TestServer.with { server in
            try await TestServer.with(sharing: server.connectionString) { second in
                let account = try await person(server)
                let browser = server.browser()
                _ = try await browser.authorize(TestRequest(), server: server)
                let signed = try await server.tokens()
                let bystander = try await server.tokens(account: "lisi_2026")
                #expect(try await life(signed, at: second).count == 3)
                let ended = try await server.rooms.access.endAll(of: account, trace: trace)
                #expect(ended.sessions == 2 && ended.grants == 2)
                #expect(try await life(signed, at: server).isEmpty)
                #expect(try await life(signed, at: second).isEmpty)
                #expect(try await second.refresh(signed.refresh).error == "invalid_grant")
                #expect(try await second.rooms.sessions.find(browser.cookie("session")) == nil)
                #expect(try await life(bystander, at: second).count == 3)
                let records = try await server.count(
                    "SELECT count(*) FROM audit WHERE event = 'account.access_ended' AND account_id = \(account.uuid)"
                )
                #expect(records == 1)
            }
        }
    }

    @Test func `the session that is kept goes on with its tokens, and can end all others again`() async throws {
        try await TestServer.with { server in
            let account = try await person(server)
            let browser = server.browser()
            let request = TestRequest(scope: "openid offline_access")
            let code = try #require(try await browser.authorize(request, server: server).redirected("code"))
            let mine = try TestTokens(
                try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            )
            for _ in 0..<2 {
                let other = try await server.tokens()
                let session = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                _ = try await server.rooms.access.endAll(of: account, keeping: session.sid, trace: trace)
                #expect(try await life(other, at: server).isEmpty)
                #expect(try await life(mine, at: server).count == 3)
                #expect(try await browser.authorize(request, server: server).redirected("code") != nil)
            }
        }
    }

    @Test func `a code that waits to be redeemed is dead as well`() async throws {
        try await TestServer.with { server in
            let request = TestRequest()
            let code = try await server.code(request)
            _ = try await server.rooms.access.endAll(of: person(server), trace: trace)
            let answer = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
            #expect(answer.error == "invalid_grant")
        }
    }

    @Test func `relying parties of every session are told in the same transaction, and none when it fails`()
        async throws
    {
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                let party = try await ListeningParty(server, host, port: port)
                let account = try await person(server)
                for _ in 0..<3 { _ = try await server.browser().authorize(party.request, server: server) }
                struct Undo: Error {}
                do {
                    try await server.rooms.database.transaction { transaction in
                        _ = try await AccountAccess.endAll(of: account, keeping: nil, in: transaction, trace: trace)
                        throw Undo()
                    }
                } catch is Undo {}
                #expect(try await party.notices.isEmpty)
                #expect(try await server.rooms.sessions.list(account).count == 3)
                _ = try await server.rooms.access.endAll(of: account, trace: trace)
                #expect(try await party.notices.count == 3)
                #expect(try await server.rooms.sessions.list(account).isEmpty)
            }
        }
    }

    @Test func `a disabled account hears so at login and has nothing open; enabled, it logs in anew`() async throws {
        try await TestServer.with { server in
            let account = try await person(server)
            let tokens = try await server.tokens()
            #expect(try await server.rooms.access.disable(account, trace: trace)?.grants == 1)
            #expect(try await server.rooms.access.disable(account, trace: trace) == nil)
            #expect(try await life(tokens, at: server).isEmpty)
            let browser = server.browser()
            let refused = try await browser.logIn(on: browser.get("/login"), server: server)
            #expect(refused.status == .forbidden && refused.body.contains("该账号已停用"))
            #expect(try await server.rooms.access.enable(account, trace: trace))
            #expect(try await !server.rooms.access.enable(account, trace: trace))
            #expect(try await life(tokens, at: server).isEmpty)
            #expect(try await server.browser().authorize(TestRequest(), server: server).redirected("code") != nil)
        }
    }

    @Test func `one device thrown out takes its grants along; a plain logout leaves offline access`() async throws {
        try await TestServer.with { server in
            let account = try await person(server)
            let request = TestRequest(scope: "openid offline_access")
            for isThrownOut in [true, false] {
                let browser = server.browser()
                let code = try #require(try await browser.authorize(request, server: server).redirected("code"))
                let tokens = try TestTokens(
                    try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
                )
                let session = try #require(try await server.rooms.sessions.find(browser.cookie("session")))
                if isThrownOut {
                    #expect(try await server.rooms.access.endDevice(session.sid, of: account, trace: trace))
                    #expect(try await !server.rooms.access.endDevice(session.sid, of: account, trace: trace))
                } else {
                    try await server.rooms.sessions.end(session, trace: trace)
                }
                #expect(try await life(tokens, at: server).contains("refresh") == !isThrownOut)
            }
        }
    }

    @Test func `a consent withdrawn ends that relying party's tokens and no other's, and is asked for again`()
        async throws
    {
        try await TestServer.with { server in
            let account = try await person(server)
            let tokens = try await server.tokens()
            let other = try await otherTokens(server)
            #expect(try await server.rooms.access.withdraw("sandbox-basic", from: account, trace: trace))
            #expect(try await !server.rooms.access.withdraw("sandbox-basic", from: account, trace: trace))
            #expect(try await life(tokens, at: server).isEmpty)
            #expect(try await server.refresh(tokens.refresh).error == "invalid_grant")
            #expect(try await server.get("/oauth2/userinfo", bearer: other.access).status == .ok)
            let browser = server.browser()
            var page = try await browser.get(TestRequest().path)
            page = try await browser.logIn(on: page, server: server)
            #expect(page.body.contains("id=\"consent\""))
            let records = try await server.count(
                "SELECT count(*) FROM audit WHERE event = 'consent.withdrawn' AND client_id = 'sandbox-basic'"
            )
            #expect(records == 1)
        }
    }
}
