/// One numbered step of the schema. Applied once, in its own transaction, and never edited afterwards.
public struct Migration: Sendable {
    /// Its place in the order, from 1.
    public let number: Int
    /// What it does, in a few words without spaces, as `accounts`.
    public let name: String
    /// SQL in order; each string may hold several statements separated by semicolons.
    public let sql: [String]

    /// A migration by its parts.
    public init(number: Int, name: String, sql: [String]) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// Says whether two texts are the same; not a defence against anybody.
    var checksum: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in sql {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// Brings the schema up to date, from several processes at once if need be.
///
/// Each step takes the same advisory lock for its transaction, looks again what is applied, and applies the next migration. The record
/// is the table `schema_migration`. A migration that was changed after it was applied, or that is missing from the list although a later
/// one is applied here, stops everything.
public struct Migrator: Sendable {
    /// What is known of one migration.
    public struct Status: Sendable, Equatable {
        /// Its number.
        public let number: Int
        /// Its name, as recorded or as listed.
        public let name: String
        /// The state it is in.
        public let state: State

        /// The states of a migration.
        public enum State: Sendable, Equatable {
            /// Listed and applied.
            case applied
            /// Listed, not applied.
            case pending
            /// Applied, and its text differs from what was applied.
            case changed
            /// Applied by a newer program, not listed here.
            case unknown
        }
    }

    /// "citygate" as a number: the advisory lock all migrators of one database share.
    private static let lock: Int64 = 0x6369_7479_6761_7465
    /// A step may take an hour; it holds locks for that long, so it should not.
    private static let limit: UInt64 = 3_600_000_000_000
    private let migrations: [Migration]

    /// A migrator for this list, in the order of numbers.
    public init(_ migrations: [Migration]) {
        self.migrations = migrations.sorted { $0.number < $1.number }
    }

    /// Applies what is pending.
    ///
    /// - Returns: the migrations this call applied, in order; empty when another process did, or nothing was pending.
    /// - Throws: `.misuse` for a changed migration, a gap or a number used twice; what the SQL throws. What was applied before stays.
    @discardableResult
    public func migrate(_ database: Database) async throws -> [Migration] {
        if let fault = listFault { throw fault }
        var applied: [Migration] = []
        while let migration = try await applyNext(database) { applied.append(migration) }
        return applied
    }

    /// What is applied, pending, changed or unknown, by number.
    ///
    /// - Throws: as `Database.rows`.
    public func status(_ database: Database) async throws -> [Status] {
        let exists: Bool? = try await database.row("SELECT to_regclass('schema_migration') IS NOT NULL AS found")?
            .get("found")
        let rows = exists == true ? try await database.rows(Self.recorded) : []
        return try status(against: rows)
    }

    private static let recorded: SQL = "SELECT number, name, checksum FROM schema_migration ORDER BY number"

    private var listFault: PostgresError? {
        for (left, right) in zip(migrations, migrations.dropFirst()) where left.number == right.number {
            return .misuse("two migrations have the number \(left.number)")
        }
        return nil
    }

    private func status(against rows: [Row]) throws -> [Status] {
        var known: [Int: Migration] = [:]
        for migration in migrations { known[migration.number] = migration }
        var found: [Status] = []
        for row in rows {
            let number: Int = try row.get("number")
            let checksum: String = try row.get("checksum")
            let listed = known.removeValue(forKey: number)
            let state: Status.State = listed.map { $0.checksum == checksum ? .applied : .changed } ?? .unknown
            found.append(Status(number: number, name: try row.get("name"), state: state))
        }
        found += known.values.map { Status(number: $0.number, name: $0.name, state: .pending) }
        return found.sorted { $0.number < $1.number }
    }

    private func applyNext(_ database: Database) async throws -> Migration? {
        try await database.transaction(.readCommitted, statementLimit: Self.limit) { transaction in
            try await transaction.execute("SET LOCAL lock_timeout = 0")
            try await transaction.execute("SET LOCAL statement_timeout = 0")
            try await transaction.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            try await transaction.execute("SELECT pg_advisory_xact_lock(\(Self.lock))")
            try await transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migration (
                    number bigint PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """
            )
            let status = try status(against: try await transaction.rows(Self.recorded))
            guard let next = try pending(status) else { return nil }
            for text in next.sql {
                for statement in SQLScript.statements(of: text) { try await transaction.execute("\(raw: statement)") }
            }
            try await transaction.execute(
                "INSERT INTO schema_migration (number, name, checksum) VALUES (\(next.number), \(next.name), \(next.checksum))"
            )
            return next
        }
    }

    private func pending(_ status: [Status]) throws(PostgresError) -> Migration? {
        if let changed = status.first(where: { $0.state == .changed }) {
            throw .misuse("migration \(changed.number) (\(changed.name)) was changed after it was applied")
        }
        guard let next = status.first(where: { $0.state == .pending }) else { return nil }
        if let later = status.last(where: { $0.state != .pending }), later.number > next.number {
            throw .misuse("migration \(next.number) (\(next.name)) is pending although \(later.number) is applied")
        }
        return migrations.first { $0.number == next.number }
    }
}
