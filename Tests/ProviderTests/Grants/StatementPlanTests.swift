import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

/// The statements that every call with a token runs: one partition, its primary key, one row.
@Suite struct `Plans of the hot statements` {
    /// The nodes of a plan that was carried out, as the server tells them.
    private struct Node {
        let type: String
        let relation: String?
        let index: String?
        let loops: Int
        let rows: Int
    }

    /// Runs a statement under EXPLAIN ANALYZE and rolls it back. Small tables are no reason to read them whole.
    private func plan(_ statement: SQL, on database: Database) async throws -> [Node] {
        var text = ""
        do {
            try await database.transaction { transaction in
                try await transaction.execute("SET LOCAL enable_seqscan = off")
                let row = try await transaction.row("EXPLAIN (ANALYZE, FORMAT JSON) \(sql: statement)")
                text = try #require(row).get(at: 0)
                throw Undo()
            }
        } catch is Undo {}
        let root = try #require(try JSON(parsing: Array(text.utf8)).array?.first?["Plan"])
        return nodes(of: root)
    }

    private struct Undo: Error {}

    private func nodes(of plan: JSON) -> [Node] {
        let own = Node(
            type: plan["Node Type"]?.string ?? "",
            relation: plan["Relation Name"]?.string,
            index: plan["Index Name"]?.string,
            loops: Int(plan["Actual Loops"]?.int ?? 0),
            rows: Int(plan["Actual Rows"]?.int ?? 0)
        )
        return [own] + (plan["Plans"]?.array ?? []).flatMap(nodes)
    }

    /// What was read of a table: partitions that were opened and not merely planned for.
    private func reads(_ table: String, in plan: [Node]) -> [Node] {
        plan.filter { $0.relation?.hasPrefix(table) == true && $0.type.hasSuffix("Scan") && $0.loops > 0 }
    }

    private func expectOneKeyLookup(_ table: String, in plan: [Node], key: String = "_pkey") {
        let reads = reads(table, in: plan)
        #expect(reads.count == 1, "\(table): \(reads.count) partitions were read")
        for read in reads {
            #expect(read.index?.hasSuffix(key) == true, "\(table) is read by \(read.type)")
            #expect(read.rows == 1 && read.loops == 1, "\(table): \(read.rows) rows in \(read.loops) loops")
        }
        #expect(!plan.contains { $0.type == "Seq Scan" })
    }

    @Test func `userinfo finds grant, account and key by their primary keys`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let id = try #require(try tokens.claims()["gid"]?.string.flatMap(GrantID.init(text:)))
            let plan = try await plan(Grants.finding(id), on: server.rooms.database)
            for table in ["authorization_grant", "account_key"] { expectOneKeyLookup(table, in: plan) }
            #expect(reads("account", in: plan).count == 2)
        }
    }

    @Test func `a client is found by its id, with its secrets by theirs`() async throws {
        try await TestServer.with { server in
            let plan = try await plan(ClientRegistry.finding("sandbox-basic"), on: server.rooms.database)
            for table in ["client_pkey", "client_secret_pkey"] {
                #expect(plan.contains { $0.index == table && $0.rows == 1 && $0.loops == 1 }, "\(table)")
            }
            #expect(!plan.contains { $0.type == "Seq Scan" })
        }
    }

    @Test func `a session is found by its cookie's hash in one partition`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            _ = try await browser.authorize(TestRequest(), server: server)
            let cookie = try #require(browser.cookie("session").flatMap(DatedToken.init(presented:)))
            let plan = try await plan(Sessions.finding(cookie), on: server.rooms.database)
            for table in ["session", "account"] { expectOneKeyLookup(table, in: plan) }
        }
    }

    @Test func `a code is redeemed by one key in one partition, its grant and account by theirs`() async throws {
        try await TestServer.with { server in
            let request = TestRequest(clientID: "sandbox-first-party")
            let code = try await server.code(request)
            let client = try #require(try await server.rooms.clients.find(request.clientID)?.client)
            let form = try Parameters(query: TestForm.encode(request.exchange(code)))
            guard
                case .authorizationCode(let asked) = try TokenRequest(
                    form,
                    client: client,
                    capabilities: server.rooms.capabilities
                )
            else { throw TestFault("not a code") }
            let presented = AuthorizationCodes.Presented(try #require(DatedToken(presented: code)), asked, client)
            let statement = server.rooms.codes.redemption(
                of: presented,
                client: client,
                first: nil,
                trace: .commandLine
            )
            let plan = try await plan(statement, on: server.rooms.database)
            for table in ["one_time", "authorization_grant", "account"] { expectOneKeyLookup(table, in: plan) }
        }
    }

    @Test func `introspection asks for the grant by its primary key`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let id = try #require(try tokens.claims()["gid"]?.string.flatMap(GrantID.init(text:)))
            let plan = try await plan(Grants.livingCheck(id), on: server.rooms.database)
            expectOneKeyLookup("authorization_grant", in: plan)
            expectOneKeyLookup("account", in: plan)
        }
    }

    @Test func `a service's token is looked up among the revoked by one key`() async throws {
        try await TestServer.with { server in
            let token = try await server.serviceToken()
            #expect(try await server.revoke(token, by: "sandbox-service").status == .ok)
            let claims = try await server.rooms.accessTokens.read(token)
            let check = OneTime.claimCheck(.revokedAccessToken, claims.id, until: claims.expiresAt)
            let plan = try await plan(check, on: server.rooms.database)
            expectOneKeyLookup("one_time", in: plan)
        }
    }

    @Test func `an opaque token is found by one key`() async throws {
        try await TestServer.with { server in
            let token = try await server.serviceToken("sandbox-opaque")
            let handle = try #require(DatedToken(presented: token))
            let plan = try await plan(AccessTokens.finding(handle), on: server.rooms.database)
            expectOneKeyLookup("access_token", in: plan)
        }
    }

    @Test func `a refresh reads one token, one grant and one account, each by its key`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let client = try #require(try await server.rooms.clients.find("sandbox-basic")?.client)
            let token = try #require(DatedToken(presented: tokens.refresh))
            let form = try Parameters(query: "grant_type=refresh_token&refresh_token=\(tokens.refresh)")
            let capabilities = server.rooms.capabilities
            guard case .refreshToken(let asked) = try TokenRequest(form, client: client, capabilities: capabilities)
            else { throw TestFault("not a refresh") }
            let statement = try server.rooms.refreshTokens.rotation(
                of: token,
                to: DatedToken(day: token.day),
                asked,
                client: client,
                trace: Trace(requestID: "test", network: nil)
            )
            let plan = try await plan(statement, on: server.rooms.database)
            for table in ["refresh_token", "authorization_grant", "account"] { expectOneKeyLookup(table, in: plan) }
        }
    }
}
