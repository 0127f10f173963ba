import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// Device codes and their user codes: issued, found, decided and redeemed, each edge by one conditional statement (RFC 8628 §3).
struct DeviceCodes: Sendable {
    static let tokenType = "device_code"
    /// What `slow_down` adds to the interval, in seconds (RFC 8628 §3.5), and where it ends: a device that is slow to understand is not
    /// locked out for the life of its code.
    static let penalty = 5
    static let longestInterval = 60

    let database: Database
    let clock: ServerClock
    let keys: UserCodeKeys
    let refreshTokens: RefreshTokens
    /// Life of both codes in seconds.
    let lifetime: Int
    /// Seconds between two polls.
    let interval: Int
    /// Longest life of a browser's session in seconds.
    let sessionLifetime: Int

    /// The key of a row.
    struct Key: Sendable, Equatable {
        let day: Int
        let hash: [UInt8]

        fileprivate var matches: SQL { "day = \(day) AND hash = \(hash)" }
    }

    // MARK: Issuing

    struct Issued: Sendable {
        let deviceCode: Secret<String>
        let userCode: UserCode
    }

    /// Stores a checked request under two new codes.
    func issue(_ request: DeviceAuthorizationRequest) async throws -> Issued {
        // Two living codes are alike once in billions of tries; what happened is then that the statement stored nothing.
        for _ in 0..<8 {
            let userCode = UserCodeKeys.random()
            let deviceCode = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
            if try await database.execute(insertion(of: deviceCode, userCode, request)) == 1 {
                return Issued(deviceCode: deviceCode.value, userCode: userCode)
            }
        }
        throw OAuthError(.temporarilyUnavailable, "no user code is free; try again")
    }

    func insertion(of code: DatedToken, _ userCode: UserCode, _ request: DeviceAuthorizationRequest) -> SQL {
        let hash = keys.hash(userCode)
        return """
            INSERT INTO device_authorization (day, hash, user_code, client_id, parameters, poll_interval, next_poll_at,
                created_at, expires_at)
            SELECT \(code.day.number)::integer, \(code.hash(as: Self.tokenType))::bytea, \(hash)::bytea,
                \(request.client.id.value), \(request.parameters.encoded), \(interval)::integer, instant(), instant(),
                instant() + make_interval(secs => \(Double(lifetime)))
            WHERE NOT EXISTS (SELECT FROM device_authorization WHERE day = \(code.day.number - 1) AND user_code = \(hash))
            ON CONFLICT DO NOTHING
            """
    }

    // MARK: Finding

    /// A row as the person's pages see it.
    struct Found: Sendable {
        let key: Key
        let clientID: String
        /// The request as it was kept.
        let parameters: Parameters
        let state: DeviceCodeStatus.State
        /// Neither expired nor decided.
        let isOpen: Bool
    }

    /// The open request behind a user code.
    func find(_ code: UserCode) async throws -> Found? {
        // A code may have been issued today for today or for tomorrow, at most a day ahead.
        let today = Day(of: clock.now).number
        return try await found(
            "day IN (\(today - 1), \(today), \(today + 1)) AND user_code = \(keys.hash(code)) AND \(sql: Self.isOpen)"
        )
    }

    func find(_ key: Key) async throws -> Found? { try await found(key.matches) }

    private func found(_ condition: SQL) async throws -> Found? {
        let row = try await database.row(
            """
            SELECT day, hash, client_id, parameters, state, \(sql: Self.isOpen) AS is_open
            FROM device_authorization WHERE \(sql: condition)
            """
        )
        return try row.map {
            Found(
                key: Key(day: try $0.get("day"), hash: try $0.get("hash")),
                clientID: try $0.get("client_id"),
                parameters: try Parameters(query: $0.get("parameters")),
                state: try Self.state($0),
                isOpen: try $0.get("is_open")
            )
        }
    }

    private static let isOpen: SQL = "state = 'pending' AND expires_at > instant()"

    private static func state(_ row: Row) throws -> DeviceCodeStatus.State {
        // The table's own condition leaves no other word.
        DeviceCodeStatus.State(rawValue: try row.get("state")) ?? .redeemed
    }

    // MARK: Deciding

    /// What the person said yes to, and as whom.
    struct Approval: Sendable {
        let request: DeviceAuthorizationRequest
        let session: Session
        /// The person, as the client knows them (OIDC Core §8).
        let subject: Subject
        /// What the tokens will state.
        let authentication: AuthenticationContext
    }

    /// pending → approved, with the grant, the remembered consent, the end of the waiting request and the audit row, or nothing.
    /// - Returns: false when the request was decided or expired meanwhile, or the account may not be used any more.
    func approve(_ key: Key, _ approval: Approval, closing pending: PendingAuthorization, trace: Trace) async throws
        -> Bool
    {
        let end = clock.now.addingTimeInterval(Double(grantLifetime(of: approval.request)))
        let grant = Grants.New(
            id: GrantID(day: Day(of: end), uuid: UUID()),
            clientID: approval.request.client.id,
            access: GrantedAccess(scope: approval.request.scope, resources: approval.request.resources),
            session: approval.session,
            subject: approval.subject,
            authentication: approval.authentication
        )
        return try await !database.write(decision(key, approval, grant, closing: pending, trace)).isEmpty
    }

