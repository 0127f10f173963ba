// MiniProgram
// Owns: `/mp/v1`, the API of the city's mini-program in WeChat, Alipay and Baidu (pages.md 4), with the tables of its sessions,
// tokens, identities and repeated answers.
// Hands off: accounts to Accounts; the QR conversation to SignIn's QRSessions; what a host app says to that host app's own file.
// Never: a cookie; a phone number that the host app did not vouch for; a `session_key` in an answer.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// Who calls: a live session of the mini-program.
struct MiniProgramSession: Sendable {
    let id: UUID
    let day: Int
    let platform: MiniProgramPlatformName
    /// Blind index of the person in the host app.
    let identity: [UInt8]
    /// What the server keeps of the host app's answer.
    let held: MiniProgramLogin
    /// Nil until a phone has made or found an account.
    let account: AccountID?

    var actor: QRSessions.Actor? { account.map { QRSessions.Actor(account: $0, session: id) } }
}

/// Sessions of the mini-program and their opaque bearer tokens: stored as hashes, bound to host app and person, refresh tokens used once.
struct MiniProgramSessions: Sendable {
    static let accessType = "mini_program_access"
    static let refreshType = "mini_program_refresh"
    let database: Database
    let clock: ServerClock
    let vault: FieldVault
    /// Seals what is kept of the host app's answer.
    let key: Secret<[UInt8]>
    /// Seconds.
    let accessLifetime: Int
    let refreshLifetime: Int
    /// Seconds after which a person logs in anew by their host app, however often they refreshed.
    let sessionLifetime: Int

    /// A pair of tokens, in the clear for the only time.
    struct Tokens: Sendable {
        let access: Secret<String>
        let refresh: Secret<String>
        let expiresIn: Int
    }

    /// The blind index of a person in a host app.
    func identity(_ platform: MiniProgramPlatformName, _ login: MiniProgramLogin) -> [UInt8] {
        vault.index("mini-program|\(platform.rawValue)|\(login.stableKey)", .username)
    }

    /// The account that a person of a host app logs in to.
    func linkedAccount(_ identity: [UInt8]) async throws -> AccountID? {
        try await database.row("SELECT account_id FROM mini_program_identity WHERE key = \(identity)")
            .map { AccountID(try $0.get("account_id", as: UUID.self)) }
    }

    /// A new session with its tokens; with an account, that account must be in use.
    /// - Returns: nil when the account may not be used.
    func begin(
        _ platform: MiniProgramPlatformName,
        _ login: MiniProgramLogin,
        account: AccountID?,
        device: String?,
        trace: Trace
    ) async throws -> (session: MiniProgramSession, tokens: Tokens)? {
        let id = UUID()
        let day = Day(of: clock.now.addingTimeInterval(Double(sessionLifetime)))
        let identity = identity(platform, login)
        let (tokens, writing) = newTokens(sessionDay: day.number, sessionID: id, source: "started")
        let record = AuditRecord(event: .miniProgramSignedIn, account: account, object: platform.rawValue)
        let rows = try await database.write(
            """
            WITH person AS (
                SELECT a.id, a.session_epoch FROM (SELECT 1) AS always
                LEFT JOIN account a ON a.id = \(account?.uuid)::uuid AND a.state = 'active'
            ), started AS (
                INSERT INTO mini_program_session (day, id, platform, identity, held, account_id, session_epoch, device,
                    network, created_at, expires_at)
                SELECT \(day.number), \(id)::uuid, \(platform.rawValue), \(identity)::bytea,
                    \(try sealed(login, id))::bytea, p.id, p.session_epoch, \(device), \(trace.network), instant(),
                    instant() + make_interval(secs => \(Double(sessionLifetime)))
                FROM person p WHERE \(account == nil) OR p.id IS NOT NULL
                RETURNING id
            ), tokens AS (\(sql: writing)), audited AS (\(sql: record.insertion(trace, ifAnyIn: "started")))
            SELECT id FROM started
            """
        )
        guard !rows.isEmpty else { return nil }
        let session = MiniProgramSession(
            id: id,
            day: day.number,
            platform: platform,
            identity: identity,
            held: login,
            account: account
        )
        return (session, tokens)
    }

