import Testing

@testable import Postgres

/// The server waits for a standby that does not exist; only sessions with `synchronous_commit=on` do.
@Suite(.timeLimit(.minutes(1))) struct `A synchronous standby that never answers` {
    /// Runs `work` in sessions that wait for the standby, ends that wait from outside by the function `how`, and hands back the error.
    private func error(
        endingBy how: String,
        _ work: @escaping @Sendable (Database) async throws -> Void,
        afterwards: @escaping @Sendable (Database) async throws -> Void = { _ in }
    ) async throws -> PostgresError? {
        let server = try await TestServer.equipped.value
        return try await withDatabase(at: server.socketURL) { other in
            try await other.execute("CREATE TABLE item (id int)")
            let schema = try await other.value("SELECT current_schema()", as: String.self)
            let name = unique("waiter")
            let place = "\(server.socketURL) application_name=\(name)"
            let database = patient(withOptions("-c search_path=\(schema) -c synchronous_commit=on", place))
            async let error = failure { try await work(database) }
            let ended = try await eventually(within: .seconds(10)) {
                let rows = try await other.write(
                    """
                    SELECT \(raw: how)(pid) FROM pg_stat_activity
                    WHERE application_name = \(name) AND wait_event = 'SyncRep'
                    """
                )
                return !rows.isEmpty
            }
            #expect(ended)
            let found = await error
            try await afterwards(database)
            #expect(await database.rests())
            await database.shutDown()
            return found
        }
    }

    @Test func `a cancelled wait puts an autocommit write in doubt, although the server reports success`() async throws
    {
        let error = try await error(endingBy: "pg_cancel_backend") {
            try await $0.execute("INSERT INTO item VALUES (1)")
        }
        #expect(error?.code == .inDoubt)
    }

    @Test func `a cancelled wait puts a commit in doubt, although the server reports success`() async throws {
        let error = try await error(endingBy: "pg_cancel_backend") { database in
            _ = try await database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
        } afterwards: { database in
            // The row is local, and that is all that can be said. The connection serves on.
            let count = try await database.value("SELECT count(*) FROM item", as: Int.self)
            #expect(count == 1)
        }
        #expect(error?.code == .inDoubt)
    }

    @Test func `a terminated wait puts a commit in doubt`() async throws {
        let error = try await error(endingBy: "pg_terminate_backend") { database in
            _ = try await database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
        }
        #expect(error?.code == .inDoubt)
    }

    @Test func `a commit that waits too long is given up by closing the socket, in doubt, and is never cancelled`()
        async throws
    {
        let server = try await TestServer.equipped.value
        try await withDatabase(at: server.socketURL) { other in
            try await other.execute("CREATE TABLE item (id int)")
            let schema = try await other.value("SELECT current_schema()", as: String.self)
            let name = unique("waiter")
            let place = "\(server.socketURL) application_name=\(name)"
            let database = patient(withOptions("-c search_path=\(schema) -c synchronous_commit=on", place)) {
                $0.statementLimit = .seconds(2)
            }
            let error = await failure {
                try await database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
            }
            #expect(error?.code == .inDoubt)
            // Still waiting over there: nobody sent a cancel.
            let waiting: SQL =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(name) AND wait_event = 'SyncRep'"
            #expect(try await other.write(waiting).count == 1)
            await database.shutDown()
        }
    }
}
