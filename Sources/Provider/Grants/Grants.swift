import FoundationEssentials
import OAuth
import Postgres

/// The grants of all clients: found for every token that is shown, opened and revoked by the statements of other rooms.
struct Grants: Sendable {
    let database: Database
    let vault: FieldVault

    /// The living grant with its person: not revoked, the account in use, nothing ended since (trust.md T34).
    func find(_ id: GrantID) async throws -> (grant: AuthorizationGrant, account: Account)? {
        let row = try await database.row(Self.finding(id))
        return try row.map { (try AuthorizationGrant(row: $0, id: id), try Account(row: $0, vault: vault)) }
    }

    static func finding(_ id: GrantID) -> SQL {
        """
            SELECT g.account_id, g.subject AS grant_subject, g.sid, g.scope, g.claims, g.resource, g.nonce, g.acr,
                g.amr, g.auth_time, \(sql: Account.columns)
            FROM authorization_grant g
            JOIN account a ON a.id = g.account_id AND a.state = 'active' AND a.session_epoch = g.session_epoch
            JOIN account_key k ON k.account_id = a.id
            WHERE g.day = \(id.dayNumber) AND g.id = \(id.uuid) AND g.revoked_at IS NULL
        """
    }

    /// The same question without the person: whether a token of the grant still counts.
    func isLiving(_ id: GrantID) async throws -> Bool {
        try await database.row(Self.livingCheck(id)) != nil
    }

    static func livingCheck(_ id: GrantID) -> SQL {
        """
        SELECT 1 AS is_there FROM authorization_grant g
        WHERE g.day = \(id.dayNumber) AND g.id = \(id.uuid) AND g.revoked_at IS NULL AND \(sql: isOfLivingAccount)
        """
    }

    /// That the account of the grant `g` is in use and nothing ended it since (trust.md T34). OFFSET 0 keeps the question where it stands,
    /// after the grant was found by its key: a plan that is made once for all values would otherwise begin at the accounts while they are few.
    static let isOfLivingAccount: SQL = """
        EXISTS (SELECT FROM account a WHERE a.id = g.account_id AND a.state = 'active'
            AND a.session_epoch = g.session_epoch OFFSET 0)
        """

    /// Revokes a grant of this client, with an audit row. Revoking it twice is no error.
    func revoke(_ id: GrantID, client: Client, trace: Trace) async throws {
        let record = AuditRecord(event: .tokenRevoked, client: client.id.value)
        _ = try await database.write(
            """
            WITH named AS (
                SELECT day, id FROM authorization_grant
                WHERE day = \(id.dayNumber) AND id = \(id.uuid) AND client_id = \(client.id.value)
            ), revoked AS (\(sql: Self.revocation(from: "named"))
            ), audited AS (\(sql: record.insertion(trace, fromGrants: "revoked")))
            SELECT id FROM revoked
            """
        )
    }

    /// What a new grant holds.
    struct New: Sendable {
        let id: GrantID
        let clientID: ClientID
        let access: GrantedAccess
        /// `nonce` of the request (OIDC Core §3.1.2.1), where it had one.
        var nonce: String?
        /// The `claims` parameter as it came, where there was one.
        var claimsText: String?
        let session: Session
        /// The person, as the client knows them.
        let subject: Subject
        /// What the tokens will state.
        let authentication: AuthenticationContext
    }

    /// The statement that begins a grant, if the account may still be used and `source` (a CTE) has a row.
    static func insertion(_ new: New, ifAnyIn source: String) -> SQL {
        let authentication = new.authentication
        return """
            INSERT INTO authorization_grant AS g (day, id, client_id, account_id, session_epoch, sid, subject, scope, claims,
                resource, nonce, acr, amr, auth_time, created_at)
            SELECT \(new.id.dayNumber), \(new.id.uuid)::uuid, \(new.clientID.value), a.id, a.session_epoch,
                \(new.session.sid), \(new.subject.value), \(new.access.scope.description), \(new.claimsText)::jsonb,
                \(new.access.resources)::text[], \(new.nonce), \(authentication.level.acr),
                \(authentication.methods.map(\.rawValue))::text[], \(authentication.time)::timestamptz, instant()
            FROM account a, \(raw: source)
            WHERE a.id = \(new.session.account.uuid) AND a.state = 'active'
                AND a.subject = \(new.session.subject) AND a.session_epoch = \(new.session.sessionEpoch)
            RETURNING \(sql: AuthorizationGrant.columns)
            """
    }

    /// The statement that opens the living grants named by `source`, a CTE with `day` and `id`, and binds their refresh tokens to
    /// `key`, if there is one.
    static func opening(from source: String, boundTo key: String? = nil) -> SQL {
        """
        UPDATE authorization_grant g SET redeemed_at = coalesce(g.redeemed_at, instant()), jkt = \(key)
        FROM \(raw: source) s
        WHERE g.day = s.day AND g.id = s.id AND g.revoked_at IS NULL AND \(sql: isOfLivingAccount)
        RETURNING \(sql: AuthorizationGrant.columns)
        """
    }

    /// The statement that revokes the grants `g` of a condition.
    static func revocation(where condition: SQL) -> SQL {
        """
        UPDATE authorization_grant g SET revoked_at = instant() WHERE \(sql: condition) AND g.revoked_at IS NULL
        RETURNING g.day, g.id, g.account_id
        """
    }

    /// The statement that takes the grants of a session over an end of all others.
    static func keeping(_ sid: String, of account: AccountID, in epoch: Int) -> SQL {
        """
        UPDATE authorization_grant SET session_epoch = \(epoch)
        WHERE account_id = \(account.uuid) AND sid = \(sid) AND session_epoch = \(epoch - 1) AND revoked_at IS NULL
        """
    }

    /// The statement that revokes the grants named by `source`, a CTE with `day` and `id`.
    static func revocation(from source: String) -> SQL {
        """
        UPDATE authorization_grant g SET revoked_at = instant() FROM \(raw: source) r
        WHERE g.day = r.day AND g.id = r.id AND g.revoked_at IS NULL
        RETURNING g.day, g.id, g.account_id
        """
    }
}
