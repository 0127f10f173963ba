import FoundationEssentials
import OAuth
import Postgres

/// What a citizen has allowed a client, remembered per account and client, asked again only for what is new (I4).
struct Consents: Sendable {
    let database: Database

    /// What was allowed before.
    struct Remembered: Sendable {
        let scope: Scope
        /// Names of single claims allowed through the `claims` parameter.
        let claims: Set<String>
        static let none = Remembered(scope: [], claims: [])
    }

    func find(_ account: AccountID, clientID: String) async throws -> Remembered {
        let row = try await database.row(
            "SELECT scope, claims FROM consent WHERE account_id = \(account.uuid) AND client_id = \(clientID)"
        )
        guard let row else { return .none }
        return Remembered(
            scope: Scope(try row.get("scope", as: [String].self)),
            claims: Set(try row.get("claims", as: [String].self))
        )
    }

    /// A relying party that an account has allowed something, as the profile centre lists it.
    struct Entry: Sendable {
        let clientID: String
        let scope: Scope
        let claims: [String]
        let grantedAt: Date
    }

    /// All of an account: what was asked and remembered, and relying parties of the city that were not asked for but hold a living grant.
    func list(_ account: AccountID) async throws -> [Entry] {
        try await database.rows(
            """
            SELECT client_id, scope, claims, granted_at FROM consent WHERE account_id = \(account.uuid)
            UNION ALL
            SELECT g.client_id, array_agg(DISTINCT s.name), '{}', max(g.created_at)
            FROM authorization_grant g
            JOIN account a ON a.id = g.account_id AND a.session_epoch = g.session_epoch
            CROSS JOIN LATERAL unnest(string_to_array(g.scope, ' ')) AS s (name)
            WHERE g.account_id = \(account.uuid) AND g.revoked_at IS NULL AND NOT EXISTS (
                SELECT FROM consent c WHERE c.account_id = g.account_id AND c.client_id = g.client_id
            )
            GROUP BY g.client_id
            ORDER BY granted_at DESC LIMIT 200
            """
        ).map { row in
            Entry(
                clientID: try row.get("client_id"),
                scope: Scope(try row.get("scope", as: [String].self)),
                claims: try row.get("claims", as: [String].self),
                grantedAt: try row.get("granted_at")
            )
        }
    }

    /// The statement that forgets what was allowed: nothing is asked for less for its sake.
    static func forgetting(_ account: AccountID, clientID: String) -> SQL {
        """
        DELETE FROM consent WHERE account_id = \(account.uuid) AND client_id = \(clientID) RETURNING client_id
        """
    }

    /// The statement that remembers what was allowed, for the statement that acts on it: `source` is a CTE that has a row when
    /// it is acted on.
    static func remembering(
        _ account: AccountID,
        clientID: String,
        scope: Scope,
        claims: [String],
        ifAnyIn source: String
    ) -> SQL {
        """
        INSERT INTO consent AS c (account_id, client_id, scope, claims, granted_at)
        SELECT \(account.uuid)::uuid, \(clientID), \(scope.names)::text[], \(claims)::text[], instant()
        FROM \(raw: source)
        ON CONFLICT (account_id, client_id) DO UPDATE SET granted_at = instant(),
            scope = ARRAY(SELECT DISTINCT unnest(c.scope || excluded.scope)),
            claims = ARRAY(SELECT DISTINCT unnest(c.claims || excluded.claims))
        """
    }
}
