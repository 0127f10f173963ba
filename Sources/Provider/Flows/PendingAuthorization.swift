// Flows
// Owns: tables `pending_authorization` and `journey`: what a citizen is in the middle of, bound to the browser that began it.
// Hands off: what to do next to the dispatcher in Authorization; each step's page to the step's room.
// Never: a step's result taken from the browser. What was passed stands in the row or in the session.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// An authorization request that waits on the server while the citizen walks the steps.
///
/// What was asked for never travels through the browser: the pages carry an opaque name of this row, and the row is bound
/// to the browser that brought the request (trust.md T03, T16).
struct PendingAuthorization: Sendable {
    /// The opaque name, as it stands in our own URLs and forms (`transaction`).
    let name: String
    let purpose: Purpose
    let clientID: String
    /// The request as it came.
    let parameters: Parameters
    let createdAt: Date
    /// The account that answered 同意 to this very request, if one did.
    let consentedBy: AccountID?
    /// Neither expired nor answered.
    let isOpen: Bool
    /// It was answered in this browser.
    let isAnswered: Bool

    /// Who waits: each purpose has a dispatcher of its own, to which the steps lead back.
    enum Purpose: String, Sendable {
        /// A relying party, for its redirect (`Authorization`).
        case authorization
        /// A device without a browser (`Device`).
        case device
    }
}

/// The stored requests.
struct PendingAuthorizations: Sendable {
    static let tokenType = "pending_authorization"

    let database: Database
    let clock: ServerClock
    /// Seconds a citizen may take over all steps.
    let lifetime: Int

    /// Stores a request for the browser that brought it.
    /// - Returns: its opaque name.
    func store(
        _ parameters: Parameters,
        for purpose: PendingAuthorization.Purpose = .authorization,
        clientID: String,
        browser: BrowserIdentity
    ) async throws -> String {
        let token = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        try await database.execute(
            """
            INSERT INTO pending_authorization (day, hash, purpose, browser, client_id, parameters, created_at,
                expires_at)
            VALUES (\(token.day.number), \(token.hash(as: Self.tokenType)), \(purpose.rawValue), \(browser.hash),
                \(clientID), \(parameters.encoded), instant(), instant() + make_interval(secs => \(Double(lifetime))))
            """
        )
        return token.value.reveal()
    }

    /// The request of that name, if this browser brought it; also when it has expired, so that the page can lead back
    /// to the relying party.
    func find(_ name: String?, browser: BrowserIdentity) async throws -> PendingAuthorization? {
        guard let name, let token = DatedToken(presented: name) else { return nil }
        let row = try await database.row(
            """
            SELECT purpose, client_id, parameters, created_at, consented_by,
                (finished_at IS NULL OR finished_at > instant() - interval '10 seconds')
                    AND expires_at > instant() AS is_open,
                finished_at IS NOT NULL AS is_answered
            FROM pending_authorization
            WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType)) AND browser = \(browser.hash)
            """
        )
        return try row.map {
            PendingAuthorization(
                name: name,
                purpose: PendingAuthorization.Purpose(rawValue: try $0.get("purpose")) ?? .authorization,
                clientID: try $0.get("client_id"),
                parameters: try Parameters(query: $0.get("parameters")),
                createdAt: try $0.get("created_at"),
                consentedBy: try $0.get("consented_by", as: UUID?.self).map(AccountID.init),
                isOpen: try $0.get("is_open"),
                isAnswered: try $0.get("is_answered")
            )
        }
    }

    /// Records that an account said 同意 to a waiting request (P19, or the box of H1).
    /// - Returns: false when the request was answered or expired meanwhile.
    func consent(_ pending: PendingAuthorization, by account: AccountID) async throws -> Bool {
        guard let token = DatedToken(presented: pending.name) else { return false }
        let marked = try await database.execute(
            """
            UPDATE pending_authorization SET consented_by = \(account.uuid)
            WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType)) AND finished_at IS NULL
                AND expires_at > instant()
            """
        )
        return marked == 1
    }

    /// Closes a request that ends in a refusal, with an audit row.
    /// - Returns: false when it was answered already.
    func refuse(_ pending: PendingAuthorization, record: AuditRecord, trace: Trace) async throws -> Bool {
        guard let closing = Self.closing(pending) else { return false }
        let rows = try await database.write(
            """
            WITH closed AS (\(sql: closing)), audited AS (\(sql: record.insertion(trace, ifAnyIn: "closed")))
            SELECT client_id FROM closed
            """
        )
        return !rows.isEmpty
    }

    /// The conditional update that closes a request once: the first part of the statement that answers it.
    ///
    /// A request may be answered again for ten seconds: somebody who pressed a button twice abandoned the first answer
    /// before the browser followed it, and must not end on an error page. Each answer is a code of its own. Where `source` is given, a CTE
    /// of the same statement, it is closed only if that has a row.
    static func closing(_ pending: PendingAuthorization, ifAnyIn source: String? = nil) -> SQL? {
        guard let token = DatedToken(presented: pending.name) else { return nil }
        let condition: SQL = source.map { "EXISTS (SELECT FROM \(raw: $0))" } ?? "true"
        return """
            UPDATE pending_authorization SET finished_at = coalesce(finished_at, instant())
            WHERE day = \(token.day.number) AND hash = \(token.hash(as: tokenType))
                AND (finished_at IS NULL OR finished_at > instant() - interval '10 seconds') AND expires_at > instant()
                AND \(sql: condition)
            RETURNING client_id
            """
    }
}
