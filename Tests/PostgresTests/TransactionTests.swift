import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct Transactions {
    private func table(_ database: Database) async throws {
        try await database.execute("CREATE TABLE item (id int PRIMARY KEY, state text NOT NULL DEFAULT 'new')")
    }

    private func count(_ database: Database) async throws -> Int {
        try await database.value("SELECT count(*) FROM item")
    }

    @Test func `what the closure did is there when it returns`() async throws {
        try await withDatabase { database in
            try await table(database)
            let seen = try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO item VALUES (1), (2)")
                return try await transaction.row("SELECT count(*) AS n FROM item")?.get("n", as: Int.self)
            }
            #expect(seen == 2)
            #expect(try await count(database) == 2)
            #expect(await database.rests())
        }
    }

    @Test func `a thrown error rolls back, comes out as it is, and the connection serves on`() async throws {
        struct Refused: Error {}
        try await withDatabase(configure: { $0.writeConnections = 1 }) { database in
            try await table(database)
            await #expect(throws: Refused.self) {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item VALUES (1)")
                    throw Refused()
                }
            }
            #expect(try await count(database) == 0)
            try await database.execute("INSERT INTO item VALUES (1)")
            #expect(try await count(database) == 1)
        }
    }

    @Test func `a body without statements touches no connection`() async throws {
        try await withDatabase { (database) async throws in
            #expect(try await database.transaction { _ in 7 } == 7)
        }
    }

    @Test func `a server error makes the rest fail, and a swallowed one cannot be committed`() async throws {
        try await withDatabase { database in
            try await table(database)
            let error = await failure {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item VALUES (1)")
                    let first = await failure { try await transaction.execute("INSERT INTO item VALUES (1)") }
                    #expect(first?.isUniqueViolation == true)
                    let second = await failure { _ = try await transaction.rows("SELECT 1") }
                    #expect(second?.code == .server(.inFailedTransaction))
                }
            }
            #expect(error?.code == .aborted)
            #expect(try await count(database) == 0)
        }
    }

    @Test func `a constraint checked at COMMIT is an error of the transaction`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE once (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await failure {
                try await database.transaction { try await $0.execute("INSERT INTO once VALUES (1), (1)") }
            }
            #expect(error?.isUniqueViolation == true)
            #expect(await database.rests())
        }
    }

    @Test func `used after its end it is refused`() async throws {
        try await withDatabase { database in
            let escaped = try await database.transaction { transaction in
                _ = try await transaction.rows("SELECT 1")
                return transaction
            }
            #expect(await failure { _ = try await escaped.rows("SELECT 1") }?.code == .misuse)
        }
    }

    @Test func `statements of child tasks run in order on one connection`() async throws {
        try await withDatabase { database in
            try await table(database)
            let backends = try await database.transaction { transaction in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            let sql: SQL = "INSERT INTO item VALUES (\(number)) RETURNING pg_backend_pid() AS pid"
                            return try await transaction.row(sql)?.get("pid", as: Int.self) ?? 0
                        }
                    }
                    return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                }
            }
            #expect(backends.count == 1)
            #expect(try await count(database) == 40)
        }
    }

    @Test func `isolation is what was asked for`() async throws {
        try await withDatabase { database in
            for (level, name) in [
                (IsolationLevel.readCommitted, "read committed"), (.repeatableRead, "repeatable read"),
                (.serializable, "serializable"),
            ] {
                let found = try await database.transaction(level) { transaction in
                    try await transaction.row("SELECT current_setting('transaction_isolation') AS v")?.get(
                        "v",
                        as: String.self
                    )
                }
                #expect(found == name)
            }
        }
    }

    @Test func `of two racing for one row with a conditional update exactly one wins, 200 times`() async throws {
        try await withDatabase { database in
            try await table(database)
            try await database.execute("INSERT INTO item SELECT generate_series(1, 200)")
            for id in 1...200 {
                let winners = try await withThrowingTaskGroup(of: Int.self) { group in
                    for racer in 0..<2 {
                        group.addTask {
                            let spend: SQL = "UPDATE item SET state = 'spent' WHERE id = \(id) AND state = 'new'"
                            if racer == 0 { return try await database.execute(spend) }
                            return try await database.transaction { try await $0.execute(spend) }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(winners == 1)
            }
        }
    }

    @Test func `a lock waited for too long is an error that may be retried`() async throws {
        try await withDatabase(configure: { $0.lockLimit = .milliseconds(50) }) { database in
            try await table(database)
            try await database.execute("INSERT INTO item VALUES (1)")
            try await database.transaction { transaction in
                try await transaction.execute("UPDATE item SET state = 'a' WHERE id = 1")
                let error = await failure { try await database.execute("UPDATE item SET state = 'b' WHERE id = 1") }
                #expect(error?.code == .server(.lockNotAvailable))
                #expect(error?.isRetryable == true)
            }
        }
    }

    @Test func `a conflict of serializable transactions is one that may be retried`() async throws {
        try await withDatabase { database in
            try await table(database)
            let error = await failure {
                try await database.transaction(.repeatableRead) { transaction in
                    _ = try await transaction.rows("SELECT * FROM item")
                    try await database.execute("INSERT INTO item VALUES (1)")
                    try await database.execute("UPDATE item SET state = 'x'")
                    try await transaction.execute("UPDATE item SET state = 'y'")
                    try await transaction.execute(
                        "INSERT INTO item VALUES (1) ON CONFLICT (id) DO UPDATE SET state = 'z'"
                    )
                }
            }
            #expect(error?.code == .server(.serializationFailure))
            #expect(error?.isRetryable == true)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Waiting for a connection` {
    private func occupied(
        queue: Int,
        wait: Duration,
        _ body: @escaping @Sendable (Database) async throws -> Void
    ) async throws {
        try await withDatabase(configure: {
            $0.writeConnections = 1
            $0.queueLimit = queue
            $0.waitLimit = wait
        }) { database in
            #expect(await eventually(within: .seconds(20)) { database.isReachable })
            try await database.transaction { transaction in
                _ = try await transaction.rows("SELECT 1")
                try await body(database)
            }
        }
    }

    @Test func `ends with an error at the deadline`() async throws {
        try await occupied(queue: 10, wait: .milliseconds(80)) { database in
            let start = ContinuousClock.now
            let error = await failure { try await database.execute("SELECT 1") }
            #expect(error?.code == .deadline)
            #expect(ContinuousClock.now - start >= .milliseconds(80))
            #expect(
                await failure { try await database.transaction { try await $0.execute("SELECT 1") } }?.code == .deadline
            )
            let expected = DatabaseMetrics.Lane(open: 1, opening: 0, inUse: 1, waiting: 0)
            #expect(await eventually(within: .seconds(5)) { database.metrics.writes == expected })
        }
    }

    @Test func `is refused at once when the queue is full`() async throws {
        try await occupied(queue: 0, wait: .seconds(20)) { database in
            #expect(await failure { try await database.execute("SELECT 1") }?.code == .queueFull)
            #expect(
                await failure { try await database.transaction { try await $0.execute("SELECT 1") } }?.code
                    == .queueFull
            )
        }
    }

    @Test func `can be cancelled, and nothing was sent`() async throws {
        try await occupied(queue: 10, wait: .seconds(20)) { database in
            let write = Task { await failure { try await database.execute("SELECT 1") } }
            let transaction = Task {
                await failure { try await database.transaction { try await $0.execute("SELECT 1") } }
            }
            #expect(await eventually(within: .seconds(5)) { database.metrics.writes.waiting == 2 })
            write.cancel()
            transaction.cancel()
            #expect(await write.value?.code == .cancelled)
            #expect(await transaction.value?.code == .cancelled)
            #expect(await eventually(within: .seconds(5)) { database.metrics.writes.waiting == 0 })
        }
    }

    @Test func `does not stop reads, which have their own lane`() async throws {
        try await occupied(queue: 0, wait: .seconds(1)) { database in
            let answer = try await database.value("SELECT 9", as: Int.self)
            #expect(answer == 9)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct Cancellation {
    /// Holds a lock on the table while `body` runs, so that what it started stays under way.
    private func holdingLock(
        _ database: Database,
        mode: String = "EXCLUSIVE",
        _ body: () async throws -> Void
    ) async throws {
        try await database.execute("CREATE TABLE IF NOT EXISTS item (id int)")
        try await database.transaction { transaction in
            try await transaction.execute("LOCK TABLE item IN \(raw: mode) MODE")
            try await body()
        }
    }

    /// Waits until a session of this database waits for the lock.
    private func blocked(_ database: Database) async throws {
        let schema = try await database.value("SELECT current_schema()", as: String.self)
        let sql: SQL = """
            SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = \("\(schema).item")::regclass
            """
        let isBlocked = try await eventually(within: .seconds(10)) { try await database.value(sql, as: Int.self) == 1 }
        #expect(isBlocked)
    }

    @Test func `a cancelled transaction leaves at once, is rolled back, and its connection comes back`() async throws {
        try await withDatabase(configure: { $0.lockLimit = .zero }) { database in
            try await holdingLock(database) {
                let task = Task {
                    await failure {
                        try await database.transaction { transaction in
                            _ = try await transaction.rows("SELECT 1")
                            try await transaction.execute("INSERT INTO item VALUES (1)")
                        }
                    }
                }
                try await blocked(database)
                task.cancel()
                // It leaves although its statement still waits.
                #expect(await task.value?.code == .cancelled)
                #expect(database.metrics.writes.inUse == 2)
            }
            #expect(await database.rests())
            try await database.execute("INSERT INTO item VALUES (2)")
            #expect(try await database.value("SELECT string_agg(id::text, ',') FROM item", as: String.self) == "2")
        }
    }

    @Test func `a transaction cancelled after its last statement is not committed`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE item (id int)")
            let task = Task {
                await failure {
                    try await database.transaction { transaction in
                        try await transaction.execute("INSERT INTO item VALUES (1)")
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                }
            }
            #expect(await task.value?.code == .cancelled)
            #expect(try await database.value("SELECT count(*) FROM item", as: Int.self) == 0)
        }
    }

    @Test func `a cancelled read leaves at once, and the one behind it gets its answer`() async throws {
        try await withDatabase(configure: {
            $0.lockLimit = .zero
            $0.readConnections = 1
        }) { database in
            var behind: Task<Int, any Error>?
            try await holdingLock(database, mode: "ACCESS EXCLUSIVE") {
                let slow = Task { await failure { _ = try await database.rows("SELECT * FROM item") } }
                #expect(await eventually(within: .seconds(10)) { database.metrics.reads.inUse == 1 })
                behind = Task { try await database.value("SELECT 5", as: Int.self) }
                #expect(await eventually(within: .seconds(10)) { database.metrics.reads.inUse == 2 })
                slow.cancel()
                #expect(await slow.value?.code == .cancelled)
            }
            #expect(try await behind?.value == 5)
        }
    }

    @Test func `a cancelled write that was sent is in doubt, and is not cancelled on the server`() async throws {
        try await withDatabase(configure: { $0.lockLimit = .zero }) { database in
            try await holdingLock(database) {
                let task = Task { await failure { try await database.execute("INSERT INTO item VALUES (1)") } }
                try await blocked(database)
                task.cancel()
                #expect(await task.value?.code == .inDoubt)
            }
            let written = try await eventually(within: .seconds(10)) {
                try await database.value("SELECT count(*) FROM item", as: Int.self) == 1
            }
            #expect(written)
        }
    }

    @Test func `an already cancelled task sends nothing`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE item (id int)")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { try await database.execute("INSERT INTO item VALUES (1)") }
            }
            #expect(await task.value?.code == .cancelled)
            #expect(try await database.value("SELECT count(*) FROM item", as: Int.self) == 0)
        }
    }

    @Test func `cancelling at random never loses a connection or an answer`() async throws {
        try await withDatabase(configure: { $0.writeConnections = 3 }) { database in
            try await database.execute("CREATE TABLE item (id int)")
            let tasks = (0..<300).map { number in
                Task {
                    switch number % 3 {
                    case 0: _ = try? await database.rows("SELECT \(number)")
                    case 1: _ = try? await database.execute("INSERT INTO item VALUES (\(number))")
                    default:
                        _ = try? await database.transaction { transaction in
                            try await transaction.execute("INSERT INTO item VALUES (\(number))")
                            try await transaction.execute("UPDATE item SET id = id WHERE id = \(number)")
                        }
                    }
                }
            }
            for task in tasks.shuffled().prefix(150) {
                task.cancel()
                await Task.yield()
            }
            for task in tasks { await task.value }
            let rested = await eventually(within: .seconds(5)) {
                database.metrics.writes.inUse == 0 && database.metrics.reads.inUse == 0
            }
            #expect(rested, "\(database.metrics)")
            try await database.execute("INSERT INTO item VALUES (1000)")
        }
    }
}
