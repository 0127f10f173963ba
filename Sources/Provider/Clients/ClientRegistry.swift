// Clients
// Owns: tables `client`, `client_secret`, `client_registration`, `initial_access_token`; the cache of relying parties each process keeps, and
// of the keys they publish; who a client is, and what a client may register for itself.
// Hands off: what metadata is allowed and what an assertion proves to OAuth; fetching to Outbound.
// Never: a secret in the clear in the store. It is shown once, when it is made.

import Cryptography
import FoundationEssentials
import Logging
import OAuth
import Postgres
import ServiceLifecycle
import Synchronization

/// A registered client as a request uses it.
struct RegisteredClient: Sendable {
    let client: Client
    /// The live secrets, two during a rotation.
    let secrets: [StoredSecret]

    /// A secret as the store has it.
    struct StoredSecret: Sendable {
        /// The keyed hash.
        let hash: [UInt8]
        /// The secret itself, sealed; only where the client proves itself by `client_secret_jwt`.
        let sealed: [UInt8]?
        let expiry: Date?

        func isLive(_ now: Date) -> Bool { expiry.map { $0 > now } ?? true }
    }
}

/// The relying parties, cached for the hot paths and refreshed when any process changes one.
final class ClientRegistry: Service {
    /// An entry is read again after this many seconds even when no notice came: what an operator ended is over by then on every process,
    /// whatever became of the connection that listens. One read a second for each client in use is what that costs.
    private static let freshness = 1.0
    /// Unknown ids are remembered as well, and the memory is bounded.
    private static let capacity = 10_000

    let database: Database
    private let secretKey: Secret<[UInt8]>
    private let sealingKey: Secret<[UInt8]>
    let policy: ClientRegistrationPolicy
    private let logger: Logger
    private let cache = Mutex(Memory())
    private let sm2 = Mutex(false)

    private struct Entry {
        let client: RegisteredClient?
        let readAt: ContinuousClock.Instant
    }

    private struct Memory {
        var entries: [String: Entry] = [:]
        /// How often something was forgotten. A read that began before may have seen what was there before, and is not kept.
        var changes = 0

        mutating func forget(_ id: String? = nil) {
            changes += 1
            if let id { entries[id] = nil } else { entries.removeAll(keepingCapacity: true) }
        }
    }

    /// - Parameters:
    ///   - database: where clients lie.
    ///   - secretKey: the key of the hashes of client secrets.
    ///   - sealingKey: the key of the sealed copies.
    ///   - policy: what metadata may say; stored metadata is read under it as well.
    ///   - logger: for metadata that cannot be read.
    init(
        database: Database,
        secretKey: Secret<[UInt8]>,
        sealingKey: Secret<[UInt8]>,
        policy: ClientRegistrationPolicy,
        logger: Logger
    ) {
        self.database = database
        self.secretKey = secretKey
        self.sealingKey = sealingKey
        self.policy = policy
        self.logger = logger
    }

    /// The client of an id, from memory when that is fresh.
    func find(_ id: String) async throws -> RegisteredClient? {
        guard !id.isEmpty, id.utf8.count <= 256 else { return nil }
        let now = ContinuousClock.now
        let (known, changes) = cache.withLock { ($0.entries[id], $0.changes) }
        if let known, now - known.readAt < .seconds(Self.freshness) { return known.client }
        let client = try await read(id)
        cache.withLock {
            guard $0.changes == changes else { return }
            if $0.entries.count >= Self.capacity { $0.entries.removeAll(keepingCapacity: true) }
            $0.entries[id] = Entry(client: client, readAt: now)
        }
        return client
    }

    /// The keyed hash under which a secret is stored: a stolen table proves nothing, a check takes microseconds.
    func hash(ofSecret secret: String) -> [UInt8] {
        HMAC.sha256(key: secretKey.reveal(), Array("client_secret|\(secret)".utf8))
    }

    /// The same for a registration access token (RFC 7592 §3).
    func hash(ofAccessToken token: String) -> [UInt8] {
        HMAC.sha256(key: secretKey.reveal(), Array("registration_access_token|\(token)".utf8))
    }

