public import Cryptography
public import Logging
import ServiceLifecycle

/// A relying party that runs in the process of a sandbox, such as the demo website. The sandbox registers it and tells it its secret and the time.
public struct SandboxGuest: Sendable {
    /// What a guest is told when it starts.
    public struct Welcome: Sendable {
        /// The guest's `client_secret`.
        public let secret: Secret<String>
        /// The sandbox's clock, in seconds since 1970.
        public let now: @Sendable () -> Int64
        /// Where it logs.
        public let logger: Logger
    }

    private let clientID: String
    private let note: String
    private let metadata: JSON
    private let run: @Sendable (Welcome) async throws -> Void

    /// - Parameters:
    ///   - clientID: its `client_id`.
    ///   - note: what it is, for `/sandbox/clients`.
    ///   - metadata: its registration (RFC 7591 §2); it must prove itself by a secret.
    ///   - run: serves until graceful shutdown. When it ends or throws, the sandbox goes on without it.
    public init(
        clientID: String,
        note: String,
        metadata: JSON,
        run: @escaping @Sendable (Welcome) async throws -> Void
    ) {
        self.clientID = clientID
        self.note = note
        self.metadata = metadata
        self.run = run
    }

    func client(_ clients: SandboxClients) -> SandboxClients.Ready {
        SandboxClients.Ready(id: clientID, note: note, metadata: metadata, secret: clients.secret(of: clientID))
    }

    func service(_ rooms: Rooms, logger: Logger) -> some Service {
        let clock = rooms.clock
        let welcome = Welcome(
            secret: SandboxClients(rooms.secrets, issuer: rooms.configuration.issuer).secret(of: clientID),
            now: { clock.seconds },
            logger: logger
        )
        return GuestService(clientID: clientID, welcome: welcome, body: run)
    }
}

private struct GuestService: Service {
    let clientID: String
    let welcome: SandboxGuest.Welcome
    let body: @Sendable (SandboxGuest.Welcome) async throws -> Void

    func run() async throws {
        do {
            try await body(welcome)
        } catch {
            welcome.logger.warning(
                "a guest of the sandbox cannot run",
                metadata: ["client_id": "\(clientID)", "error_type": "\(type(of: error))"]
            )
        }
        try? await gracefulShutdown()
    }
}
