import FoundationEssentials
import Postgres

/// The clock that a test may move (operations.md 1.5): kept in the database, so that every process and every statement
/// follows it. The tables and the function's body exist only in a sandbox's database.
struct SandboxClock: Sendable {
    let database: Database

    /// Puts the movable clock in the place of the real one. Safe to run at every start.
    func install() async throws {
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS sandbox_clock (
                    single boolean PRIMARY KEY DEFAULT true CHECK (single),
                    offset_seconds double precision NOT NULL DEFAULT 0
                )
                """
            )
            try await transaction.execute("INSERT INTO sandbox_clock DEFAULT VALUES ON CONFLICT DO NOTHING")
            try await transaction.execute(
                """
                CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
                BEGIN
                    RETURN statement_timestamp() + make_interval(secs => (SELECT offset_seconds FROM sandbox_clock));
                END $$
                """
            )
        }
    }

    /// Tokens name their day in two bytes, which end in 2149, and what they hang on may live for years.
    private static let bounds: SQL = "timestamptz '2000-01-01 00:00Z' AND timestamptz '2100-01-01 00:00Z'"

    /// - Returns: false, and nothing moves, when that would leave the years 2000 to 2099.
    func advance(seconds: Double) async throws -> Bool {
        try await database.execute(
            """
            UPDATE sandbox_clock SET offset_seconds = offset_seconds + \(seconds)::double precision
            WHERE statement_timestamp() + make_interval(secs => offset_seconds + \(seconds)::double precision)
                BETWEEN \(sql: Self.bounds)
            """
        ) == 1
    }

    /// - Returns: false, and nothing moves, for a date beyond the years 2000 to 2099.
    func set(to date: Date) async throws -> Bool {
        // PostgreSQL knows no dates before its own calendar's: what is far away is not even asked.
        guard (0..<5e9).contains(date.timeIntervalSince1970) else { return false }
        return try await database.execute(
            """
            UPDATE sandbox_clock
            SET offset_seconds = extract(epoch FROM \(date)::timestamptz - statement_timestamp())::double precision
            WHERE \(date)::timestamptz BETWEEN \(sql: Self.bounds)
            """
        ) == 1
    }

    /// Time runs as outside again.
    func stop() async throws {
        try await database.execute("UPDATE sandbox_clock SET offset_seconds = 0")
    }
}