    /// Whether `presented` is one of the client's live secrets.
    func isSecret(_ presented: String, of client: RegisteredClient, now: Date) -> Bool {
        let hash = hash(ofSecret: presented)
        // No early exit: which of the two matched is nobody's business.
        var matches = false
        for secret in client.secrets where secret.isLive(now) {
            matches = ConstantTime.equal(secret.hash, hash) || matches
        }
        return matches
    }

    /// The sealed copy of a secret, for a client that proves itself by `client_secret_jwt`. It opens for that client only.
    func sealed(_ secret: Secret<String>, of id: String) throws -> [UInt8] {
        try AESGCM.seal(Array(secret.reveal().utf8), key: sealingKey.reveal(), aad: Self.place(of: id))
    }

    /// The client's live secrets themselves; none for a client whose secrets are kept as hashes only.
    func liveSecrets(of client: RegisteredClient, now: Date) -> [Secret<String>] {
        client.secrets.compactMap { secret in
            guard secret.isLive(now), let sealed = secret.sealed,
                let bytes = try? AESGCM.open(
                    sealed,
                    key: sealingKey.reveal(),
                    aad: Self.place(of: client.client.id.value)
                )
            else { return nil }
            return Secret(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func place(of id: String) -> [UInt8] { Array("client_secret|sealed|\(id)".utf8) }

    /// Listens for changes made by any process and forgets what it had read.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await notification in self.database.notifications(on: ["client_changed"]) {
                switch notification {
                case .message(_, let id): self.forget(id)
                // Notices may have been missed while nobody listened.
                case .listening, .reconnected: self.forgetAll()
                }
                await self.refreshSM2()
            }
        }
    }

    /// Whether any client takes tokens in the private profile of SM2; as of the last change that was heard of.
    var hasSM2Clients: Bool { sm2.withLock { $0 } }

    private func refreshSM2() async {
        let row = try? await database.row(
            """
            SELECT EXISTS (SELECT 1 FROM client WHERE state = 'active' AND 'SM2' IN (
                metadata->>'id_token_signed_response_alg', metadata->>'userinfo_signed_response_alg',
                metadata->>'access_token_signed_response_alg')) AS uses
            """
        )
        guard let uses = try? row?.get("uses", as: Bool.self) else { return }
        sm2.withLock { $0 = uses }
    }

    /// Forgets everything that was read (the sandbox's reset).
    func forgetAll() { cache.withLock { $0.forget() } }

    /// Forgets one client that was changed.
    func forget(_ id: String) { cache.withLock { $0.forget(id) } }

    private func read(_ id: String) async throws -> RegisteredClient? {
        let rows = try await database.rows(Self.finding(id))
        guard let first = rows.first else { return nil }
        let client: Client
        do {
            client = try self.client(id: id, first)
        } catch {
            // Metadata an older release accepted and this one does not: the client is out of service, not the server.
            logger.error("client metadata unreadable", metadata: ["client_id": "\(id)"])
            return nil
        }
        let secrets = try rows.compactMap { row -> RegisteredClient.StoredSecret? in
            guard let hash = try row.get("hash", as: [UInt8]?.self) else { return nil }
            return .init(hash: hash, sealed: try row.get("sealed"), expiry: try row.get("expires_at"))
        }
        return RegisteredClient(client: client, secrets: secrets)
    }

    static func finding(_ id: String) -> SQL {
        """
        SELECT c.state, c.metadata, s.hash, s.sealed, s.expires_at FROM client c
        LEFT JOIN client_secret s ON s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > instant())
        WHERE c.id = \(id) AND c.state <> 'deleted'
        """
    }

    /// A client of a row with `state` and `metadata`.
    func client(id: String, _ row: Row) throws -> Client {
        let metadata = try ClientMetadata(stored: row.json("metadata"), policy: policy)
        return Client(id: ClientID(trusted: id), metadata: metadata, isEnabled: try row.get("state") == "active")
    }
}
