/// A five-character SQLSTATE (PostgreSQL documentation, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable {
    /// The five characters.
    public let rawValue: String

    /// A state by its characters.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// `unique_violation`
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// `foreign_key_violation`
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// `check_violation`
    public static let checkViolation = SQLState(rawValue: "23514")
    /// `not_null_violation`
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// `exclusion_violation`
    public static let exclusionViolation = SQLState(rawValue: "23P01")
    /// `serialization_failure`
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// `deadlock_detected`
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// `lock_not_available`: `lock_timeout` passed, or `NOWAIT`.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// `query_canceled`: `statement_timeout` passed, or somebody cancelled.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// `admin_shutdown`
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// `crash_shutdown`
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// `cannot_connect_now`
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// `read_only_sql_transaction`: also what a write on the read lane gets.
    public static let readOnlyTransaction = SQLState(rawValue: "25006")
    /// `in_failed_sql_transaction`
    public static let inFailedTransaction = SQLState(rawValue: "25P02")
    /// `undefined_table`
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// `syntax_error`
    public static let syntaxError = SQLState(rawValue: "42601")
    /// `feature_not_supported`
    public static let featureNotSupported = SQLState(rawValue: "0A000")
    /// `invalid_sql_statement_name`
    public static let invalidStatementName = SQLState(rawValue: "26000")
    /// `too_many_connections`
    public static let tooManyConnections = SQLState(rawValue: "53300")

    /// The same statement may succeed when repeated, because it lost a race or met a server that was going down.
    public var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable, .adminShutdown, .crashShutdown,
            .cannotConnectNow, .tooManyConnections:
            true
        default: false
        }
    }
}
