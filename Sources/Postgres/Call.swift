/// One caller's turn on a connection: a statement up to its own sync, so that its failure touches nobody else's.
///
/// Unchecked: made by the caller, then touched by the reactor's thread alone until the continuation is resumed; the caller reads
/// nothing but the outcome.
final class Call: @unchecked Sendable {
    typealias Outcome = Result<ResultSet?, PostgresError>

    enum Kind {
        /// On the shared lane; repeated once when its connection is lost, because it changes nothing.
        case read
        /// Commits by itself.
        case write
        /// Inside a transaction.
        case statement
        case commit
        case rollback
        /// The module's own: settings, DEALLOCATE, LISTEN.
        case housekeeping
    }

    let kind: Kind
    let sql: SQL
    /// The transaction it belongs to, or the lease of an autocommit write.
    let lease: Lease?
    /// Nanoseconds the server may take from sending on; 0 means no limit.
    let limit: UInt64

    // From here on: the reactor's thread only.
    var continuation: UnsafeContinuation<Outcome, Never>?
    /// Told instead of a continuation, for housekeeping.
    var whenDone: ((Outcome) -> Void)?
    /// The reactor has seen it; before that, a cancellation only leaves its mark.
    var isTaken = false
    var isCancelled = false
    var attempts = 0
    var deadline = UInt64.max
    /// Commands before the statement itself (BEGIN, prepare) whose results come first.
    var leading = 0
    var step = 0
    var prepared: CachedStatement?
    var result: ResultSet?
    var error: PostgresError?
    /// A synchronous wait was given up during the commit.
    var isDoubted = false

    init(_ kind: Kind, _ sql: SQL, lease: Lease? = nil, limit: UInt64) {
        self.kind = kind
        self.sql = sql
        self.lease = lease
        self.limit = limit
    }

    /// Whether an answer that does not come leaves the outcome unknown.
    var commits: Bool { kind == .write || kind == .commit }

    func resume(_ outcome: Outcome) {
        if let waiting = continuation {
            continuation = nil
            waiting.resume(returning: outcome)
        }
        if let tell = whenDone {
            whenDone = nil
            tell(outcome)
        }
    }

    /// Forgets a lost attempt.
    func rewind() {
        attempts += 1
        leading = 0
        step = 0
        prepared = nil
        result = nil
        error = nil
        isDoubted = false
        deadline = .max
    }
}

extension Call: Hashable {
    static func == (left: Call, right: Call) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The exclusive use of a connection: a transaction, or one statement that commits by itself.
///
/// Unchecked: its variables belong to the reactor's thread; callers only pass it along.
final class Lease: @unchecked Sendable {
    enum State {
        /// No statement was sent yet.
        case idle
        /// In the pool's queue; the calls are sent when the connection is granted.
        case waiting([Call])
        case bound(Connection)
        /// Over; what is asked of it now fails with this.
        case over(PostgresError)
    }

    /// The BEGIN of a transaction; `nil` for an autocommit statement.
    let begin: SQL?
    var hasBegun = false
    var state = State.idle

    init(begin: SQL?) {
        self.begin = begin
    }
}

extension Lease: Hashable {
    static func == (left: Lease, right: Lease) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
