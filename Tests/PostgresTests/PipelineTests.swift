import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct `Shared pipelines` {
    @Test func `the failure of one caller never reaches another on the same connection`() async throws {
        try await withDatabase(configure: { $0.readConnections = 1 }) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<600 {
                    group.addTask {
                        switch number % 4 {
                        case 0:
                            let error = await failure { _ = try await database.rows("SELECT 1 / \(0)::int, \(number)") }
                            #expect(error?.code == .server(SQLState(rawValue: "22012")))
                        case 1:
                            let error = await failure {
                                _ = try await database.rows("SELECT \(number) FROM no_such_table")
                            }
                            #expect(error?.code == .server(.undefinedTable))
                        default:
                            let next = try await database.value("SELECT \(number) + 1", as: Int.self)
                            #expect(next == number + 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(database.metrics.reads.open == 1)
            #expect(await database.rests())
        }
    }

    @Test func `64 tasks get their own answers, 100 each`() async throws {
        try await withDatabase { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        for turn in 0..<100 {
                            let row = try #require(
                                try await database.row(
                                    "SELECT \(task)::int AS task, \(turn)::int AS turn, \("x\(task)")::text AS t"
                                )
                            )
                            #expect(try row.get("task", as: Int.self) == task)
                            #expect(try row.get("turn", as: Int.self) == turn)
                            #expect(try row.get("t", as: String.self) == "x\(task)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect((1...4).contains(database.metrics.reads.open))
        }
    }

    @Test func `large answers and large values pass through small sockets`() async throws {
        try await withDatabase(configure: { $0.readConnections = 2 }) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for size in [1, 70_000, 3_000_000, 100, 5_000_000, 2] {
                    group.addTask {
                        let text = String(repeating: "y", count: size)
                        let back = try await database.value("SELECT \(text)::text", as: String.self)
                        #expect(back == text)
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await database.rows("SELECT n, repeat('z', 50) AS t FROM generate_series(1, 20000) n")
            #expect(rows.count == 20_000)
            #expect(try rows.last?.get("n", as: Int.self) == 20_000)
        }
    }

    @Test func `a connection keeps a bounded number of prepared statements`() async throws {
        try await withDatabase(configure: {
            $0.readConnections = 1
            $0.statementsPerConnection = 10
        }) { database in
            for turn in 0..<3 {
                for number in 0..<40 {
                    #expect(
                        try await database.value("SELECT \(number) + \(raw: "\(number)")", as: Int.self) == 2 * number
                    )
                }
                let kept = try await database.value("SELECT count(*) FROM pg_prepared_statements", as: Int.self)
                #expect(kept <= 11, "turn \(turn)")
            }
        }
    }

    @Test func `the same text with other types is another statement`() async throws {
        try await withDatabase(configure: { $0.readConnections = 1 }) { (database) async throws in
            func type(_ value: some PostgresEncodable) async throws -> String {
                try await database.value("SELECT pg_typeof(\(value))::text")
            }
            for _ in 0..<2 {
                #expect(try await type(1) == "bigint")
                #expect(try await type(true) == "boolean")
                #expect(try await type([UInt8(1)]) == "bytea")
                #expect(try await type(nil as Double?) == "double precision")
            }
        }
    }

    @Test func `a plan that a change of the schema made stale is prepared again`() async throws {
        try await withDatabase(configure: { $0.readConnections = 1 }) { database in
            try await database.execute("CREATE TABLE grows (a int)")
            try await database.execute("INSERT INTO grows VALUES (1)")
            #expect(try await database.row("SELECT * FROM grows")?.columns == ["a"])
            _ = try await database.write("UPDATE grows SET a = a RETURNING *")
            try await database.execute("ALTER TABLE grows ADD COLUMN b text DEFAULT 'new'")
            #expect(try await database.row("SELECT * FROM grows")?.columns == ["a", "b"])
            #expect(try await database.write("UPDATE grows SET a = a RETURNING *").first?.columns == ["a", "b"])
        }
    }

    @Test func `a statement the server forgot is prepared again`() async throws {
        try await withDatabase(configure: { $0.readConnections = 1 }) { database in
            #expect(try await database.value("SELECT 1 + \(1)", as: Int.self) == 2)
            _ = try await database.rows("DEALLOCATE ALL")
            #expect(try await database.value("SELECT 1 + \(1)", as: Int.self) == 2)
        }
    }

    @Test func `the read lane writes nothing`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE empty (a int)")
            let error = await failure { _ = try await database.rows("INSERT INTO empty VALUES (1) RETURNING a") }
            #expect(error?.code == .server(.readOnlyTransaction))
            #expect(try await database.value("SELECT count(*) FROM empty", as: Int.self) == 0)
        }
    }

    @Test func `several statements in one and COPY are refused, and the database goes on`() async throws {
        try await withDatabase { (database) async throws in
            #expect(await failure { _ = try await database.rows("SELECT 1; SELECT 2") }?.code == .server(.syntaxError))
            #expect(await failure { _ = try await database.write("COPY (SELECT 1) TO STDOUT") } != nil)
            #expect(await failure { _ = try await database.rows("COPY (SELECT 1) TO STDOUT") } != nil)
            #expect(try await database.value("SELECT 3", as: Int.self) == 3)
            #expect(try await database.write("SELECT 4 AS v").first?.get("v", as: Int.self) == 4)
            #expect(try await database.rows("").isEmpty)
        }
    }

    @Test func `a write is acknowledged only after its commit, so a deferred constraint fails it`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE once (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            #expect(try await database.execute("INSERT INTO once VALUES (1)") == 1)
            let error = await failure { try await database.execute("INSERT INTO once VALUES (1)") }
            #expect(error?.isUniqueViolation == true)
            #expect(try await database.value("SELECT count(*) FROM once", as: Int.self) == 1)
        }
    }

    @Test func `sessions are set as the module promises`() async throws {
        try await withDatabase(configure: { $0.lockLimit = .milliseconds(1234) }) { database in
            for (name, value) in [
                ("TimeZone", "UTC"), ("client_encoding", "UTF8"), ("lock_timeout", "1234ms"),
                ("idle_in_transaction_session_timeout", "10s"), ("application_name", "citygate read"),
                ("statement_timeout", "9s"), ("transaction_read_only", "on"),
            ] {
                #expect(try await database.value("SELECT current_setting(\(name))", as: String.self) == value)
            }
            let write = try await database.write("SELECT current_setting('transaction_read_only') AS v")
            #expect(try write.first?.get("v", as: String.self) == "off")
        }
    }
}