    /// The live session behind an access token.
    func find(_ bearer: String) async throws -> MiniProgramSession? {
        guard let token = DatedToken(presented: bearer) else { return nil }
        return try await database.row(Self.finding(token, Self.accessType)).map(session)
    }

    static func finding(_ token: DatedToken, _ type: String) -> SQL {
        """
        SELECT s.id, s.day, s.platform, s.identity, s.held, s.account_id
        FROM mini_program_token t JOIN mini_program_session s ON s.day = t.session_day AND s.id = t.session_id
        LEFT JOIN account a ON a.id = s.account_id
        WHERE t.day = \(token.day.number) AND t.hash = \(token.hash(as: type)) AND t.spent_at IS NULL
            AND t.expires_at > instant() AND s.ended_at IS NULL AND s.expires_at > instant()
            AND (s.account_id IS NULL OR (a.state = 'active' AND a.session_epoch = s.session_epoch))
        """
    }

    /// Links the person of a session to an account and gives the session to it.
    ///
    /// `replacing` is the account the person chose to leave; without it an existing link to another account stands in the way.
    /// - Returns: false when it does, or the account may not be used.
    func link(_ session: MiniProgramSession, to account: AccountID, replacing: AccountID?, trace: Trace) async throws
        -> Bool
    {
        let record = AuditRecord(event: .miniProgramLinked, account: account, object: session.platform.rawValue)
        let rows = try await database.write(
            """
            WITH linked AS (
                INSERT INTO mini_program_identity AS i (key, account_id, platform, linked_at)
                SELECT \(session.identity)::bytea, a.id, \(session.platform.rawValue), instant()
                FROM account a WHERE a.id = \(account.uuid) AND a.state = 'active'
                ON CONFLICT (key) DO UPDATE SET account_id = excluded.account_id, linked_at = excluded.linked_at
                    WHERE i.account_id = excluded.account_id OR i.account_id = \(replacing?.uuid)::uuid
                RETURNING account_id
            ), given AS (
                UPDATE mini_program_session s SET account_id = a.id, session_epoch = a.session_epoch
                FROM linked l JOIN account a ON a.id = l.account_id
                WHERE s.day = \(session.day) AND s.id = \(session.id) AND s.ended_at IS NULL
                RETURNING s.id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "given")))
            SELECT id FROM given
            """
        )
        return !rows.isEmpty
    }

    /// Spends a refresh token and gives a new pair. A spent one that comes back ends the session: it was copied.
    func refresh(_ presented: String, trace: Trace) async throws -> Tokens? {
        guard let token = DatedToken(presented: presented),
            let row = try await database.row(
                """
                SELECT session_day, session_id FROM mini_program_token
                WHERE day = \(token.day.number) AND hash = \(token.hash(as: Self.refreshType))
                """
            )
        else { return nil }
        let day: Int = try row.get("session_day")
        let id: UUID = try row.get("session_id")
        let (tokens, writing) = newTokens(sessionDay: day, sessionID: id, source: "spent")
        let rows = try await database.write(
            """
            WITH spent AS (
                UPDATE mini_program_token t SET spent_at = instant()
                FROM mini_program_session s LEFT JOIN account a ON a.id = s.account_id
                WHERE t.day = \(token.day.number) AND t.hash = \(token.hash(as: Self.refreshType))
                    AND t.spent_at IS NULL AND t.expires_at > instant() AND s.day = t.session_day AND s.id = t.session_id
                    AND s.ended_at IS NULL AND s.expires_at > instant()
                    AND (s.account_id IS NULL OR (a.state = 'active' AND a.session_epoch = s.session_epoch))
                RETURNING t.session_id
            ), tokens AS (\(sql: writing))
            SELECT session_id FROM spent
            """
        )
        if !rows.isEmpty { return tokens }
        let record = AuditRecord(event: .miniProgramTokenReplayed, outcome: "refused")
        _ = try await database.write(
            """
            WITH ended AS (
                UPDATE mini_program_session s SET ended_at = instant() FROM mini_program_token t
                WHERE t.day = \(token.day.number) AND t.hash = \(token.hash(as: Self.refreshType))
                    AND t.spent_at IS NOT NULL AND s.day = t.session_day AND s.id = t.session_id AND s.ended_at IS NULL
                RETURNING s.account_id
            ), audited AS (\(sql: record.insertion(trace, fromAccountsIn: "ended")))
            SELECT account_id FROM ended
            """
        )
        return nil
    }

