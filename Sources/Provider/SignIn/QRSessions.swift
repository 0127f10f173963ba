import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// The QR conversations: table `qr_session`, and the only statements that move a row. Each is one conditional update with its
/// audit row in the same statement; of two moves at once the database lets one through (trust.md T05).
struct QRSessions: Sendable {
    static let tokenType = "qr_session"
    static let ticketType = "qr_ticket"
    /// Wrong numbers after which a conversation is over (one retry).
    static let mistakesAllowed = 2
    /// Strangers with a poll secret that are written down, for each conversation: a thief cannot fill the log.
    static let strangersRecorded = 5

    let database: Database
    let clock: ServerClock
    /// Derives the picture from the poll secret.
    let key: Secret<[UInt8]>
    let issuer: String
    /// Seconds a picture may be scanned.
    let lifetime: Int
    /// Seconds the phone has to confirm, and then the browser to come for it.
    let confirmLifetime: Int
    /// Whether the number is asked within one network too; between networks it always is.
    let alwaysAsksNumber: Bool

    /// Who scans or confirms: a person logged in to the mini-program.
    struct Actor: Sendable {
        let account: AccountID
        /// The mini-program session.
        let session: UUID
    }

    /// What a browser asks a picture for.
    struct Purpose: Sendable {
        var pending: String?
        var clientID: String?
        /// The relying party's host, as the phone will show it.
        var domain: String?
        var userAgent: String?
    }

    // MARK: The browser's side

    /// A new conversation of this browser.
    func begin(_ purpose: Purpose, browser: BrowserIdentity, trace: Trace) async throws -> QRSession {
        let token = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        let id = token.value.reveal()
        try await database.execute(
            """
            INSERT INTO qr_session (day, hash, picture, browser, pending, client_id, domain, network, user_agent,
                created_at, expires_at)
            VALUES (\(token.day.number), \(token.hash(as: Self.tokenType)), \(QRSessionPicture(of: id, key: key).hash),
                \(browser.hash), \(purpose.pending), \(purpose.clientID), \(purpose.domain), \(trace.network),
                \(purpose.userAgent), instant(), instant() + make_interval(secs => \(Double(lifetime))))
            """
        )
        return QRSession(
            id: id,
            version: 1,
            state: .waiting,
            expiresIn: lifetime,
            account: nil,
            number: nil,
            pending: purpose.pending
        )
    }

    /// What the picture of a conversation says.
    func text(of id: String) -> String { QRSessionPicture(of: id, key: key).text(issuer: issuer) }

    /// The conversation of that secret, if this browser began it; nil tells nobody whether it exists.
    func find(_ id: String, browser: BrowserIdentity) async throws -> QRSession? {
        guard let token = DatedToken(presented: id) else { return nil }
        let row = try await database.row(Self.finding(token, browser: browser))
        guard let row else { return nil }
        let state = QRSessionState(rawValue: try row.get("state")) ?? .expired
        return QRSession(
            id: id,
            version: try row.get("version"),
            state: state,
            expiresIn: try row.get("expires_in"),
            account: try row.get("account_id", as: UUID?.self).map(AccountID.init),
            number: state == .scanned ? try row.get("number", as: Int?.self) : nil,
            pending: try row.get("pending")
        )
    }

    static func finding(_ token: DatedToken, browser: BrowserIdentity) -> SQL {
        """
        SELECT \(sql: state) AS state, version, account_id, CASE WHEN needs_number THEN number END AS number, pending,
            greatest(0, ceil(extract(epoch FROM expires_at - instant())))::bigint AS expires_in
        FROM qr_session
        WHERE day = \(token.day.number) AND hash = \(token.hash(as: tokenType)) AND browser = \(browser.hash)
        """
    }

    /// The key under which changes of a conversation are told.
    static func watchKey(_ id: String) -> String? {
        DatedToken(presented: id).map { Hexadecimal.encode($0.hash(as: tokenType)) }
    }

