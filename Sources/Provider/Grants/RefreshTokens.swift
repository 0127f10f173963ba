import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// Refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2; T3 of the protocol surface).
///
/// A token is used once and leaves a successor; all of one authorization are a family, and the family is the grant. When a
/// spent token comes back, one of two holders is a thief and nobody can say which: the grant is revoked. Only where the
/// answer may just have been lost, within a few seconds and before anybody used the successor, the same successor is
/// given again. It is kept sealed under a key that follows from the spent token: whoever reads the store cannot open it.
struct RefreshTokens: Sendable {
    static let tokenType = "refresh_token"

    let database: Database
    let clock: ServerClock
    /// Keys of the stored hashes, the newest first: tokens outlive a change of the installation's secret.
    let keys: [Secret<[UInt8]>]
    /// Seconds a family lives from its grant unless the client has a setting of its own.
    let lifetime: Int
    /// Seconds within which a spent token may be sent again by a client that did not get the answer.
    let grace: Int

    /// How long the tokens of a client's grant live, in seconds. No rotation prolongs it.
    func lifetime(of client: Client) -> Int { client.refreshTokenLifetime ?? lifetime }

    // MARK: The first of a family

    /// A token for a grant that begins now or began a moment ago.
    func first(for client: Client) -> DatedToken {
        DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime(of: client))))
    }

    /// The statement that stores the first token of each grant in `source` that offline access was granted to: a CTE with
    /// ``AuthorizationGrant/columns``.
    func beginning(_ token: DatedToken, of client: Client, from source: String) -> SQL {
        """
        INSERT INTO refresh_token (day, hash, grant_day, grant_id, issued_at, expires_at)
        SELECT \(token.day.number)::integer, \(hash(token))::bytea, day, id, instant(),
            created_at + make_interval(secs => \(Double(lifetime(of: client))))
        FROM \(raw: source) WHERE \(Scope.offlineAccess) = ANY (string_to_array(scope, ' '))
        RETURNING grant_id
        """
    }

    // MARK: Rotation

    /// What a refresh gives.
    struct Rotation: Sendable {
        let grant: AuthorizationGrant
        let successor: Secret<String>
        /// The token had been spent a moment before: the client was given the same successor again.
        let isRetry: Bool
    }

    /// Spends a token and leaves its successor: one conditional statement with everything that must hold. Of racing
    /// requests one finds the row; the others wait for it and then get what it left.
    /// - Throws: `OAuthError` `invalid_grant` for a token that is unknown, ended, or another client's; `invalid_scope` and
    ///   `invalid_target` for more than was granted, which leaves the token unspent. A spent token that comes back ends
    ///   the family.
    func rotate(_ request: TokenRequest.Refresh, client: Client, key: String? = nil, trace: Trace) async throws
        -> Rotation
    {
        guard let token = DatedToken(presented: request.refreshToken) else { throw Self.unknown }
        let successor = DatedToken(day: token.day)
        let statement = try rotation(of: token, to: successor, request, client: client, key: key, trace: trace)
        let rows = try await database.write(statement)
        guard let row = rows.first else {
            return try await explain(token, request, client: client, key: key, trace: trace)
        }
        return Rotation(grant: try AuthorizationGrant(row: row), successor: successor.value, isRetry: false)
    }

    /// The statement of a rotation.
    func rotation(
        of token: DatedToken,
        to successor: DatedToken,
        _ request: TokenRequest.Refresh,
        client: Client,
        key: String? = nil,
        trace: Trace
    ) throws -> SQL {
        let sealed = try AESGCM.seal(Array(successor.value.reveal().utf8), key: Self.key(from: token), aad: aad(token))
        let record = AuditRecord(event: .refreshTokenRotated, client: client.id.value)
        return """
            WITH spent AS (
                UPDATE refresh_token t SET spent_at = instant(), successor = \(sealed)
                FROM authorization_grant g
                WHERE \(sql: matches(token)) AND t.spent_at IS NULL AND \(sql: isAlive(client))
                    AND \(sql: isHeld(by: key)) AND \((request.scope ?? []).names)::text[] <@ string_to_array(g.scope, ' ')
                    AND \(request.resources)::text[] <@ g.resource
                RETURNING t.expires_at, \(sql: AuthorizationGrant.columns)
            ), succeeded AS (
                INSERT INTO refresh_token (day, hash, grant_day, grant_id, issued_at, expires_at)
                SELECT \(successor.day.number)::integer, \(hash(successor))::bytea, day, id, instant(), expires_at
                FROM spent
            ), audited AS (\(sql: record.insertion(trace, fromGrants: "spent")))
            SELECT * FROM spent
            """
    }

    /// Why a token was not spent: what the client hears, and what follows for the family.
    private func explain(
        _ token: DatedToken,
        _ request: TokenRequest.Refresh,
        client: Client,
        key: String?,
        trace: Trace
    ) async throws -> Rotation {
        let row = try await database.row(
            """
            SELECT t.successor, t.spent_at > instant() - make_interval(secs => \(Double(grace))) AS is_recent,
                \(sql: isAlive(client)) AS is_alive, \(sql: AuthorizationGrant.columns)
            FROM refresh_token t JOIN authorization_grant g ON g.day = t.grant_day AND g.id = t.grant_id
            WHERE \(sql: matches(token)) AND g.client_id = \(client.id.value) AND \(sql: isHeld(by: key))
            """
        )
        guard let row else { throw Self.unknown }
        let sealed = try row.get("successor", as: [UInt8]?.self)
        if let sealed {
            let successor = try open(sealed, spent: token)
            guard try row.get("is_recent", as: Bool?.self) ?? false, try await isUnspent(successor) else {
                try await endFamily(of: token, client: client, trace: trace)
                throw Self.unknown
            }
            guard try row.get("is_alive") else { throw Self.unknown }
            let grant = try AuthorizationGrant(row: row)
            _ = try grant.access(scope: request.scope, resources: request.resources)
            return Rotation(grant: grant, successor: successor.value, isRetry: true)
        }
        guard try row.get("is_alive") else { throw Self.unknown }
        _ = try AuthorizationGrant(row: row).access(scope: request.scope, resources: request.resources)
        throw Self.unknown
    }

    /// The client that used the successor has got it: the token before it is then no lost answer any more.
    private func isUnspent(_ token: DatedToken) async throws -> Bool {
        try await database.row(
            "SELECT 1 AS is_there FROM refresh_token t WHERE \(sql: matches(token)) AND t.spent_at IS NULL"
        ) != nil
    }

    /// A spent token came back (RFC 9700 §4.14.2).
    private func endFamily(of token: DatedToken, client: Client, trace: Trace) async throws {
        let record = AuditRecord(event: .refreshTokenReplayed, client: client.id.value, outcome: "revoked")
        _ = try await database.write(
            """
            WITH returned AS (
                SELECT t.grant_day AS day, t.grant_id AS id FROM refresh_token t
                WHERE \(sql: matches(token)) AND t.spent_at IS NOT NULL
            ), revoked AS (\(sql: Grants.revocation(from: "returned"))
            ), audited AS (\(sql: record.insertion(trace, fromGrants: "revoked")))
            SELECT id FROM revoked
            """
        )
    }

    // MARK: Revocation and introspection

    /// Revokes the grant that a token of this client belongs to, the token spent or not (RFC 7009 §2.1).
    /// - Returns: whether the text is a refresh token of this client.
    func revoke(_ presented: String, client: Client, trace: Trace) async throws -> Bool {
        guard let token = DatedToken(presented: presented) else { return false }
        let record = AuditRecord(event: .tokenRevoked, client: client.id.value)
        let rows = try await database.write(
            """
            WITH named AS (
                SELECT g.day, g.id FROM refresh_token t
                JOIN authorization_grant g ON g.day = t.grant_day AND g.id = t.grant_id
                WHERE \(sql: matches(token)) AND g.client_id = \(client.id.value)
            ), revoked AS (\(sql: Grants.revocation(from: "named"))
            ), audited AS (\(sql: record.insertion(trace, fromGrants: "revoked")))
            SELECT id FROM named
            """
        )
        return !rows.isEmpty
    }

    /// A living, unspent token of this client.
    func find(_ presented: String, client: Client) async throws -> IntrospectionResponse.RefreshTokenState? {
        guard let token = DatedToken(presented: presented) else { return nil }
        let row = try await database.row(
            """
            SELECT g.subject, g.scope, t.issued_at, t.expires_at
            FROM refresh_token t, authorization_grant g
            WHERE \(sql: matches(token)) AND t.spent_at IS NULL AND \(sql: isAlive(client))
            """
        )
        return try row.map {
            IntrospectionResponse.RefreshTokenState(
                clientID: client.id,
                subject: Subject(try $0.get("subject")),
                scope: try Scope(parsing: $0.get("scope")),
                issuedAt: try $0.get("issued_at"),
                expiresAt: try $0.get("expires_at")
            )
        }
    }

    // MARK: Conditions, hashes, seals

    private static let unknown = OAuthError(
        .invalidGrant,
        "the refresh token is unknown, expired, spent, revoked or another client's"
    )

    private func matches(_ token: DatedToken) -> SQL {
        "t.day = \(token.day.number) AND t.hash = ANY (\(keys.map { hash(token, key: $0) }))"
    }

    /// That the token `t` hangs on the grant `g` of this client, and all three still count (trust.md T34).
    private func isAlive(_ client: Client) -> SQL {
        """
        g.day = t.grant_day AND g.id = t.grant_id AND g.client_id = \(client.id.value) AND g.revoked_at IS NULL
            AND t.expires_at > instant()
            AND g.created_at > instant() - make_interval(secs => \(Double(lifetime(of: client))))
            AND \(sql: Grants.isOfLivingAccount)
        """
    }

    /// That the client proved to hold the key which the tokens of the grant `g` are bound to, if they are (RFC 9449 §5). Whoever does not
    /// is a stranger: he gets nothing, and ends nothing.
    private func isHeld(by key: String?) -> SQL { "(g.jkt IS NULL OR g.jkt = \(key))" }

    private func hash(_ token: DatedToken) -> [UInt8] { keys.first.map { hash(token, key: $0) } ?? [] }

    private func hash(_ token: DatedToken, key: Secret<[UInt8]>) -> [UInt8] {
        HMAC.sha256(key: key.reveal(), token.hash(as: Self.tokenType))
    }

    /// The key of a token's successor, which only a holder of the token can derive (RFC 5869).
    private static func key(from token: DatedToken) -> [UInt8] {
        HKDF.sha256(
            secret: Array(token.value.reveal().utf8),
            salt: [],
            info: Array("citygate|refresh_token successor".utf8),
            count: 32
        )
    }

    /// A sealed successor belongs to its token and opens beside no other.
    private func aad(_ token: DatedToken) -> [UInt8] { token.hash(as: Self.tokenType) }

    private func open(_ sealed: [UInt8], spent token: DatedToken) throws -> DatedToken {
        let text = try AESGCM.open(sealed, key: Self.key(from: token), aad: aad(token))
        guard let successor = DatedToken(presented: String(decoding: text, as: UTF8.self)) else { throw Self.unknown }
        return successor
    }
}
