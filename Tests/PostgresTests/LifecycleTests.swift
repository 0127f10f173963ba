import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct `The life of a database` {
    @Test func `shutting down lets work finish and refuses new work`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE item (id int)")
            #expect(await database.rests())
            let slow = Task {
                try await database.transaction { transaction in
                    try await transaction.execute("INSERT INTO item SELECT 1 FROM pg_sleep(0.2)")
                    return try await transaction.row("SELECT count(*) AS n FROM item")?.get("n", as: Int.self)
                }
            }
            #expect(await eventually(within: .seconds(5)) { database.metrics.writes.inUse == 1 })
            async let down: Void = database.shutDown()
            let refused = await eventually(within: .seconds(5)) {
                await failureCode { try await database.ping() } == .unavailable
            }
            #expect(refused)
            #expect(try await slow.value == 1)
            await down
            #expect(await failureCode { try await database.execute("SELECT 1") } == .unavailable)
            #expect(database.metrics == DatabaseMetrics())
            await database.shutDown()
        }
    }

    @Test func `work that does not end in time is cut off`() async throws {
        try await withDatabase(configure: { $0.drainLimit = .milliseconds(100) }) { database in
            let write = Task { await failureCode { try await database.execute("SELECT pg_sleep(5)") } }
            let read = Task { await failureCode { _ = try await database.rows("SELECT pg_sleep(5)") } }
            #expect(
                await eventually(within: .seconds(5)) {
                    database.metrics.writes.inUse == 1 && database.metrics.reads.inUse == 1
                }
            )
            await database.shutDown()
            #expect(await write.value == .inDoubt)
            #expect(await read.value == .connectionLost)
        }
    }

    @Test func `the service ends when it is cancelled`() async throws {
        try await withDatabase { database in
            let service = Task { try await database.run() }
            try await database.ping()
            service.cancel()
            try await service.value
            #expect(await failureCode { try await database.ping() } == .unavailable)
        }
    }

    @Test func `a database nobody holds any more closes its connections`() async throws {
        let place = try await TestServer.shared.value
        let name = unique("leak")
        let watcher = patient(place)
        for _ in 0..<5 {
            let database = patient("\(place) application_name=\(name)")
            try await database.ping()
        }
        let left: SQL = "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name)"
        let gone = try await eventually(within: .seconds(5)) { try await watcher.value(left, as: Int.self) == 0 }
        #expect(gone)
        await watcher.shutDown()
    }

    @Test func `resting connections are closed down to one a lane`() async throws {
        try await withDatabase(configure: { $0.idleLimit = .milliseconds(150) }) { database in
            try await database.transaction { first in
                _ = try await first.rows("SELECT 1")
                try await database.transaction { second in
                    _ = try await second.rows("SELECT 1")
                    #expect(database.metrics.writes.open >= 2)
                }
            }
            #expect(await eventually(within: .seconds(5)) { database.metrics.writes.open == 1 })
        }
    }

    private func failureCode(_ body: () async throws -> Void) async -> PostgresError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? PostgresError)?.code }
    }
}