    func decision(
        _ key: Key,
        _ approval: Approval,
        _ grant: Grants.New,
        closing pending: PendingAuthorization,
        _ trace: Trace
    ) -> SQL {
        let session = approval.session
        let clientID = approval.request.client.id.value
        let agreed = GrantedConsent(agreeingTo: approval.request.question)
        let remembered = Consents.remembering(
            session.account,
            clientID: clientID,
            scope: agreed.scopes,
            claims: agreed.claims.sorted(),
            ifAnyIn: "granted"
        )
        let record = AuditRecord(
            event: .deviceApproved,
            account: session.account,
            client: clientID,
            object: grant.id.text
        )
        return """
            WITH decided AS (
                UPDATE device_authorization
                SET state = 'approved', grant_day = \(grant.id.dayNumber), grant_id = \(grant.id.uuid)
                WHERE \(sql: key.matches) AND client_id = \(clientID) AND \(sql: Self.isOpen)
                    AND EXISTS (SELECT FROM account WHERE id = \(session.account.uuid) AND state = 'active'
                        AND session_epoch = \(session.sessionEpoch))
                RETURNING day
            ), granted AS (\(sql: Grants.insertion(grant, ifAnyIn: "decided"))
            ), closed AS (\(sql: PendingAuthorizations.closing(pending, ifAnyIn: "decided") ?? "SELECT 1")
            ), remembered AS (\(sql: remembered)
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "granted")))
            SELECT day FROM granted
            """
    }

    /// pending → denied.
    /// - Returns: false when the request was decided or expired meanwhile.
    func deny(_ found: Found, by account: AccountID, closing pending: PendingAuthorization, trace: Trace) async throws
        -> Bool
    {
        let record = AuditRecord(event: .deviceDenied, account: account, client: found.clientID)
        let rows = try await database.write(
            """
            WITH decided AS (
                UPDATE device_authorization SET state = 'denied'
                WHERE \(sql: found.key.matches) AND \(sql: Self.isOpen)
                RETURNING day
            ), closed AS (\(sql: PendingAuthorizations.closing(pending, ifAnyIn: "decided") ?? "SELECT 1")
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "decided")))
            SELECT day FROM decided
            """
        )
        return !rows.isEmpty
    }

    /// The longest life of what can hang on the grant, in seconds, as that of an authorization code's: the grant is forgotten after it.
    private func grantLifetime(of request: DeviceAuthorizationRequest) -> Int {
        let family = request.wantsRefreshToken ? refreshTokens.lifetime(of: request.client) : 0
        return lifetime + max(family, sessionLifetime) + ClientRegistrationPolicy.longestAccessTokenLifetime
    }

    // MARK: Polling

    /// approved → redeemed: the one conditional update of RFC 8628 §3.4, with the grant opened and the first refresh token written in the
    /// same statement. Of polls that race, one finds the row; the others wait for it and then find it redeemed.
    /// - Throws: `OAuthError`, the answer to a poll that gets no tokens (§3.5).
    func redeem(_ request: TokenRequest.DeviceCode, client: Client, key: String?, trace: Trace) async throws
        -> (grant: AuthorizationGrant, refreshToken: Secret<String>?)
    {
        guard let code = DatedToken(presented: request.deviceCode) else { throw Self.unknown }
        let refresh = client.grantTypes.contains(.refreshToken) ? refreshTokens.first(for: client) : nil
        let statement = redemption(of: code, client: client, first: refresh, key: key, trace: trace)
        if let row = try await database.write(statement).first {
            return (try AuthorizationGrant(row: row), try row.get("is_offline") ? refresh?.value : nil)
        }
        throw try await status(of: code, client: client)?.error ?? Self.unknown
    }

    func redemption(of code: DatedToken, client: Client, first refresh: DatedToken?, key: String?, trace: Trace) -> SQL
    {
        let record = AuditRecord(event: .deviceCodeRedeemed, client: client.id.value)
        let begun = refresh.map { refreshTokens.beginning($0, of: client, from: "opened") } ?? "SELECT NULL AS grant_id"
        return """
            WITH spent AS (
                UPDATE device_authorization SET state = 'redeemed'
                WHERE \(sql: matches(code, client)) AND state = 'approved' AND expires_at > instant()
                RETURNING grant_day AS day, grant_id AS id
            ), opened AS (\(sql: Grants.opening(from: "spent", boundTo: client.isPublic ? key : nil))
            ), begun AS (\(sql: begun)), audited AS (\(sql: record.insertion(trace, fromGrants: "opened")))
            SELECT *, EXISTS (SELECT FROM begun WHERE grant_id IS NOT NULL) AS is_offline FROM opened
            """
    }

    /// Counts a poll that got nothing, on whichever process it came, and says why. What stands right of `=` is what the row held before.
    private func status(of code: DatedToken, client: Client) async throws -> DeviceCodeStatus? {
        let rows = try await database.write(
            """
            UPDATE device_authorization SET is_hasty = next_poll_at > instant(),
                poll_interval = \(sql: Self.nextInterval),
                next_poll_at = instant() + make_interval(secs => \(sql: Self.nextInterval))
            WHERE \(sql: matches(code, client))
            RETURNING state, is_hasty, expires_at <= instant() AS is_expired
            """
        )
        return try rows.first.map {
            DeviceCodeStatus(
                state: try Self.state($0),
                isExpired: try $0.get("is_expired"),
                isHasty: try $0.get("is_hasty")
            )
        }
    }

    private static let nextInterval: SQL = """
        CASE WHEN next_poll_at > instant() THEN least(poll_interval + \(penalty)::integer, \(longestInterval)::integer)
            ELSE poll_interval END
        """

    /// A code is its client's alone (RFC 8628 §3.4); who brings another's learns nothing, and spoils nothing.
    private func matches(_ code: DatedToken, _ client: Client) -> SQL {
        "day = \(code.day.number) AND hash = \(code.hash(as: Self.tokenType)) AND client_id = \(client.id.value)"
    }

    private static let unknown = OAuthError(.invalidGrant, "the device code is unknown or another client's")
}
