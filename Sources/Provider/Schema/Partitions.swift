import Postgres

/// The tables whose rows are forgotten by dropping partitions: transient state does not grow, and forgetting costs nothing.
struct Partitions: Sendable {
    struct Table: Sendable {
        let name: String
        /// Days one partition covers.
        let span: Int
        /// Days a row may lie in the future.
        let ahead: Int
        /// Days a row stays after its day.
        let keep: Int
        /// Rows lie as far ahead as a grant may end, beside ``ahead``.
        var endsWithGrants = false
    }

    /// Rows of `session` stay a week as tombstones (trust.md 5.4); the others go with the day they end.
    static let tables = [
        Table(name: "one_time", span: 1, ahead: 3, keep: 1),
        Table(name: "session", span: 1, ahead: 32, keep: 7),
        Table(name: "pending_authorization", span: 1, ahead: 3, keep: 1),
        Table(name: "access_token", span: 1, ahead: 3, keep: 1),
        Table(name: "authorization_grant", span: 7, ahead: 3, keep: 1, endsWithGrants: true),
        Table(name: "refresh_token", span: 7, ahead: 3, keep: 1, endsWithGrants: true),
    ]

    let database: Database
    /// The days that the longest grant lives: it follows the settings of refresh tokens.
    let grantDays: Int

    /// Makes the partitions that rows written from `today` on can need.
    func ensure(today: Day) async throws {
        for table in Self.tables {
            let ahead = table.ahead + (table.endsWithGrants ? grantDays : 0)
            // One day back as well: another process's clock may be a little behind.
            _ = try await database.write(
                """
                SELECT ensure_partitions(\(table.name), \(today.number - 1)::integer,
                    \(today.number + ahead)::integer, \(table.span)::integer)
                """
            )
        }
    }

    /// Drops the partitions that ended before what must be kept.
    /// - Returns: how many went.
    func drop(today: Day) async throws -> Int {
        var dropped = 0
        for table in Self.tables {
            let rows = try await database.write(
                """
                SELECT drop_partitions(\(table.name), \(today.number - table.keep)::integer, \(table.span)::integer) AS dropped
                """
            )
            dropped += try rows.first?.get("dropped") ?? 0
        }
        return dropped
    }
}
