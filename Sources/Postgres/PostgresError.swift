/// Why a statement, a transaction or a connection failed.
///
/// `description` names the kind of failure and the SQLSTATE, nothing that came from a row or a parameter; `debugDescription` holds
/// everything the server said and may hold personal data: never log it outside development.
public struct PostgresError: Error, Sendable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The server refused the statement; a transaction around it is lost.
        case server(SQLState)
        /// No connection to a server could be had, or it was lost before the statement was sent: certainly not executed.
        case unavailable
        /// Too many callers are waiting for a connection: certainly not executed.
        case queueFull
        /// The time limit passed, waiting for a connection or for an answer; nothing was committed.
        case deadline
        /// The connection broke under a read, or under a transaction before its commit: nothing was committed.
        case connectionLost
        /// A commit, or a statement that commits by itself, was under way and its answer did not come (or came with the warning
        /// that the wait for a synchronous standby was cancelled). It may or may not have happened: never repeat it blindly.
        case inDoubt
        /// COMMIT was answered by a rollback, because a statement had failed before.
        case aborted
        /// The calling task was cancelled; nothing was committed.
        case cancelled
        /// A column is missing or holds something else than was asked for.
        case decoding
        /// The caller broke a rule of this module.
        case misuse
    }

    /// The kind of failure.
    public let code: Code
    private let details: Details?

    /// What is known beside the code.
    final class Details: Sendable {
        let message: String
        let severity: String
        let detail: String?
        let hint: String?
        let schema: String?
        let table: String?
        let column: String?
        let constraint: String?
        let routine: String?
        let statement: String?
        let cause: PostgresError?

        init(
            message: String,
            severity: String = "",
            detail: String? = nil,
            hint: String? = nil,
            schema: String? = nil,
            table: String? = nil,
            column: String? = nil,
            constraint: String? = nil,
            routine: String? = nil,
            statement: String? = nil,
            cause: PostgresError? = nil
        ) {
            self.message = message
            self.severity = severity
            self.detail = detail
            self.hint = hint
            self.schema = schema
            self.table = table
            self.column = column
            self.constraint = constraint
            self.routine = routine
            self.statement = statement
            self.cause = cause
        }
    }

    init(_ code: Code, details: Details?) {
        self.code = code
        self.details = details
    }

    init(_ code: Code, _ message: String, statement: String? = nil, cause: PostgresError? = nil) {
        self.init(code, details: Details(message: message, statement: statement, cause: cause))
    }

    static func misuse(_ message: String) -> PostgresError { PostgresError(.misuse, message) }

    /// What the server answered, when it answered: the state of `.server`, or of the answer that came before a loss.
    public var state: SQLState? {
        if case .server(let state) = code { return state }
        return details?.cause?.state
    }

    /// The server's or this module's words; may hold values.
    public var message: String { details?.message ?? "" }
    /// The constraint the statement broke.
    public var constraintName: String? { details?.constraint }
    /// The table the error is about.
    public var tableName: String? { details?.table }
    /// The column the error is about.
    public var columnName: String? { details?.column }

    /// FATAL and PANIC end the connection: what they interrupted has no certain outcome.
    var endsConnection: Bool { details?.severity == "FATAL" || details?.severity == "PANIC" }
    var routine: String? { details?.routine }

    /// A unique constraint or index was broken.
    public var isUniqueViolation: Bool { code == .server(.uniqueViolation) }
    /// A foreign key was broken.
    public var isForeignKeyViolation: Bool { code == .server(.foreignKeyViolation) }
    /// A check constraint was broken.
    public var isCheckViolation: Bool { code == .server(.checkViolation) }
    /// The outcome of a commit is unknown.
    public var isInDoubt: Bool { code == .inDoubt }

    /// It is certain that nothing was committed, and the same work may succeed when done again. Never true for `.inDoubt`.
    public var isRetryable: Bool {
        switch code {
        case .unavailable, .queueFull, .connectionLost: true
        case .server(let state): state.isTransient || isStalePlan
        case .deadline, .inDoubt, .aborted, .cancelled, .decoding, .misuse: false
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure only.
    public var description: String {
        switch code {
        case .server(let state): "PostgreSQL refused the statement (SQLSTATE \(state.rawValue))"
        case .unavailable: "PostgreSQL is unavailable"
        case .queueFull: "too many callers wait for PostgreSQL"
        case .deadline: "PostgreSQL did not answer in time"
        case .connectionLost: "the connection to PostgreSQL was lost"
        case .inDoubt: "the outcome of a commit is unknown"
        case .aborted: "the transaction was rolled back instead of committed"
        case .cancelled: "the caller was cancelled"
        case .decoding: "a column could not be read"
        case .misuse: "the database was used wrongly"
        }
    }

    /// Everything that is known. May hold personal data.
    public var debugDescription: String {
        var parts = [description]
        guard let details else { return description }
        if !details.message.isEmpty { parts.append(details.message) }
        let fields: [(String, String?)] = [
            ("severity", details.severity.isEmpty ? nil : details.severity), ("detail", details.detail),
            ("hint", details.hint), ("schema", details.schema), ("table", details.table), ("column", details.column),
            ("constraint", details.constraint), ("routine", details.routine), ("statement", details.statement),
            ("cause", details.cause?.debugDescription),
        ]
        parts += fields.compactMap { name, value in value.map { "\(name): \($0)" } }
        return parts.joined(separator: "; ")
    }
}