    /// Ends a session of an account, or a person's own before there is one.
    func end(_ id: UUID, account: AccountID?, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .miniProgramSignedOut)
        let rows = try await database.write(
            """
            WITH ended AS (
                UPDATE mini_program_session SET ended_at = instant()
                WHERE id = \(id) AND account_id IS NOT DISTINCT FROM \(account?.uuid)::uuid AND ended_at IS NULL
                RETURNING account_id
            ), audited AS (\(sql: record.insertion(trace, fromAccountsIn: "ended")))
            SELECT account_id FROM ended
            """
        )
        return !rows.isEmpty
    }

    /// One phone in the list of a person's devices.
    struct Device: Sendable {
        let id: UUID
        let platform: String
        let device: String?
        let network: String?
        let createdAt: Date
    }

    func devices(of account: AccountID) async throws -> [Device] {
        try await database.rows(
            """
            SELECT s.id, s.platform, s.device, s.network, s.created_at FROM mini_program_session s
            JOIN account a ON a.id = s.account_id AND a.session_epoch = s.session_epoch
            WHERE s.account_id = \(account.uuid) AND s.ended_at IS NULL AND s.expires_at > instant()
            ORDER BY s.created_at DESC LIMIT 50
            """
        ).map { row in
            Device(
                id: try row.get("id"),
                platform: try row.get("platform"),
                device: try row.get("device"),
                network: try row.get("network"),
                createdAt: try row.get("created_at")
            )
        }
    }

    // MARK: Pieces

    /// A new pair, and the statement that stores it if the CTE `source` has a row.
    private func newTokens(sessionDay: Int, sessionID: UUID, source: String) -> (Tokens, SQL) {
        let access = DatedToken(expiry: clock.now.addingTimeInterval(Double(accessLifetime)))
        let refresh = DatedToken(expiry: clock.now.addingTimeInterval(Double(refreshLifetime)))
        let writing: SQL = """
            INSERT INTO mini_program_token (day, hash, session_day, session_id, expires_at)
            SELECT t.day, t.hash, \(sessionDay), \(sessionID)::uuid, instant() + make_interval(secs => t.life)
            FROM \(raw: source) CROSS JOIN (VALUES
                (\(access.day.number)::integer, \(access.hash(as: Self.accessType))::bytea, \(Double(accessLifetime))),
                (\(refresh.day.number)::integer, \(refresh.hash(as: Self.refreshType))::bytea,
                    \(Double(refreshLifetime)))) AS t (day, hash, life)
            """
        return (Tokens(access: access.value, refresh: refresh.value, expiresIn: accessLifetime), writing)
    }

    private func sealed(_ login: MiniProgramLogin, _ id: UUID) throws -> [UInt8] {
        try AESGCM.seal(login.json.bytes, key: key.reveal(), aad: Array("mini_program_session|\(id)".utf8))
    }

    private func session(_ row: Row) throws -> MiniProgramSession {
        let id: UUID = try row.get("id")
        let bytes = try AESGCM.open(
            row.get("held"),
            key: key.reveal(),
            aad: Array("mini_program_session|\(id)".utf8)
        )
        guard let platform = MiniProgramPlatformName(rawValue: try row.get("platform")) else {
            throw FieldVault.Unreadable()
        }
        return MiniProgramSession(
            id: id,
            day: try row.get("day"),
            platform: platform,
            identity: try row.get("identity"),
            held: MiniProgramLogin(json: try JSON(parsing: bytes)),
            account: try row.get("account_id", as: UUID?.self).map(AccountID.init)
        )
    }
}
