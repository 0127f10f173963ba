/// How much a transaction sees of others (SQL standard names; PostgreSQL documentation, chapter 13).
public enum IsolationLevel: Sendable {
    /// Each statement sees what was committed when it began.
    case readCommitted
    /// Every statement sees what was committed when the first began; a conflicting write fails with 40001.
    case repeatableRead
    /// As if transactions ran one after another; may fail with 40001.
    case serializable

    var begin: SQL {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }
}

/// An open transaction. Valid only inside the closure it was given to; used later it throws `.misuse`.
///
/// Statements may be sent from several child tasks; they run one after another in the order of sending. After a server error every
/// further statement fails with 25P02, and the commit with `.aborted`.
public struct Transaction: Sendable {
    let database: Database
    let lease: Lease
    let limit: UInt64

    /// Runs one statement and returns its rows.
    ///
    /// - Throws: `.server`, `.unavailable`, `.queueFull`, `.deadline`, `.connectionLost`, `.cancelled`, `.misuse`; in every case nothing
    ///   is committed.
    public nonisolated(nonsending) func rows(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await perform(sql)?.rows ?? []
    }

    /// Runs one statement and returns its first row, if any.
    ///
    /// - Throws: as `rows`.
    public nonisolated(nonsending) func row(_ sql: SQL) async throws(PostgresError) -> Row? {
        try await perform(sql)?.first
    }

    /// Runs one statement and returns how many rows it touched.
    ///
    /// - Throws: as `rows`.
    @discardableResult
    public nonisolated(nonsending) func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await perform(sql)?.affected ?? 0
    }

    private nonisolated(nonsending) func perform(_ sql: SQL) async throws(PostgresError) -> ResultSet? {
        try await database.perform(Call(.statement, sql, lease: lease, limit: limit))
    }
}