    /// Writes down that somebody holds a poll secret without the browser's cookie.
    func noteStranger(_ id: String, browser: BrowserIdentity, trace: Trace) async throws {
        guard let token = DatedToken(presented: id) else { return }
        let record = Self.refusal(.wrongBrowser, object: Self.name(token.hash(as: Self.tokenType)))
        _ = try await database.write(
            """
            WITH seen AS (
                UPDATE qr_session SET strangers = strangers + 1
                WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType))
                    AND browser <> \(browser.hash) AND strangers < \(Self.strangersRecorded)
                RETURNING day
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "seen")))
            SELECT day FROM seen
            """
        )
    }

    /// What a browser gets when it comes for its login.
    struct Consumed: Sendable {
        let account: AccountID
        let pending: String?
        /// Phone and browser were in one network.
        let isNear: Bool
    }

    /// Spends a confirmed conversation, once, for the browser that began it.
    func consume(_ id: String, browser: BrowserIdentity, trace: Trace) async throws -> Result<
        Consumed, QRSessionRefusal
    > {
        guard let token = DatedToken(presented: id) else { return .failure(.unknown) }
        let record = AuditRecord(event: .qrConsumed, object: Self.name(token.hash(as: Self.tokenType)))
        let rows = try await database.write(
            """
            WITH moved AS (
                UPDATE qr_session SET state = 'consumed', version = version + 1
                WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType))
                    AND browser = \(browser.hash) AND \(sql: Self.allowed(.consume))
                RETURNING account_id, pending, network, phone_network
            ), audited AS (\(sql: record.insertion(trace, fromAccountsIn: "moved")))
            SELECT account_id, pending, (\(sql: Self.isNear)) AS is_near FROM moved
            """
        )
        if let row = rows.first {
            return .success(
                Consumed(
                    account: AccountID(try row.get("account_id", as: UUID.self)),
                    pending: try row.get("pending"),
                    isNear: try row.get("is_near")
                )
            )
        }
        guard let session = try await find(id, browser: browser) else {
            try await noteStranger(id, browser: browser, trace: trace)
            return .failure(.unknown)
        }
        let refusal = QRSessionRefusal(session.state)
        try await note(refusal, account: session.account, hash: token.hash(as: Self.tokenType), trace: trace)
        return .failure(refusal)
    }

    /// Throws a picture of this browser away: another takes its place.
    func discard(_ id: String, browser: BrowserIdentity) async throws {
        guard let token = DatedToken(presented: id) else { return }
        try await database.execute(
            """
            UPDATE qr_session SET state = 'cancelled', version = version + 1
            WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType)) AND browser = \(browser.hash)
                AND state = 'waiting'
            """
        )
    }

    // MARK: Pieces of the statements

    /// The state as everybody outside the table sees it.
    static let state: SQL = """
        CASE WHEN state IN ('waiting', 'scanned', 'confirmed') AND expires_at <= instant() THEN 'expired' ELSE state END
        """

    /// A phone whose network is not known counts as far away.
    static let isNear: SQL = "network IS NOT NULL AND network <> 'unknown' AND network = phone_network"

    /// The condition under which a move is legal: it follows the table of ``QRSessionState/after(_:)``.
    static func allowed(_ move: QRSessionMove) -> SQL { "state = ANY(\(move.origins)) AND expires_at > instant()" }

    /// How the audit log names a conversation: a part of the hash, good for nothing else.
    static func name(_ hash: [UInt8]) -> String { Base64URL.encode(Array(hash.prefix(12))) }

    static func refusal(_ refusal: QRSessionRefusal, account: AccountID? = nil, object: String?) -> AuditRecord {
        AuditRecord(event: .qrRefused, account: account, object: object, outcome: refusal.rawValue)
    }

    func note(_ refusal: QRSessionRefusal, account: AccountID?, hash: [UInt8]?, trace: Trace) async throws {
        try await database.execute(
            Self.refusal(refusal, account: account, object: hash.map(Self.name)).insertion(trace)
        )
    }
}
