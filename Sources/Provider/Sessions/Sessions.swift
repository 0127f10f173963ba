// Sessions
// Owns: table `session`: who is signed in, in which browser, since when and how.
// Hands off: how strongly that counts for a request to OAuth's Interaction; the cookie's shape to Web; who is told of an end to
// LogoutNotices.
// Never: a session carried over a login. A login always makes a new one (trust.md T03), known to relying parties by the old name where
// the same person logs in again: for them nothing has ended.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// A browser's single sign-on session, as one request sees it: live, and its account active.
struct Session: Sendable {
    /// The public session id (`sid`, OIDC Back-Channel Logout §2.1). Not the cookie.
    let sid: String
    let account: AccountID
    let subject: String
    let sessionEpoch: Int
    /// When and how the person logged in, and the level of the account now.
    let authentication: AuthenticationContext
}

/// The sessions of all browsers.
struct Sessions: Sendable {
    static let tokenType = "session"

    let database: Database
    let clock: ServerClock
    /// Absolute life of a session in seconds.
    let lifetime: Int

    /// The live session behind a cookie's value; nil when there is none, it ended, or its account may not be used.
    func find(_ cookie: String?) async throws -> Session? {
        guard let cookie, let token = DatedToken(presented: cookie) else { return nil }
        return try await database.row(Self.finding(token)).map(Self.session(from:))
    }

    static func finding(_ token: DatedToken) -> SQL {
        """
        SELECT s.sid, s.account_id, s.session_epoch, s.auth_time, s.amr, a.subject,
            least(a.level, coalesce(s.level_cap, 4)) AS level
        FROM (
            SELECT * FROM session
            WHERE day = \(token.day.number) AND hash = \(token.hash(as: tokenType)) AND ended_at IS NULL
                AND expires_at > instant()
            -- By its key first, however few the accounts are: the plan is made once for all values.
            OFFSET 0
        ) s JOIN account a ON a.id = s.account_id AND a.state = 'active' AND a.session_epoch = s.session_epoch
        """
    }

    /// Starts a session for an account that has just proved itself, with its audit row; nil when the account may not
    /// be used any more.
    ///
    /// `replacing` is the cookie of the session this login takes the place of; it ends in the same statement. Where it was the same
    /// person's, its `sid` goes on; where it was somebody else's, relying parties of that session are told. `browser` is what the person
    /// is shown in the list of their devices. `levelCap` bounds what the
    /// session's tokens may state, for a login that is weaker than the account (trust.md 0).
    func begin(
        _ account: AccountID,
        methods: [AuthenticationMethod],
        levelCap: AssuranceLevel? = nil,
        replacing: String?,
        browser: String?,
        trace: Trace
    ) async throws
        -> (cookie: Secret<String>, session: Session)?
    {
        let token = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        let sid = Base64URL.encode(Random.bytes(16))
        let old = replacing.flatMap(DatedToken.init(presented:))
        let amr = methods.map(\.rawValue)
        let detail = JSON.object([
            ("amr", JSON(amr)), ("level_cap", levelCap.map { .integer(Int64($0.rawValue)) }),
        ])
        let record = AuditRecord(event: .signedIn, account: account, detail: detail)
        let rows = try await database.write(
            """
            WITH ended AS (
                UPDATE session SET ended_at = instant()
                WHERE day = \(old?.day.number ?? -1) AND hash = \(old?.hash(as: Self.tokenType) ?? [])
                    AND ended_at IS NULL AND expires_at > instant()
                RETURNING account_id, session_epoch, sid
            ), started AS (
                INSERT INTO session (day, hash, sid, account_id, session_epoch, auth_time, amr, network, browser,
                    level_cap, created_at, expires_at)
                SELECT \(token.day.number), \(token.hash(as: Self.tokenType)), coalesce((
                        SELECT e.sid FROM ended e WHERE e.account_id = a.id AND e.session_epoch = a.session_epoch
                    ), \(sid)), a.id, a.session_epoch, instant(), \(amr), \(trace.network), \(browser),
                    \(levelCap?.rawValue)::smallint, instant(),
                    instant() + make_interval(secs => \(Double(lifetime)))
                FROM account a WHERE a.id = \(account.uuid) AND a.state = 'active'
                RETURNING sid, account_id, session_epoch, auth_time, amr, level_cap
            ), left_behind AS (SELECT account_id, sid FROM ended WHERE account_id <> \(account.uuid)
            ), noticed AS (\(sql: LogoutNotices.insertion(from: "left_behind"))
            ), audited AS (\(sql: record.insertion(trace, objectsOf: "started", "sid")))
            SELECT s.sid, s.account_id, s.session_epoch, s.auth_time, s.amr, a.subject,
                least(a.level, coalesce(s.level_cap, 4)) AS level
            FROM started s JOIN account a ON a.id = s.account_id
            """
        )
        return try rows.first.map { (token.value, try Self.session(from: $0)) }
    }

