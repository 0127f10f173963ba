import Glibc
import Testing

@testable import Postgres

/// A database behind a proxy, and the same without one.
private struct Cabled {
    let database: Database
    let direct: Database
    let proxy: Proxy

    func count() async throws -> Int {
        try await direct.value("SELECT count(*) FROM item")
    }

    /// Waits until the request the proxy looks for has come.
    func fired() async {
        let fired = await eventually(within: .seconds(10)) { proxy.hasFired }
        #expect(fired)
    }
}

private func behindProxy(
    statement: Duration = .seconds(10),
    wait: Duration = .seconds(20),
    reads: Int = 2,
    writes: Int = 2,
    _ body: (Cabled) async throws -> Void
) async throws {
    let server = try await TestServer.equipped.value
    let proxy = try Proxy(to: server.port)
    proxy.start()
    defer { proxy.stop() }
    try await withDatabase(at: server.socketURL) { direct in
        try await direct.execute("CREATE TABLE item (id int PRIMARY KEY)")
        let schema = try await direct.value("SELECT current_schema()", as: String.self)
        let place = "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres sslmode=disable"
        let database = patient(withOptions("-c search_path=\(schema)", place)) {
            $0.statementLimit = statement
            $0.waitLimit = wait
            $0.readConnections = reads
            $0.writeConnections = writes
            $0.drainLimit = .zero
        }
        #expect(await eventually(within: .seconds(20)) { database.isReachable })
        try await body(Cabled(database: database, direct: direct, proxy: proxy))
        await database.shutDown()
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A network that fails` {
    @Test func `a write whose answer is lost is in doubt, and here it did happen`() async throws {
        try await behindProxy { cable in
            cable.proxy.when(request: "INSERT") { $0.holdsAnswers = true }
            async let error = failure { try await cable.database.execute("INSERT INTO item VALUES (1)") }
            let happened = try await eventually(within: .seconds(10)) { try await cable.count() == 1 }
            #expect(happened)
            cable.proxy.reset()
            let found = await error
            #expect(found?.code == .inDoubt)
            #expect(found?.isRetryable == false)
        }
    }

    @Test func `a write that was lost on its way is in doubt as well, and here it did not happen`() async throws {
        try await behindProxy { (cable) async throws in
            cable.proxy.when(request: "INSERT") { $0.holdsRequests = true }
            async let error = failure { try await cable.database.execute("INSERT INTO item VALUES (1)") }
            await cable.fired()
            cable.proxy.reset()
            let found = await error
            #expect(found?.code == .inDoubt)
            #expect(try await cable.count() == 0)
        }
    }

    @Test func `a commit whose answer is lost is in doubt`() async throws {
        try await behindProxy { cable in
            cable.proxy.when(request: "COMMIT\0") { $0.holdsAnswers = true }
            async let error = failure {
                try await cable.database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
            }
            let happened = try await eventually(within: .seconds(10)) { try await cable.count() == 1 }
            #expect(happened)
            cable.proxy.reset()
            let found = await error
            #expect(found?.code == .inDoubt)
        }
    }

    @Test func `a connection that breaks within a transaction is a loss, not a doubt`() async throws {
        try await behindProxy { (cable) async throws in
            let error = await failure {
                try await cable.database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item VALUES (1)")
                    cable.proxy.reset()
                    try await transaction.execute("INSERT INTO item VALUES (2)")
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(error?.isRetryable == true)
            #expect(try await cable.count() == 0)
        }
    }

    @Test func `a connection that broke before COMMIT was sent is a loss, not a doubt`() async throws {
        try await behindProxy { (cable) async throws in
            let error = await failure {
                try await cable.database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item VALUES (1)")
                    #expect(await eventually(within: .seconds(5)) { cable.database.metrics.writes.inUse == 1 })
                    cable.proxy.reset()
                    // The break is noticed while the transaction rests.
                    #expect(await eventually(within: .seconds(5)) { cable.database.metrics.writes.inUse == 0 })
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(try await cable.count() == 0)
        }
    }

    @Test func `a statement that gets no answer ends at its limit; within a transaction it is no doubt`() async throws {
        try await behindProxy(statement: .seconds(2)) { (cable) async throws in
            let start = ContinuousClock.now
            let error = await failure {
                try await cable.database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item VALUES (1)")
                    cable.proxy.set { $0.holdsAnswers = true }
                    try await transaction.execute("INSERT INTO item VALUES (2)")
                }
            }
            #expect(error?.code == .deadline)
            #expect(ContinuousClock.now - start < .seconds(5))
            cable.proxy.set { $0.holdsAnswers = false }
            #expect(try await cable.count() == 0)
        }
    }

    @Test func `a commit that gets no answer ends at its limit in doubt`() async throws {
        try await behindProxy(statement: .seconds(2)) { (cable) async throws in
            cable.proxy.when(request: "COMMIT\0") { $0.holdsAnswers = true }
            let error = await failure {
                try await cable.database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
            }
            #expect(error?.code == .inDoubt)
            #expect(try await cable.count() == 1)
        }
    }

    @Test func `a write that gets no answer ends at its limit in doubt`() async throws {
        try await behindProxy(statement: .seconds(2)) { (cable) async throws in
            cable.proxy.when(request: "INSERT") { $0.holdsRequests = true }
            let error = await failure { try await cable.database.execute("INSERT INTO item VALUES (1)") }
            #expect(error?.code == .inDoubt)
            #expect(try await cable.count() == 0)
        }
    }

    @Test func `reads that lose their connection are answered all the same`() async throws {
        try await behindProxy { cable in
            cable.proxy.set { $0.holdsAnswers = true }
            let reads = (0..<50).map { number in
                Task { try await cable.database.value("SELECT \(number) + 1", as: Int.self) }
            }
            try await Task.sleep(for: .milliseconds(50))
            cable.proxy.set { $0.holdsAnswers = false }
            cable.proxy.reset()
            for (number, read) in reads.enumerated() { #expect(try await read.value == number + 1) }
        }
    }

    @Test func `a read that gets no answer ends at its limit`() async throws {
        try await behindProxy(statement: .seconds(2)) { (cable) async throws in
            cable.proxy.set { $0.holdsAnswers = true }
            let error = await failure { _ = try await cable.database.rows("SELECT 1") }
            #expect(error?.code == .deadline)
            cable.proxy.set { $0.holdsAnswers = false }
            #expect(try await cable.database.value("SELECT 1", as: Int.self) == 1)
        }
    }

    @Test func `with nobody to connect to, callers are told after the wait, and all is well when it comes back`()
        async throws
    {
        try await behindProxy(wait: .milliseconds(500)) { cable in
            cable.proxy.set { $0.ignoresNew = true }
            cable.proxy.reset()
            #expect(await eventually(within: .seconds(5)) { !cable.database.isReachable })
            #expect(await failure { _ = try await cable.database.rows("SELECT 1") }?.code == .unavailable)
            #expect(await failure { try await cable.database.execute("SELECT 1") }?.code == .unavailable)
            #expect(
                await failure { try await cable.database.transaction { try await $0.execute("SELECT 1") } }?.code
                    == .unavailable
            )
            cable.proxy.set { $0.ignoresNew = false }
            #expect(await eventually(within: .seconds(10)) { cable.database.isReachable })
            try await cable.database.ping()
            #expect(try await cable.database.execute("INSERT INTO item VALUES (1)") == 1)
        }
    }

    @Test func `under random resets every row that was acknowledged is there, and none that was refused`() async throws
    {
        try await behindProxy(writes: 6) { cable in
            let ledger = try await withThrowingTaskGroup(of: [Int: PostgresError.Code?].self) { group in
                for task in 0..<6 {
                    group.addTask {
                        var ledger: [Int: PostgresError.Code?] = [:]
                        for turn in 0..<40 {
                            let id = task * 1000 + turn
                            do {
                                if turn % 2 == 0 {
                                    try await cable.database.execute("INSERT INTO item VALUES (\(id))")
                                } else {
                                    try await cable.database.transaction {
                                        try await $0.execute("INSERT INTO item VALUES (\(id))")
                                    }
                                }
                                ledger[id] = .some(nil)
                            } catch let error as PostgresError {
                                ledger[id] = error.code
                            }
                        }
                        return ledger
                    }
                }
                group.addTask {
                    for _ in 0..<10 {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 5...40)))
                        cable.proxy.reset()
                    }
                    return [:]
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
            }
            let present = Set(
                try await cable.database.rows("SELECT id FROM item").map { try $0.get("id", as: Int.self) }
            )
            for (id, outcome) in ledger {
                switch outcome {
                case nil: #expect(present.contains(id), "\(id) was acknowledged and is missing")
                case .inDoubt?: break
                case let code?: #expect(!present.contains(id), "\(id) was refused with \(code) and is there")
                }
            }
            #expect(ledger.count == 240)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A connection ended by the administrator` {
    /// Runs `work`, which comes to stand before a lock, terminates its backend there, and hands back its error.
    private func terminated(_ work: @escaping @Sendable (Database) async throws -> Void) async throws -> PostgresError?
    {
        try await withDatabase(configure: { $0.lockLimit = .zero }) { database in
            try await database.execute("CREATE TABLE item (id int)")
            try await database.execute(
                """
                CREATE FUNCTION blocks() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN LOCK TABLE item IN EXCLUSIVE MODE; RETURN NULL; END $$
                """
            )
            try await database.execute("CREATE TABLE deferred (id int)")
            try await database.execute(
                """
                CREATE CONSTRAINT TRIGGER blocks AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION blocks()
                """
            )
            return try await database.transaction { holder in
                try await holder.execute("LOCK TABLE item IN EXCLUSIVE MODE")
                async let error = failure { try await work(database) }
                let schema = try await holder.row("SELECT current_schema() AS s")?.get("s", as: String.self) ?? ""
                let ended = try await eventually(within: .seconds(10)) {
                    let sql: SQL = """
                        SELECT pg_terminate_backend(pid) FROM pg_locks
                        WHERE NOT granted AND relation = \("\(schema).item")::regclass
                        """
                    return try await !holder.rows(sql).isEmpty
                }
                #expect(ended)
                return await error
            }
        }
    }

    @Test func `within a transaction it is a loss, although the server said why`() async throws {
        let error = try await terminated { database in
            _ = try await database.transaction { try await $0.execute("INSERT INTO item VALUES (1)") }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.state == .adminShutdown)
        #expect(error?.isRetryable == true)
    }

    @Test func `under a commit it is in doubt`() async throws {
        let error = try await terminated { database in
            _ = try await database.transaction { try await $0.execute("INSERT INTO deferred VALUES (1)") }
        }
        #expect(error?.code == .inDoubt)
        #expect(error?.state == .adminShutdown)
    }

    @Test func `under an autocommit write it is in doubt`() async throws {
        let error = try await terminated { try await $0.execute("INSERT INTO deferred VALUES (1)") }
        #expect(error?.code == .inDoubt)
    }
}

@Suite(.timeLimit(.minutes(1))) struct `A server that dies` {
    @Test func `kill -9 of a backend under a statement, of the postmaster under a commit, and recovery`() async throws {
        let server = try await TestServer.start()
        var configuration = DatabaseConfiguration(server.addressURL)
        configuration.writeConnections = 3
        configuration.waitLimit = .seconds(10)
        let database = Database(configuration, logger: quiet)
        try await database.execute("CREATE TABLE item (id int PRIMARY KEY)")
        try await killBackend(database)
        try await killPostmaster(server, database)
        #expect(await eventually(within: .seconds(5)) { !database.isReachable })
        try await server.launch()
        #expect(await eventually(within: .seconds(10)) { database.isReachable })
        try await database.ping()
        #expect(try await database.value("SELECT count(*) FROM item", as: Int.self) == 0)
        try await database.execute("DROP TRIGGER slow ON item")
        #expect(try await database.execute("INSERT INTO item VALUES (9)") == 1)
        await database.shutDown()
        try await server.killPostmaster()
    }

    /// The server restarts all its backends; a transaction is lost, an autocommit write is in doubt, a read is answered.
    private func killBackend(_ database: Database) async throws {
        let error = await failure {
            try await database.transaction { transaction in
                try await transaction.execute("INSERT INTO item VALUES (1)")
                let pid = try await transaction.row("SELECT pg_backend_pid() AS pid")?.get("pid", as: Int32.self)
                async let statement: Int = transaction.execute("SELECT pg_sleep(20)")
                async let write = failure { try await database.execute("INSERT INTO item SELECT 2 FROM pg_sleep(20)") }
                #expect(await eventually(within: .seconds(5)) { database.metrics.writes.inUse == 2 })
                try await Task.sleep(for: .milliseconds(50))
                kill(try #require(pid), SIGKILL)
                #expect(await write?.code == .inDoubt)
                _ = try await statement
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(await eventually(within: .seconds(10)) { database.isReachable })
        let count = await eventually(within: .seconds(10)) {
            (try? await database.value("SELECT count(*) FROM item", as: Int.self)) == 0
        }
        #expect(count)
    }

    /// A deferred trigger holds the commit long enough to kill everything in the middle of it.
    private func killPostmaster(_ server: TestServer, _ database: Database) async throws {
        try await database.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$"
        )
        try await database.execute(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        async let commit = failure {
            try await database.transaction { try await $0.execute("INSERT INTO item VALUES (3)") }
        }
        async let statement = failure {
            try await database.transaction { transaction in
                try await transaction.execute("SELECT 1")
                try await transaction.execute("SELECT pg_sleep(20)")
            }
        }
        let busy: SQL = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        let sleeping = try await eventually(within: .seconds(5)) { try await database.value(busy, as: Int.self) == 2 }
        #expect(sleeping)
        try await server.killPostmaster()
        #expect(await commit?.code == .inDoubt)
        #expect(await statement?.code == .connectionLost)
    }
}
