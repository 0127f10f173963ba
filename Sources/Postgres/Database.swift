import CLibPQ
import Glibc
public import Logging
public import ServiceLifecycle

/// PostgreSQL, as the rooms hold it.
///
/// - owns: connections in two lanes, prepared statements, the thread that drives them, notifications, migrations.
/// - hands off: SQL, which stands in the room that owns the table.
/// - never: lets a value become SQL, cancels a commit, repeats a write whose outcome is unknown, gives a connection away.
///
/// Reads share a few pipelined connections, which are read-only; transactions and single writes each have one of a wider set to
/// themselves while they last. It connects at once and reconnects by itself for as long as it lives. `run` ends it gracefully.
public final class Database: Sendable, Service {
    let inbox: Inbox
    private let board: Board
    let configuration: DatabaseConfiguration
    private let statementLimit: UInt64

    /// Starts the reactor's thread and opens the first connections.
    public init(_ configuration: DatabaseConfiguration, logger: Logger) {
        self.configuration = configuration
        statementLimit = configuration.statementLimit.nanoseconds
        let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let inbox = Inbox(bell: bell)
        let board = Board()
        self.inbox = inbox
        self.board = board
        let started =
            bell >= 0 && epoll >= 0
            && startThread {
                Engine(configuration, inbox: inbox, board: board, epoll: epoll, logger: logger).run()
            }
        if !started {
            logger.critical("the PostgreSQL client cannot start: no descriptor or no thread")
            _ = inbox.close()
        }
    }

    deinit {
        _ = inbox.post(.shutDown(limit: 0, whenDone: {}))
    }

    /// Waits for graceful shutdown (or cancellation), then lets what is under way finish and closes every connection.
    public func run() async throws {
        try? await gracefulShutdown()
        await shutDown()
    }

    /// Refuses new work, waits up to `drainLimit` for work that is under way, and closes every connection. May be called again.
    public func shutDown() async {
        await withUnsafeContinuation { continuation in
            let command = Command.shutDown(limit: configuration.drainLimit.nanoseconds) { continuation.resume() }
            if !inbox.post(command) { continuation.resume() }
        }
    }

    // MARK: Statements

    /// Runs one statement on the read lane and returns its rows.
    ///
    /// The lane's sessions are read-only: a statement that would write gets SQLSTATE 25006. When its connection breaks, the read is
    /// repeated once on another. Others may stand behind it on the same connection: a read that takes long, or waits for a lock,
    /// belongs in a transaction.
    /// - Throws: `.server`, `.unavailable`, `.queueFull`, `.deadline`, `.connectionLost`, `.cancelled`, `.misuse`.
    public nonisolated(nonsending) func rows(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await perform(Call(.read, sql, limit: statementLimit))?.rows ?? []
    }

    /// Runs one statement on the read lane and returns its first row, if any.
    ///
    /// - Throws: as `rows`.
    public nonisolated(nonsending) func row(_ sql: SQL) async throws(PostgresError) -> Row? {
        try await perform(Call(.read, sql, limit: statementLimit))?.first
    }

    /// Runs one statement that commits by itself on the write lane and returns the rows of its RETURNING.
    ///
    /// Returns only when the commit is acknowledged.
    /// - Throws: as `rows`, and `.inDoubt` when it was sent and no certain answer came, also because the calling task was cancelled.
    public nonisolated(nonsending) func write(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await perform(Call(.write, sql, lease: Lease(begin: nil), limit: statementLimit))?.rows ?? []
    }

    /// Runs one statement that commits by itself on the write lane and returns how many rows it touched.
    ///
    /// - Throws: as `write`.
    @discardableResult
    public nonisolated(nonsending) func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await perform(Call(.write, sql, lease: Lease(begin: nil), limit: statementLimit))?.affected ?? 0
    }

    /// Runs `body` in a transaction and commits when it returns; rolls back when it throws or the task is cancelled.
    ///
    /// BEGIN travels with the first statement; a body without statements touches no connection. Nothing is repeated by itself.
    /// - Parameters:
    ///   - isolation: the isolation level.
    ///   - body: what to do; its `Transaction` is valid only inside.
    /// - Returns: what `body` returned, once the commit is acknowledged.
    /// - Throws: what `body` throws; `.inDoubt` when COMMIT was sent and no certain answer came; `.aborted` when the server rolled back
    ///   instead; `.cancelled` when the task was cancelled before COMMIT.
    @discardableResult
    public nonisolated(nonsending) func transaction<T: Sendable>(
        _ isolation: IsolationLevel = .readCommitted,
        _ body: (Transaction) async throws -> T
    ) async throws -> T {
        try await transaction(isolation, statementLimit: statementLimit, body)
    }

    nonisolated(nonsending) func transaction<T: Sendable>(
        _ isolation: IsolationLevel,
        statementLimit limit: UInt64,
        _ body: (Transaction) async throws -> T
    ) async throws -> T {
        let lease = Lease(begin: isolation.begin)
        let transaction = Transaction(database: self, lease: lease, limit: limit)
        let value: T
        do {
            value = try await body(transaction)
            if Task.isCancelled { throw PostgresError(.cancelled, "cancelled before COMMIT") }
        } catch {
            await rollBack(lease)
            throw error
        }
        _ = try await submit(Command.leased, Call(.commit, "COMMIT", lease: lease, limit: limit)).get()
        return value
    }

    /// A cancelled caller does not wait: what it abandoned may still be running, and the connection is cleared behind it.
    private nonisolated(nonsending) func rollBack(_ lease: Lease) async {
        let call = Call(.rollback, "ROLLBACK", lease: lease, limit: statementLimit)
        if Task.isCancelled { _ = inbox.post(.leased(call)) } else { _ = await submit(Command.leased, call) }
    }

    // MARK: Health

    /// Counts of connections and callers, a moment old at most.
    public var metrics: DatabaseMetrics { board.snapshot }

    /// Whether both lanes have a connection.
    public var isReachable: Bool {
        let metrics = metrics
        return metrics.reads.open > 0 && metrics.writes.open > 0
    }

    /// One round trip to the server on the read lane.
    ///
    /// - Throws: as `rows`.
    public nonisolated(nonsending) func ping() async throws(PostgresError) {
        _ = try await perform(Call(.read, "SELECT 1", limit: statementLimit))
    }

    // MARK: To the reactor

    /// Sends a call and waits for its outcome; cancellation of the task abandons it.
    nonisolated(nonsending) func perform(_ call: Call) async throws(PostgresError) -> ResultSet? {
        let outcome = await withTaskCancellationHandler {
            await submit(call.kind == .read ? Command.read : Command.leased, call)
        } onCancel: {
            _ = inbox.post(.cancel(call))
        }
        return try outcome.get()
    }

    private nonisolated(nonsending) func submit(_ command: (Call) -> Command, _ call: Call) async -> Call.Outcome {
        await withUnsafeContinuation { continuation in
            call.continuation = continuation
            if !inbox.post(command(call)) {
                call.continuation = nil
                continuation.resume(
                    returning: .failure(PostgresError(.unavailable, "the database is shut down"))
                )
            }
        }
    }
}
