import Cryptography
import FoundationEssentials
import OAuth
import Postgres

extension Administration {
    /// A logout notice to a client as a command prints it: nothing of the person.
    public struct LogoutDeliveryView: Sendable {
        /// When the session ended, RFC 3339.
        public let createdAt: String
        /// `pending`, `delivered`, `refused` or `abandoned`.
        public let state: String
        /// Tries so far.
        public let tries: Int
        /// The status of the last answer.
        public let status: Int?
        /// What was wrong with the last try.
        public let fault: String?
        /// Everything as one line of JSON.
        public let json: String

        init(_ entry: LogoutNotices.Entry) {
            func text(_ date: Date) -> String { Date.ISO8601FormatStyle().format(date) }
            createdAt = text(entry.createdAt)
            state = entry.state.rawValue
            tries = entry.tries
            status = entry.status
            fault = entry.fault
            json =
                JSON.object([
                    ("created_at", .string(createdAt)), ("state", .string(state)), ("tries", .integer(Int64(tries))),
                    ("tried_at", entry.triedAt.map { .string(text($0)) }),
                    ("last_status", status.map { .integer(Int64($0)) }), ("last_error", fault.map { .string($0) }),
                    ("next_try_at", entry.nextTryAt.map { .string(text($0)) }),
                ]).serialized
        }
    }

    /// The newest logout notices to a client: which were heard, which still wait and why. They are kept for two weeks.
    /// - Parameters:
    ///   - id: the client.
    ///   - most: how many.
    /// - Returns: the notices, the newest first.
    /// - Throws: ``AdministrationFault`` in words; `PostgresError`.
    public func logoutDeliveries(to id: String, most: Int) async throws -> [LogoutDeliveryView] {
        guard (1...10_000).contains(most) else { throw AdministrationFault("Between 1 and 10000 can be shown.") }
        _ = try await showClient(id)
        return try await LogoutNotices(database: rooms.database).list(id, most: most).map(LogoutDeliveryView.init)
    }
}
