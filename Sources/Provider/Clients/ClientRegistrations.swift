import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// A client that manages its own registration, as its registration access token proved it.
struct ManagedClient: Sendable {
    let client: Client
    /// What it may register.
    let allowance: RegistrationAllowance
    let issuedAt: Date
}

/// What clients do to their own registrations (RFC 7591, RFC 7592). Every statement holds the token in its condition: whoever lost it meanwhile
/// changes nothing.
extension ClientRegistry {
    /// Changes of its own registration that a client may try in a minute: each can cost a fetch.
    static let mostUpdates = 60

    /// A client that was just registered, and what exists in the clear only now.
    struct Registered: Sendable {
        let issuedAt: Date
        let secret: Secret<String>?
        let accessToken: Secret<String>
    }

    /// A registration that was replaced.
    struct Replaced: Sendable {
        /// The new secret, where there had to be one.
        let secret: Secret<String>?
    }

    /// Registers a client by one use of an initial access token, in one statement.
    /// - Returns: nil when the token was used up or ended meanwhile.
    func register(_ client: Client, by presented: InitialAccessTokens.Presented, trace: Trace) async throws
        -> Registered?
    {
        let id = client.id.value
        let secret = client.hasSecret ? OpaqueToken().value : nil
        let accessToken = OpaqueToken().value
        let record = AuditRecord(event: .clientRegistered, client: id)
        let rows = try await database.write(
            """
            WITH spent AS (\(sql: InitialAccessTokens.spending(presented.token))
            ), made AS (
                INSERT INTO client (id, metadata, created_at, updated_at)
                SELECT \(id), \(client.metadata.json.text)::jsonb, instant(), instant() FROM spent RETURNING id, created_at
            ), kept AS (\(sql: try keeping(secret, of: client, ifAnyIn: "made"))
            ), managed AS (
                INSERT INTO client_registration (client_id, hash, allowance, initial_access_token, window_began)
                SELECT \(id), \(hash(ofAccessToken: accessToken.reveal())), \(presented.allowance.json.text)::jsonb, spent.id,
                    instant() FROM spent
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "made")))
            SELECT created_at FROM made
            """
        )
        forget(id)
        return try rows.first.map {
            Registered(issuedAt: try $0.get("created_at"), secret: secret, accessToken: accessToken)
        }
    }

    /// The client whose registration access token was presented; nil for a wrong token and for an unknown client alike.
    func managed(_ id: String, by accessToken: String) async throws -> ManagedClient? {
        let row = try await database.row(
            """
            SELECT c.state, c.metadata, c.created_at, r.allowance FROM client_registration r
            JOIN client c ON c.id = r.client_id AND c.state = 'active'
            WHERE \(sql: isManager(id, accessToken))
            """
        )
        guard let row, let allowance = RegistrationAllowance(json: try row.json("allowance")) else { return nil }
        return ManagedClient(
            client: try client(id: id, row),
            allowance: allowance,
            issuedAt: try row.get("created_at")
        )
    }

    /// Counts a change that a client is about to try.
    /// - Returns: false when it tried too many within a minute.
    func admitsUpdate(_ id: String, by accessToken: String) async throws -> Bool {
        try await database.execute(
            """
            UPDATE client_registration r SET
                updates = CASE WHEN window_began > instant() - interval '1 minute' THEN updates + 1 ELSE 1 END,
                window_began = CASE WHEN window_began > instant() - interval '1 minute' THEN window_began ELSE instant() END
            WHERE \(sql: isManager(id, accessToken))
                AND (updates < \(Self.mostUpdates) OR window_began <= instant() - interval '1 minute')
            """
        ) == 1
    }

