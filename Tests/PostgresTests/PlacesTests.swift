import Foundation
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct `Several places and TLS` {
    private func withPlace(
        _ place: String,
        connect: Duration = .seconds(1),
        _ body: (Database) async throws -> Void
    ) async throws {
        var configuration = DatabaseConfiguration(place)
        configuration.connectLimit = connect
        configuration.waitLimit = .seconds(20)
        let database = Database(configuration, logger: quiet)
        try await body(database)
        await database.shutDown()
    }

    @Test func `a first host that refuses is passed over`() async throws {
        let server = try await TestServer.equipped.value
        let dead = try freePort()
        try await withPlace("host=127.0.0.1,127.0.0.1 port=\(dead),\(server.port) user=postgres dbname=postgres") {
            database in
            try await database.ping()
            try await database.execute("SELECT 1")
        }
    }

    @Test func `a first host that never answers costs its time limit once`() async throws {
        let server = try await TestServer.equipped.value
        let proxy = try Proxy(to: server.port)
        proxy.set { $0.ignoresNew = true }
        proxy.start()
        defer { proxy.stop() }
        let place =
            "host=127.0.0.1,127.0.0.1 port=\(proxy.port),\(server.port) user=postgres dbname=postgres sslmode=disable"
        try await withPlace(place, connect: .seconds(2)) { database in
            let start = ContinuousClock.now
            try await database.ping()
            #expect(ContinuousClock.now - start >= .milliseconds(1500))
            try await database.execute("SELECT 1")
            // The lane knows the good place now: its next connections come at once, although the dead host stands first.
            let again = ContinuousClock.now
            try await database.transaction { first in
                _ = try await first.rows("SELECT 1")
                try await database.transaction { second in
                    _ = try await second.rows("SELECT 1")
                    try await database.transaction { try await $0.execute("SELECT 1") }
                }
            }
            #expect(ContinuousClock.now - again < .milliseconds(1900))
        }
    }

    @Test func `target_session_attrs passes over a server that takes no writes`() async throws {
        let server = try await TestServer.equipped.value
        let reader = unique("reader")
        let admin = patient(server.socketURL)
        // Two databases of one server stand for two servers: sessions of the first are read-only.
        try await admin.execute("CREATE ROLE \(raw: reader) LOGIN")
        try await admin.execute("ALTER ROLE \(raw: reader) SET default_transaction_read_only = on")
        let place = "host=127.0.0.1 port=\(server.port) user=\(reader) dbname=postgres"
        try await withPlace("\(place) target_session_attrs=read-only") { try await $0.ping() }
        try await withPlace("\(place) target_session_attrs=primary") { try await $0.ping() }
        var configuration = DatabaseConfiguration("\(place) target_session_attrs=read-write")
        configuration.waitLimit = .seconds(2)
        let refused = Database(configuration, logger: quiet)
        let error = await failure { try await refused.ping() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("read-only") == true)
        await refused.shutDown()
        try await admin.execute("DROP ROLE \(raw: reader)")
        await admin.shutDown()
    }

    @Test func `a host name is looked up, off the reactor's thread`() async throws {
        let server = try await TestServer.equipped.value
        try await withPlace(
            "host=no-such-host.invalid,localhost port=\(server.port) user=postgres dbname=postgres",
            connect: .seconds(2)
        ) {
            try await $0.ping()
        }
    }

    @Test func `TLS is used, and the certificate's name and signer are checked when asked`() async throws {
        let server = try await TestServer.equipped.value
        let certificate = "sslrootcert=\(server.folder)/server.crt"
        let place = "port=\(server.port) user=postgres dbname=postgres"
        try await withPlace("host=localhost \(place) sslmode=verify-full \(certificate)", connect: .seconds(2)) {
            database in
            let sql: SQL = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            #expect(try await database.value(sql, as: Bool.self))
            let text = String(repeating: "t", count: 500_000)
            #expect(try await database.value("SELECT \(text)::text", as: String.self) == text)
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 { group.addTask { try await database.value("SELECT \(number)") } }
                return try await group.reduce(0, +)
            }
            #expect(sum == 19_900)
            try await database.execute("SELECT 1")
        }
        for wrong in [
            "host=127.0.0.1 \(place) sslmode=verify-full \(certificate)",
            "host=localhost \(place) sslmode=verify-full sslrootcert=/etc/hostname",
        ] {
            var configuration = DatabaseConfiguration(wrong)
            configuration.waitLimit = .milliseconds(300)
            let database = Database(configuration, logger: quiet)
            #expect(await failure { try await database.ping() }?.code == .unavailable)
            await database.shutDown()
        }
    }

    @Test func `a string that cannot be read makes every call fail in words, and nothing else`() async throws {
        var configuration = DatabaseConfiguration("no such thing")
        configuration.waitLimit = .milliseconds(50)
        let database = Database(configuration, logger: quiet)
        let error = await failure { try await database.ping() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("connection string") == true)
        for await _ in database.notifications(on: ["x"]) { Issue.record("a notification from nowhere") }
        await database.shutDown()
    }
}
