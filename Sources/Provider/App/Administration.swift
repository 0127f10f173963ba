import Cryptography
import FoundationEssentials
import Logging
import OAuth
import Postgres

/// What an operator does from the command line: clients and accounts, each act with its audit row.
public struct Administration: Sendable {
    let rooms: Rooms

    /// Opens the store for one command and closes it again.
    /// - Throws: ``StartFault`` and ``AdministrationFault`` in words; `PostgresError`.
    public static func perform<Result: Sendable>(
        _ configuration: Configuration,
        _ body: @Sendable (Administration) async throws -> Result
    ) async throws -> Result {
        let logger = ServerLogs.commandLogger()
        let keys = try CitygateServer(configuration).openKeys()
        return try await configuration.withDatabase(logger: logger) { database in
            let rooms = try Rooms(
                configuration,
                database: database,
                keyRing: keys.ring,
                secrets: keys.secrets,
                logger: logger
            )
            try await Migrator(Schema.migrations).migrate(database)
            try await rooms.clock.refresh()
            return try await body(Administration(rooms: rooms))
        }
    }
}

/// Why an operator's command did nothing, in words.
public struct AdministrationFault: Error, Sendable, CustomStringConvertible {
    /// The sentence; several faults stand in several lines.
    public let description: String
    /// Decides the exit code.
    let kind: Diagnosis.Kind

    init(_ sentence: String, _ kind: Diagnosis.Kind = .usage) {
        description = sentence
        self.kind = kind
    }
}

// MARK: - Clients

extension Administration {
    /// A client as a command prints it.
    public struct ClientView: Sendable {
        /// `client_id`
        public let id: String
        /// False once it was disabled.
        public let isEnabled: Bool
        /// The secret, only right after it was made.
        public let secret: String?
        /// Everything as one line of JSON: RFC 7591 metadata with `client_id`, `state` and, once, `client_secret`.
        public let json: String

        init(_ client: Client, secret: Secret<String>? = nil) {
            id = client.id.value
            isEnabled = client.isEnabled
            self.secret = secret?.reveal()
            var object = JSONObject()
            object["client_id"] = .string(client.id.value)
            if let secret { object["client_secret"] = .string(secret.reveal()) }
            object["state"] = client.isEnabled ? "active" : "disabled"
            for (name, value) in client.metadata.json.object ?? JSONObject() { object[name] = value }
            json = JSON.object(object).serialized
        }
    }

    /// Registers a client.
    /// - Parameters:
    ///   - id: a chosen `client_id`; random unless given.
    ///   - metadata: RFC 7591 metadata as JSON.
    /// - Returns: the registration, with the secret if there is one; it cannot be had again.
    /// - Throws: ``AdministrationFault`` in words; `PostgresError`.
    public func createClient(id: String?, metadata: [UInt8]) async throws -> ClientView {
        let chosen = if let id { ClientID(id) } else { ClientRegistry.newID() as ClientID? }
        guard let clientID = chosen else {
            throw AdministrationFault("A client_id has 1 to 128 visible ASCII characters.")
        }
        let client = Client(id: clientID, metadata: try await read(metadata))
        do {
            let secret = try await rooms.clients.create(client, trace: .commandLine)
            return ClientView(client, secret: secret)
        } catch ClientRegistry.AdministrationFault.taken {
            throw AdministrationFault("There is a client \(clientID) already, or was one.", .refused)
        }
    }

    /// A client by its id.
    public func showClient(_ id: String) async throws -> ClientView { ClientView(try await known(id)) }

    /// All clients.
    public func listClients() async throws -> [ClientView] { try await rooms.clients.list().map { ClientView($0) } }

    /// Replaces the members given, keeps the others; a member set to null goes back to its default.
    public func updateClient(_ id: String, changes: [UInt8]) async throws -> ClientView {
        let client = try await known(id)
        guard let changed = try? JSON(parsing: changes), let members = changed.object else {
            throw AdministrationFault("The changes are not a JSON object.")
        }
        var merged = client.metadata.json.object ?? JSONObject()
        for (name, value) in members { merged[name] = value.isNull ? nil : value }
        let updated = Client(
            id: client.id,
            metadata: try await read(JSON.object(merged).bytes),
            isEnabled: client.isEnabled
        )
        try await rooms.clients.update(updated, trace: .commandLine)
        return ClientView(updated)
    }

    /// Takes a client out of service.
    public func disableClient(_ id: String) async throws -> ClientView {
        _ = try await known(id)
        try await rooms.clients.disable(id, trace: .commandLine)
        return ClientView(try await known(id))
    }

    /// A new secret; the newest of the old ones works on for a day, or none `atOnce`.
    public func rotateClientSecret(_ id: String, atOnce: Bool = false) async throws -> ClientView {
        let client = try await known(id)
        guard client.hasSecret else {
            throw AdministrationFault("The client \(id) proves itself without a secret.", .refused)
        }
        return ClientView(client, secret: try await rooms.clients.rotateSecret(id, atOnce: atOnce, trace: .commandLine))
    }

    /// Brings in clients with given ids and secrets: an object or an array of them. Sandbox only; twice changes nothing.
    public func importClients(_ file: [UInt8]) async throws -> [ClientView] {
        try requireSandbox()
        var views: [ClientView] = []
        for entry in try entries(file) {
            guard var members = entry.object, let id = members["client_id"]?.string, let clientID = ClientID(id) else {
                throw AdministrationFault("Every client needs a client_id of 1 to 128 visible ASCII characters.")
            }
            let secret = members["client_secret"]?.string.map { Secret($0) }
            for name in ["client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at", "state"] {
                members[name] = nil
            }
            let client = Client(id: clientID, metadata: try await read(JSON.object(members).bytes))
            try await rooms.clients.put(client, secret: secret, trace: .commandLine)
            views.append(ClientView(client))
        }
        return views
    }

    func known(_ id: String) async throws -> Client {
        guard let client = try await rooms.clients.find(id)?.client else {
            throw AdministrationFault("There is no client \(id).", .notFound)
        }
        return client
    }

    private func read(_ metadata: [UInt8]) async throws -> ClientMetadata {
        let json: JSON
        do {
            json = try JSON(parsing: metadata)
        } catch {
            throw AdministrationFault("The metadata is not JSON: \(error)")
        }
        let policy = Rooms.registrationPolicy(rooms.configuration, rooms.capabilities)
        do {
            let metadata = try ClientMetadata(json, policy: policy)
            try await rooms.sectors.check(metadata)
            return metadata
        } catch let error as ClientMetadataError {
            throw AdministrationFault("\(error)")
        }
    }

    func requireSandbox() throws {
        guard rooms.configuration.mode == .sandbox else {
            throw AdministrationFault("Import is for the sandbox only: add --sandbox.", .refused)
        }
    }

    /// The entries of a file: one JSON object, an array of them, or one a line.
    func entries(_ file: [UInt8]) throws -> [JSON] {
        if let whole = try? JSON(parsing: file) { return whole.array ?? [whole] }
        return try file.split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
            do {
                return try JSON(parsing: Array(line))
            } catch {
                throw AdministrationFault("Line \(number + 1) is not JSON: \(error)")
            }
        }
    }
}