    /// Replaces a registration (RFC 7592 §2.2). A client that proves itself by a secret and had none that serves gets a new one; one that does not
    /// any more loses it.
    /// - Returns: nil when the token was lost meanwhile.
    func replace(_ old: Client, by client: Client, accessToken: String, trace: Trace) async throws -> Replaced? {
        let id = client.id.value
        let isNew = client.hasSecret && (!old.hasSecret || (client.hasSealedSecret && !old.hasSealedSecret))
        let secret = isNew ? OpaqueToken().value : nil
        let record = AuditRecord(event: .clientUpdated, client: id)
        let parted: SQL =
            if isNew || !client.hasSecret {
                "DELETE FROM client_secret s USING changed c WHERE s.client_id = c.id"
            } else if !client.hasSealedSecret {
                "UPDATE client_secret s SET sealed = NULL FROM changed c WHERE s.client_id = c.id AND s.sealed IS NOT NULL"
            } else {
                "SELECT 1"
            }
        let rows = try await database.write(
            """
            WITH changed AS (
                UPDATE client c SET metadata = \(client.metadata.json.text)::jsonb, updated_at = instant()
                FROM client_registration r
                WHERE c.id = r.client_id AND c.state = 'active' AND \(sql: isManager(id, accessToken)) RETURNING c.id
            ), parted AS (\(sql: parted)
            ), kept AS (\(sql: try keeping(secret, of: client, ifAnyIn: "changed"))
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "changed")))
            SELECT id FROM changed
            """
        )
        forget(id)
        return rows.isEmpty ? nil : Replaced(secret: secret)
    }

    /// Ends a registration for ever (RFC 7592 §2.3). With the client everything that was made for it is dead: no token is called living, no code
    /// redeemed and no request answered for a client that is not there. The id stays taken.
    /// - Returns: false when the token was lost meanwhile.
    func delete(_ id: String, by accessToken: String, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .clientDeleted, client: id)
        let rows = try await database.write(
            """
            WITH ended AS (
                DELETE FROM client_registration r USING client c
                WHERE c.id = r.client_id AND c.state = 'active' AND \(sql: isManager(id, accessToken))
                RETURNING r.client_id
            ), parted AS (DELETE FROM client_secret s USING ended e WHERE s.client_id = e.client_id
            ), removed AS (
                UPDATE client c SET state = 'deleted', metadata = '{}', updated_at = instant()
                FROM ended e WHERE c.id = e.client_id RETURNING c.id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "removed")))
            SELECT id FROM removed
            """
        )
        forget(id)
        return !rows.isEmpty
    }

    /// A new registration access token for a client, in place of one that was lost or told; also for a client that an operator made, which then
    /// manages itself within `allowance`. What a client was allowed before stays.
    func renewRegistrationAccess(_ id: String, allowance: RegistrationAllowance, trace: Trace) async throws
        -> Secret<String>
    {
        let token = OpaqueToken().value
        let record = AuditRecord(event: .registrationAccessRenewed, client: id)
        let rows = try await database.write(
            """
            WITH renewed AS (
                INSERT INTO client_registration AS r (client_id, hash, allowance, window_began)
                SELECT id, \(hash(ofAccessToken: token.reveal())), \(allowance.json.text)::jsonb, instant()
                FROM client WHERE id = \(id) AND state <> 'deleted'
                ON CONFLICT (client_id) DO UPDATE SET hash = excluded.hash
                RETURNING client_id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "renewed")))
            SELECT client_id FROM renewed
            """
        )
        guard !rows.isEmpty else { throw ClientRegistry.AdministrationFault.unknown }
        return token
    }

    private func isManager(_ id: String, _ accessToken: String) -> SQL {
        "r.client_id = \(id) AND r.hash = \(hash(ofAccessToken: accessToken))"
    }

    private func keeping(_ secret: Secret<String>?, of client: Client, ifAnyIn source: String) throws -> SQL {
        guard let secret else { return "SELECT 1" }
        let id = client.id.value
        let sealed: [UInt8]? = client.hasSealedSecret ? try self.sealed(secret, of: id) : nil
        return """
            INSERT INTO client_secret (client_id, hash, sealed, created_at)
            SELECT \(id), \(hash(ofSecret: secret.reveal()))::bytea, \(sealed)::bytea, instant() FROM \(raw: source)
            """
    }
}
