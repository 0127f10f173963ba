import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Access tokens` {
    private let inactive = #"{"active":false}"#

    @Test func `a token that was verified before is still asked about in the store`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            for _ in 0..<2 { #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .ok) }
            #expect(server.rooms.accessTokens.memory.count == 1)
            try await server.rooms.database.execute("UPDATE authorization_grant SET revoked_at = instant()")
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .unauthorized)
            #expect(try await server.introspect(tokens.access).body == inactive)
        }
    }

    @Test func `a remembered token expires as any other`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .ok)
            try await server.advance(seconds: 601)
            let answer = try await server.get("/oauth2/userinfo", bearer: tokens.access)
            #expect(answer.status == .unauthorized)
            #expect(answer.headers[.wwwAuthenticate]?.contains("expired") == true)
        }
    }

    @Test func `a remembered token goes with the key that signed it`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let all = server.rooms.accessTokens
            #expect(try await all.read(tokens.access).scope.contains("profile"))
            let without = AccessTokens(
                database: all.database,
                clock: all.clock,
                keyRing: KeyRing(keys: []),
                grants: all.grants,
                clients: all.clients,
                oneTime: all.oneTime,
                issuer: all.issuer,
                memory: all.memory
            )
            await #expect(throws: OAuthError.self) { try await without.read(tokens.access) }
        }
    }

    @Test func `an opaque token is a handle: stored as a hash, understood by userinfo and introspection`() async throws
    {
        try await TestServer.with { server in
            let request = TestRequest(clientID: "sandbox-opaque", scope: "openid phone")
            let tokens = try await server.tokens(request)
            #expect(DatedToken(presented: tokens.access) != nil)
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).json["phone_number"] != nil)
            let body = try await server.introspect(tokens.access, by: "sandbox-opaque").json
            #expect(body["active"]?.bool == true)
            #expect(body["scope"]?.string == "openid phone")
            let row = try #require(try await server.rooms.database.row("SELECT t::text AS text FROM access_token t"))
            #expect(try !row.get("text", as: String.self).contains(tokens.access))
            #expect(try await server.revoke(tokens.access, by: "sandbox-opaque").status == .ok)
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.access).status == .unauthorized)
        }
    }

    @Test func `a refresh token, a code and a cookie are no access tokens though they look alike`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            #expect(try await server.get("/oauth2/userinfo", bearer: tokens.refresh).status == .unauthorized)
            let code = try await server.code()
            #expect(try await server.get("/oauth2/userinfo", bearer: code).status == .unauthorized)
        }
    }

    @Test func `a disabled client's tokens are inactive`() async throws {
        try await TestServer.with { server in
            let token = try await server.serviceToken()
            #expect(try await server.introspect(token, by: "sandbox-resource-server").json["active"]?.bool == true)
            try await server.rooms.database.execute("UPDATE client SET state = 'disabled' WHERE id = 'sandbox-service'")
            server.rooms.clients.forgetAll()
            #expect(try await server.introspect(token, by: "sandbox-resource-server").body == inactive)
        }
    }

    @Test func `a service's token is revoked by its jti, for every process at once`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let tokens = [try await first.serviceToken(), try await first.serviceToken("sandbox-opaque")]
                for (token, owner) in zip(tokens, ["sandbox-service", "sandbox-opaque"]) {
                    #expect(
                        try await second.introspect(token, by: "sandbox-resource-server").json["active"]?.bool == true
                    )
                    #expect(try await first.revoke(token, by: "sandbox-basic").status == .ok)
                    #expect(
                        try await second.introspect(token, by: "sandbox-resource-server").json["active"]?.bool == true
                    )
                    for _ in 0..<2 { #expect(try await first.revoke(token, by: owner).status == .ok) }
                    #expect(try await second.introspect(token, by: "sandbox-resource-server").body == inactive)
                }
                #expect(try await first.count("SELECT count(*) FROM audit WHERE event = 'token.revoked'") == 2)
            }
        }
    }

    @Test func `a grant is revoked once and recorded once, with its account and its name`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let gid = try #require(try tokens.claims()["gid"]?.string)
            #expect(try await server.revoke(tokens.refresh).body.isEmpty)
            #expect(try await server.revoke(tokens.access).status == .ok)
            let recorded: SQL = """
                SELECT count(*) FROM audit
                WHERE event = 'token.revoked' AND object = \(gid) AND account_id IS NOT NULL AND client_id = 'sandbox-basic'
                """
            #expect(try await server.count(recorded) == 1)
        }
    }
}
