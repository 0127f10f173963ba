// LogoutNotices
// Owns: table `logout_notice`: which relying party must still hear that a session has ended, and what became of it; the delivery.
// Hands off: which session ends to Sessions; what a logout token says to OAuth; the way to the relying party to Outbound.
// Never: a notice written outside the statement that ends the session; a token kept. Each try signs its own.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// The outbox of back-channel logout (OpenID Connect Back-Channel Logout 1.0; E15 of the protocol surface), shared by all processes.
///
/// A row is taken by one conditional statement that moves the time it is due to the end of a lease: no other process takes it
/// meanwhile, and what a dead process had taken comes up again. The number of tries tells an answer that comes after its lease from
/// the one that counts.
struct LogoutNotices: Sendable {
    /// Seconds after which a relying party that cannot be reached is given up. Its own sessions are hardly older.
    static let patience = 86_400.0
    /// Seconds a process has for one try. More than the longest exchange, by far.
    static let lease = 30.0

    let database: Database

    /// What became of one try.
    struct Outcome: Sendable, Equatable {
        enum State: String, Sendable { case pending, delivered, refused, abandoned }

        var state: State
        /// The status of the answer, if there was one.
        var status: Int?
        /// Why not, in words without anything of the answer: never its text.
        var fault: String?
        /// Seconds until the next try, for one that is pending.
        var pause = 0.0
    }

    /// A notice to be sent now.
    struct Due: Sendable {
        let dayNumber: Int
        let id: UUID
        let clientID: ClientID
        let subject: Subject
        let sessionID: SessionID
        /// This try, from 1.
        let tries: Int
        /// Nil when the client is gone, out of service, or takes no notices any more.
        let uri: String?
        let algorithm: SignatureAlgorithm?
    }

    // MARK: Writing

    /// The statement that writes a notice for every relying party that took part in a session of `source`, a CTE with `account_id`
    /// and `sid`: nest it where those sessions end.
    static func insertion(from source: String) -> SQL {
        """
        INSERT INTO logout_notice (day, id, client_id, subject, sid, created_at, due_at, give_up_at)
        SELECT floor(extract(epoch FROM instant()) / 86400)::integer, gen_random_uuid(), r.client_id, r.subject, r.sid,
            instant(), instant(), instant() + make_interval(secs => \(patience))
        FROM (
            SELECT DISTINCT g.client_id, g.subject, g.sid
            FROM \(raw: source) e JOIN authorization_grant g ON g.account_id = e.account_id AND g.sid = e.sid
            JOIN client c ON c.id = g.client_id AND c.state = 'active'
                AND c.metadata->>'backchannel_logout_uri' IS NOT NULL
        ) r
        """
    }

    // MARK: Delivering

    /// Takes the notices that are due the longest, at most so many, for one try each. The clients named get nothing.
    func take(_ most: Int, sparing clients: [String]) async throws -> [Due] {
        try await database.write(Self.taking(most, sparing: clients)).map { row in
            Due(
                dayNumber: try row.get("day"),
                id: try row.get("id"),
                clientID: ClientID(trusted: try row.get("client_id")),
                subject: Subject(try row.get("subject")),
                sessionID: SessionID(try row.get("sid")),
                tries: try row.get("tries"),
                uri: try row.get("uri"),
                algorithm: try row.get("algorithm", as: String?.self).flatMap(SignatureAlgorithm.init(rawValue:))
            )
        }
    }

    static func taking(_ most: Int, sparing clients: [String]) -> SQL {
        """
        WITH due AS MATERIALIZED (
            SELECT day, id FROM logout_notice
            WHERE finished_at IS NULL AND due_at <= instant() AND client_id <> ALL (\(clients)::text[])
            ORDER BY due_at LIMIT \(most) FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE logout_notice n SET tries = n.tries + 1, due_at = instant() + make_interval(secs => \(lease))
            FROM due WHERE n.day = due.day AND n.id = due.id
            RETURNING n.day, n.id, n.client_id, n.subject, n.sid, n.tries
        )
        SELECT t.*, c.metadata->>'backchannel_logout_uri' AS uri,
            c.metadata->>'id_token_signed_response_alg' AS algorithm
        FROM taken t LEFT JOIN client c ON c.id = t.client_id AND c.state = 'active'
        """
    }

    /// Records what became of a try, unless its lease ran out and somebody else is at it. A notice whose next try would come too late
    /// is given up.
    func record(_ outcome: Outcome, of notice: Due) async throws {
        try await database.execute(
            """
            UPDATE logout_notice n SET tried_at = instant(), last_status = \(outcome.status), last_error = \(outcome.fault),
                due_at = f.next, state = f.state,
                finished_at = CASE WHEN f.state = 'pending' THEN NULL ELSE instant() END
            FROM (
                SELECT o.next, CASE WHEN o.state = 'pending' AND o.next >= m.give_up_at THEN 'abandoned' ELSE o.state END AS state
                FROM logout_notice m, (
                    SELECT \(outcome.state.rawValue)::text AS state,
                        instant() + make_interval(secs => \(outcome.pause)) AS next
                ) o
                WHERE m.day = \(notice.dayNumber) AND m.id = \(notice.id)
            ) f
            WHERE n.day = \(notice.dayNumber) AND n.id = \(notice.id) AND n.tries = \(notice.tries)
                AND n.finished_at IS NULL
            """
        )
    }

    // MARK: Looking

    /// What an operator sees of one notice: nothing of the person.
    struct Entry: Sendable {
        let createdAt: Date
        let state: Outcome.State
        let tries: Int
        let triedAt: Date?
        let status: Int?
        let fault: String?
        /// Nil once it is finished.
        let nextTryAt: Date?
    }

    /// The notices to a client, the newest first.
    func list(_ clientID: String, most: Int) async throws -> [Entry] {
        try await database.rows(
            """
            SELECT created_at, state, tries, tried_at, last_status, last_error,
                CASE WHEN finished_at IS NULL THEN due_at END AS next_try_at
            FROM logout_notice WHERE client_id = \(clientID) ORDER BY created_at DESC LIMIT \(most)
            """
        ).map { row in
            Entry(
                createdAt: try row.get("created_at"),
                state: Outcome.State(rawValue: try row.get("state")) ?? .pending,
                tries: try row.get("tries"),
                triedAt: try row.get("tried_at"),
                status: try row.get("last_status"),
                fault: try row.get("last_error"),
                nextTryAt: try row.get("next_try_at")
            )
        }
    }
}
