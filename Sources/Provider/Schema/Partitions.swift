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

    /// Rows of `session` stay a week as tombstones (trust.md 5.4), logout notices two for the operator's eyes, short messages as long as
    /// reports of them may come; the others go with the day they end.
    static let tables = [
        Table(name: "one_time", span: 1, ahead: 3, keep: 1),
        Table(name: "session", span: 1, ahead: 32, keep: 7),
        Table(name: "logout_notice", span: 1, ahead: 3, keep: 14),
        Table(name: "sign_in_throttle", span: 1, ahead: 3, keep: 1),
        Table(name: "pending_authorization", span: 1, ahead: 3, keep: 1),
        Table(name: "qr_session", span: 1, ahead: 3, keep: 1),
        Table(name: "mini_program_session", span: 7, ahead: 182, keep: 1),
        Table(name: "mini_program_token", span: 1, ahead: 32, keep: 1),
        Table(name: "mini_program_answer", span: 1, ahead: 3, keep: 1),
        Table(name: "access_token", span: 1, ahead: 3, keep: 1),
        Table(name: "device_authorization", span: 1, ahead: 3, keep: 1),
        Table(name: "initial_access_token", span: 31, ahead: 93, keep: 31),
        Table(name: "journey", span: 1, ahead: 3, keep: 1),
        Table(name: "sms_message", span: 1, ahead: 3, keep: 4),
        Table(name: "sms_code", span: 1, ahead: 3, keep: 1),
        Table(name: "sms_budget", span: 1, ahead: 3, keep: 1),
        Table(name: "authorization_grant", span: 7, ahead: 3, keep: 1, endsWithGrants: true),
        Table(name: "refresh_token", span: 7, ahead: 3, keep: 1, endsWithGrants: true),
    ]

    let database: Database
    /// The days that the longest grant lives: it follows the settings of refresh tokens.
    let grantDays: Int

    /// Makes the partitions that rows written from `today` on can need.
    func ensure(today: Day) async throws {
        for table in Self.tables {
            // One day back as well: another process's clock may be a little behind.
            _ = try await database.write(
                """
                SELECT ensure_partitions(\(table.name), \(today.number - 1)::integer,
                    \(lastDay(of: table, today))::integer, \(table.span)::integer)
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

    /// Drops the partitions that ``ensure(today:)`` would not make: a sandbox whose clock was moved leaves many.
    func forgetStray(today: Day) async throws {
        for table in Self.tables {
            let rows = try await database.rows(
                """
                SELECT c.relname::text AS name
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
                WHERE p.relname = \(table.name) AND substring(c.relname FROM '_(-?[0-9]+)$')::integer
                    NOT BETWEEN \(today.number - table.span)::integer AND \(lastDay(of: table, today))::integer
                """
            )
            for row in rows {
                // A name from PostgreSQL's own list of this table's partitions.
                let name = try row.get("name", as: String.self)
                try await database.execute("DROP TABLE IF EXISTS \(raw: "\"\(name)\"")")
            }
        }
    }

    private func lastDay(of table: Table, _ today: Day) -> Int {
        today.number + table.ahead + (table.endsWithGrants ? grantDays : 0)
    }
}
