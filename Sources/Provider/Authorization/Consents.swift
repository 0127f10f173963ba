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
