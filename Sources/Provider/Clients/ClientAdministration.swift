import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// What an operator does to clients; each act and its audit row are one transaction.
extension ClientRegistry {
    /// How long an old secret goes on working beside the new one, in seconds (K5).
    static let rotationOverlap = 86_400

    /// An id that is taken, or no client of that id.
    enum AdministrationFault: Error, Sendable {
        case taken
        case unknown
    }

    /// Registers a client. A confidential one gets a secret, which exists in the clear only in the answer.
    func create(_ client: Client, secret given: Secret<String>? = nil, trace: Trace) async throws -> Secret<String>? {
        let secret = client.hasSecret ? given ?? OpaqueToken().value : nil
        do {
            try await database.transaction { transaction in
                try await transaction.execute(
                    """
                    INSERT INTO client (id, metadata, created_at, updated_at)
                    VALUES (\(client.id.value), \(client.metadata.json.text)::jsonb, instant(), instant())
                    """
                )
                if let secret { try await self.insert(secret, for: client, in: transaction) }
                try await transaction.execute(
                    AuditRecord(event: .clientCreated, client: client.id.value).insertion(trace)
                )
            }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw AdministrationFault.taken
        }
        forget(client.id.value)
        return secret
    }

    /// A new `client_id`. Lower-case hexadecimal: it stands in a command line and in a path as it is.
    static func newID() -> ClientID { ClientID(trusted: Hexadecimal.encode(Random.bytes(16))) }

    /// Replaces a client's metadata. Sealed copies of its secrets go when it proves itself by another method now; a client that changes to
    /// `client_secret_jwt` needs a new secret.
    func update(_ client: Client, trace: Trace) async throws {
        try await change(
            client.id.value,
            "metadata = \(client.metadata.json.text)::jsonb",
            event: .clientUpdated,
            trace: trace
        ) { transaction in
            guard !client.hasSealedSecret else { return }
            try await transaction.execute(
                "UPDATE client_secret SET sealed = NULL WHERE client_id = \(client.id.value) AND sealed IS NOT NULL"
            )
        }
    }

    /// Takes a client out of service; its requests are refused within a second on every process.
    func disable(_ id: String, trace: Trace) async throws {
        try await change(id, "state = 'disabled'", event: .clientDisabled, trace: trace)
    }

    /// Gives a client a new secret; the newest of the old ones works on for a day, or none `atOnce`.
    func rotateSecret(_ id: String, atOnce: Bool = false, trace: Trace) async throws -> Secret<String> {
        let secret = OpaqueToken().value
        let overlap = atOnce ? 0 : Double(Self.rotationOverlap)
        try await database.transaction { transaction in
            let known = try await transaction.row(
                "SELECT state, metadata FROM client WHERE id = \(id) AND state <> 'deleted' FOR UPDATE"
            )
            guard let known else { throw AdministrationFault.unknown }
            try await transaction.execute(
                """
                UPDATE client_secret SET expires_at = least(coalesce(expires_at, 'infinity'),
                    CASE WHEN hash = (SELECT hash FROM client_secret WHERE client_id = \(id)
                        ORDER BY created_at DESC LIMIT 1)
                    THEN instant() + make_interval(secs => \(overlap)) ELSE instant() END)
                WHERE client_id = \(id)
                """
            )
            try await transaction.execute(
                "DELETE FROM client_secret WHERE client_id = \(id) AND expires_at <= instant()"
            )
            try await self.insert(secret, for: self.client(id: id, known), in: transaction)
            try await transaction.execute(AuditRecord(event: .clientSecretRotated, client: id).insertion(trace))
        }
        forget(id)
        return secret
    }

    /// All clients, by id.
    func list() async throws -> [Client] {
        try await database.rows("SELECT id, state, metadata FROM client WHERE state <> 'deleted' ORDER BY id").map {
            row in
            try client(id: row.get("id"), row)
        }
    }

    /// Creates a client with given id and secret, or brings an existing one to them: running it twice changes nothing.
    func put(_ client: Client, secret: Secret<String>?, trace: Trace) async throws {
        let id = client.id.value
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                INSERT INTO client (id, metadata, created_at, updated_at)
                VALUES (\(id), \(client.metadata.json.text)::jsonb, instant(), instant())
                ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, state = 'active', updated_at = instant()
                """
            )
            if let secret { try await self.insert(secret, for: client, in: transaction) }
            try await transaction.execute(AuditRecord(event: .clientUpdated, client: id).insertion(trace))
        }
        forget(id)
    }

    private func insert(_ secret: Secret<String>, for client: Client, in transaction: Transaction) async throws {
        let id = client.id.value
        let sealed: [UInt8]? = client.hasSealedSecret ? try self.sealed(secret, of: id) : nil
        try await transaction.execute(
            """
            INSERT INTO client_secret (client_id, hash, sealed, created_at)
            VALUES (\(id), \(hash(ofSecret: secret.reveal())), \(sealed), instant())
            ON CONFLICT (client_id, hash) DO UPDATE SET expires_at = NULL, sealed = excluded.sealed
            """
        )
    }

    private func change(
        _ id: String,
        _ assignment: SQL,
        event: AuditEvent,
        trace: Trace,
        beside: @Sendable (Transaction) async throws -> Void = { _ in }
    ) async throws {
        try await database.transaction { transaction in
            let changed = try await transaction.execute(
                "UPDATE client SET \(sql: assignment), updated_at = instant() WHERE id = \(id) AND state <> 'deleted'"
            )
            guard changed == 1 else { throw AdministrationFault.unknown }
            try await beside(transaction)
            try await transaction.execute(AuditRecord(event: event, client: id).insertion(trace))
        }
        forget(id)
    }
}

extension Client {
    /// The server must be able to compute with its secret, not only to compare it.
    var hasSealedSecret: Bool { metadata.tokenEndpointAuthMethod == .clientSecretJWT }

    /// Proves itself with a shared secret (RFC 6749 §2.3.1, OpenID Connect Core §9).
    var hasSecret: Bool {
        switch metadata.tokenEndpointAuthMethod {
        case .clientSecretBasic, .clientSecretPost, .clientSecretJWT: true
        case .privateKeyJWT, .none: false
        }
    }
}
