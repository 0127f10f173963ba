import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Refresh tokens` {
    @Test func `one is given with offline access only, and to clients registered for it (OIDC Core §11)`() async throws
    {
        try await TestServer.with { server in
            let offline = try await server.tokens()
            #expect(!offline.refresh.isEmpty)
            let plain = try await server.tokens(TestRequest(scope: "openid profile"))
            #expect(plain.refresh.isEmpty)
            #expect(try await server.count("SELECT count(*) FROM refresh_token") == 1)
        }
    }

    @Test func `a use gives a successor and an ID token of the same login without nonce (OIDC Core §12.2)`()
        async throws
    {
        try await TestServer.with { server in
            let first = try await server.tokens()
            try await server.advance(seconds: 300)
            let second = try TestTokens(await server.refresh(first.refresh))
            #expect(second.refresh != first.refresh)
            let (before, after) = (try first.claims("id_token"), try second.claims("id_token"))
            for name in ["iss", "sub", "aud", "auth_time", "acr", "sid"] { #expect(after[name] == before[name]) }
            #expect(before["nonce"]?.string == "n1")
            #expect(after["nonce"] == nil)
            #expect(try await server.get("/oauth2/userinfo", bearer: second.access).status == .ok)
        }
    }

    @Test func `a retry within the grace gets the same successor, and costs no row`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            let second = try TestTokens(await server.refresh(first.refresh))
            try await server.advance(seconds: 9)
            let again = try TestTokens(await server.refresh(first.refresh))
            #expect(again.refresh == second.refresh)
            #expect(again.access != second.access)
            #expect(try await server.count("SELECT count(*) FROM refresh_token") == 2)
        }
    }

    @Test func `a retry after the grace ends the family`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            let second = try TestTokens(await server.refresh(first.refresh))
            try await server.advance(seconds: 11)
            #expect(try await server.refresh(first.refresh).error == "invalid_grant")
            #expect(try await server.refresh(second.refresh).error == "invalid_grant")
            #expect(try await server.get("/oauth2/userinfo", bearer: second.access).status == .unauthorized)
            let replayed: SQL = """
                SELECT count(*) FROM audit a JOIN account p ON p.id = a.account_id
                WHERE event = 'refresh_token.replayed' AND outcome = 'revoked' AND client_id = 'sandbox-basic'
                """
            #expect(try await server.count(replayed) == 1)
        }
    }

    @Test func `a spent token whose successor was used ends the family even within the grace`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            let second = try TestTokens(await server.refresh(first.refresh))
            let third = try TestTokens(await server.refresh(second.refresh))
            #expect(try await server.refresh(first.refresh).error == "invalid_grant")
            #expect(try await server.refresh(third.refresh).error == "invalid_grant")
        }
    }

    @Test func `with a grace of nothing every return ends the family`() async throws {
        try await TestServer.with(["CITYGATE_LIFETIMES_REFRESH_GRACE": "0s"]) { server in
            let first = try await server.tokens()
            let second = try TestTokens(await server.refresh(first.refresh))
            #expect(try await server.refresh(first.refresh).error == "invalid_grant")
            #expect(try await server.refresh(second.refresh).error == "invalid_grant")
        }
    }

    @Test func `more than was granted is refused and leaves the token unspent (RFC 6749 §6)`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            #expect(try await server.refresh(first.refresh, [("scope", "openid phone")]).error == "invalid_scope")
            let resource = [("resource", "https://api.citygate.example/")]
            #expect(try await server.refresh(first.refresh, resource).error == "invalid_target")
            #expect(try await server.count("SELECT count(*) FROM refresh_token WHERE spent_at IS NOT NULL") == 0)
            let narrow = try TestTokens(await server.refresh(first.refresh, [("scope", "profile")]))
            #expect(narrow.answer.json["scope"]?.string == "profile")
            #expect(narrow.answer.json["id_token"] == nil)
            let whole = try TestTokens(await server.refresh(narrow.refresh))
            #expect(whole.answer.json["scope"]?.string == "openid profile offline_access")
        }
    }

    @Test func `another client gets nothing and ends nothing (RFC 6749 §10.4)`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            #expect(try await server.refresh(first.refresh, by: "sandbox-first-party").error == "invalid_grant")
            let second = try TestTokens(await server.refresh(first.refresh))
            try await server.advance(seconds: 60)
            #expect(try await server.refresh(first.refresh, by: "sandbox-first-party").error == "invalid_grant")
            #expect(try await server.refresh(second.refresh).status == .ok)
        }
    }

    @Test func `no rotation prolongs a family, and it is forgotten with its partition`() async throws {
        try await TestServer.with(["CITYGATE_LIFETIMES_REFRESH_TOKEN": "3d"]) { server in
            var held = try await server.tokens().refresh
            for _ in 0..<2 {
                try await server.advance(seconds: 86_400)
                held = try TestTokens(await server.refresh(held)).refresh
            }
            try await server.advance(seconds: 86_400)
            #expect(try await server.refresh(held).error == "invalid_grant")
            try await server.advance(seconds: 12 * 86_400)
            _ = try await server.rooms.partitions.drop(today: Day(of: server.rooms.clock.now))
            #expect(try await server.count("SELECT count(*) FROM refresh_token") == 0)
            #expect(try await server.count("SELECT count(*) FROM authorization_grant") == 0)
            #expect(try await server.refresh(held).error == "invalid_grant")
        }
    }

    @Test func `an account that is closed, or whose sessions all ended, refreshes nothing (trust.md T34)`() async throws
    {
        try await TestServer.with { server in
            for change in ["state = 'disabled'", "session_epoch = session_epoch + 1"] {
                let tokens = try await server.tokens()
                try await server.rooms.database.execute("UPDATE account SET \(raw: change)")
                #expect(try await server.refresh(tokens.refresh).error == "invalid_grant")
                #expect(try await server.introspect(tokens.refresh).body == #"{"active":false}"#)
                try await server.rooms.database.execute("UPDATE account SET state = 'active'")
            }
        }
    }

    @Test func `two servers race for one token: every hand gets the same successor`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                var held = try await first.tokens().refresh
                for _ in 0..<15 {
                    let token = held
                    let successors = try await withThrowingTaskGroup(of: String.self) { group in
                        for number in 0..<16 {
                            let server = number % 2 == 0 ? first : second
                            group.addTask { try TestTokens(await server.refresh(token)).refresh }
                        }
                        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                    }
                    #expect(successors.count == 1)
                    held = try #require(successors.first)
                }
                #expect(try await first.count("SELECT count(*) FROM refresh_token") == 16)
            }
        }
    }

    @Test func `a revocation and a refresh at once leave no living token`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                for _ in 0..<10 {
                    let tokens = try await first.tokens(
                        TestRequest(clientID: "sandbox-first-party", scope: "openid offline_access")
                    )
                    async let refreshed = first.refresh(tokens.refresh, by: "sandbox-first-party")
                    async let revoked = second.revoke(tokens.refresh, by: "sandbox-first-party")
                    #expect(try await revoked.status == .ok)
                    let answer = try await refreshed
                    guard answer.status == .ok else { continue }
                    let gained = try TestTokens(answer)
                    #expect(try await first.get("/oauth2/userinfo", bearer: gained.access).status == .unauthorized)
                    #expect(try await first.refresh(gained.refresh, by: "sandbox-first-party").error == "invalid_grant")
                }
            }
        }
    }

    @Test func `the store holds nothing that opens a successor without the token before it`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            let second = try TestTokens(await server.refresh(first.refresh))
            let row = try #require(
                try await server.rooms.database.row(
                    "SELECT hash, successor FROM refresh_token WHERE spent_at IS NOT NULL"
                )
            )
            let sealed = try row.get("successor", as: [UInt8].self)
            // 12 bytes of nonce, the 46 of a token, 16 of tag; a keyed hash that the bare one does not equal.
            #expect(sealed.count == 46 + AESGCM.overhead)
            let bare = try #require(DatedToken(presented: first.refresh)).hash(as: RefreshTokens.tokenType)
            #expect(try row.get("hash", as: [UInt8].self) != bare)
            #expect(!String(decoding: sealed, as: UTF8.self).contains(second.refresh))
        }
    }

    @Test func `a shorter life counts at once for families that began under a longer one`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            try await server.advance(seconds: 7200)
            let client = try #require(try await server.rooms.clients.find("sandbox-basic")?.client)
            var shortened = client
            shortened.metadata.refreshTokenLifetime = 3600
            #expect(try await server.rooms.refreshTokens.find(first.refresh, client: shortened) == nil)
            #expect(try await server.rooms.refreshTokens.find(first.refresh, client: client) != nil)
            let asked = try asking(first.refresh, client: client, server)
            let trace = Trace(requestID: "test", network: nil)
            await #expect(throws: OAuthError.self) {
                try await server.rooms.refreshTokens.rotate(asked, client: shortened, trace: trace)
            }
            #expect(try await server.refresh(first.refresh).status == .ok)
        }
    }

    private func asking(_ token: String, client: Client, _ server: TestServer) throws -> TokenRequest.Refresh {
        let form = try Parameters(query: "grant_type=refresh_token&refresh_token=\(token)")
        let capabilities = server.rooms.capabilities
        guard case .refreshToken(let asked) = try TokenRequest(form, client: client, capabilities: capabilities) else {
            throw TestFault("not a refresh")
        }
        return asked
    }

    @Test func `tokens outlive a new version of the installation's secret`() async throws {
        try await TestServer.with { server in
            let first = try await server.tokens()
            let client = try #require(try await server.rooms.clients.find("sandbox-basic")?.client)
            let old = server.rooms.refreshTokens
            let renewed = RefreshTokens(
                database: old.database,
                clock: old.clock,
                keys: [Secret(Random.bytes(32))] + old.keys,
                lifetime: old.lifetime,
                grace: old.grace
            )
            let trace = Trace(requestID: "test", network: nil)
            let asked = try asking(first.refresh, client: client, server)
            let rotation = try await renewed.rotate(asked, client: client, trace: trace)
            #expect(!rotation.isRetry)
            #expect(try await renewed.find(rotation.successor.reveal(), client: client) != nil)
            // A process that does not know the new secret yet does not know the new token.
            #expect(try await old.find(rotation.successor.reveal(), client: client) == nil)
        }
    }
}