    /// Ends one session, and lets its relying parties know. Ending it twice is no error.
    ///
    /// What was allowed to them for when the person is away goes on (OpenID Connect Back-Channel Logout §2.7).
    func end(_ session: Session, trace: Trace) async throws {
        let record = AuditRecord(event: .signedOut, account: session.account, object: session.sid)
        _ = try await database.write(
            """
            WITH ended AS (\(sql: Self.ending("account_id = \(session.account.uuid) AND sid = \(session.sid)"))
            ), noticed AS (\(sql: LogoutNotices.insertion(from: "ended"))
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "ended")))
            SELECT sid FROM ended
            """
        )
    }

    /// A session as its person sees it among others.
    struct Entry: Sendable {
        let sid: String
        let signedInAt: Date
        /// /24 or /48.
        let network: String?
        /// What the browser called itself.
        let browser: String?
    }

    /// The live sessions of an account, the newest first.
    func list(_ account: AccountID) async throws -> [Entry] {
        try await database.rows(
            """
            SELECT s.sid, s.auth_time, s.network, s.browser FROM session s
            JOIN account a ON a.id = s.account_id AND a.session_epoch = s.session_epoch AND a.state = 'active'
            WHERE s.account_id = \(account.uuid) AND s.ended_at IS NULL AND s.expires_at > instant()
            ORDER BY s.auth_time DESC LIMIT 100
            """
        ).map { row in
            Entry(
                sid: try row.get("sid"),
                signedInAt: try row.get("auth_time"),
                network: try row.get("network"),
                browser: try row.get("browser")
            )
        }
    }

    /// The statement that ends the live sessions of a condition, for those who act on it: with it must go the notices.
    static func ending(_ condition: SQL) -> SQL {
        """
        UPDATE session SET ended_at = instant()
        WHERE \(sql: condition) AND ended_at IS NULL AND expires_at > instant() RETURNING account_id, sid
        """
    }

    /// The statement that takes a session over an end of all others: it belongs to the epoch that has begun.
    static func keeping(_ sid: String, of account: AccountID, in epoch: Int) -> SQL {
        """
        UPDATE session SET session_epoch = \(epoch)
        WHERE account_id = \(account.uuid) AND sid = \(sid) AND session_epoch = \(epoch - 1) AND ended_at IS NULL
        """
    }

    private static func session(from row: Row) throws -> Session {
        Session(
            sid: try row.get("sid"),
            account: AccountID(try row.get("account_id", as: UUID.self)),
            subject: try row.get("subject"),
            sessionEpoch: try row.get("session_epoch"),
            authentication: AuthenticationContext(
                time: try row.get("auth_time"),
                level: AssuranceLevel(rawValue: try row.get("level")) ?? .l1,
                methods: try row.get("amr", as: [String].self).compactMap(AuthenticationMethod.init(rawValue:))
            )
        )
    }
}
