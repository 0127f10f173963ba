// App
// Owns: the roof: settings, logs, the private PostgreSQL, the list of rooms, and the order of start and stop.
// Hands off: every request to the room of its path.
// Never: a rule of the protocol or a citizen's step.

import Cryptography
import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import OAuth
import Postgres
import ServiceLifecycle
import UnixSignals

/// The server: PostgreSQL first and last, then the store, then the door.
public struct CitygateServer: Sendable {
    let configuration: Configuration
    let logger: Logger
    /// Called with the bound port once requests are taken.
    let onReady: @Sendable (Int) async -> Void
    /// Relying parties that run beside a sandbox.
    let guests: [SandboxGuest]
    /// Played twins of outside systems beside a sandbox.
    let upstreams: [SandboxUpstream]
    /// Played systems that run beside a sandbox.
    let companions: [SandboxCompanion]

    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - guests: relying parties that run beside a sandbox; not for production.
    ///   - upstreams: played twins of outside systems beside a sandbox; not for production.
    ///   - companions: played systems that run beside a sandbox; not for production.
    ///   - onReady: called once, with the port that was bound, when requests are taken.
    public init(
        _ configuration: Configuration,
        guests: [SandboxGuest] = [],
        upstreams: [SandboxUpstream] = [],
        companions: [SandboxCompanion] = [],
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.guests = configuration.mode == .sandbox ? guests : []
        self.upstreams = configuration.mode == .sandbox ? upstreams : []
        self.companions = configuration.mode == .sandbox ? companions : []
        self.onReady = onReady
        logger = ServerLogs.logger(configuration)
    }

    /// Serves until SIGTERM or SIGINT, then lets requests finish, closes the store and stops the private PostgreSQL.
    /// - Throws: ``StartFault`` in words for the operator.
    public func run() async throws {
        configuration.markMode()
        let keyRing = try openKeys()
        let postgres = configuration.privatePostgres(logger: logger)
        var databaseConfiguration = try await configuration.databaseConfiguration(postgres)
        databaseConfiguration.applicationName = "citygate"
        let database = Database(databaseConfiguration, logger: logger)
        let rooms: Rooms
        let application: any Service
        do {
            rooms = try Rooms(
                configuration,
                database: database,
                keyRing: keyRing.ring,
                secrets: keyRing.secrets,
                logger: logger
            )
            application = try self.application(rooms, sandbox: try await prepareStore(rooms))
        } catch {
            await database.shutDown()
            await postgres?.stop()
            throw error
        }
        // Services end in the reverse order: the door closes, then the store, then its PostgreSQL.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let postgres { services.append(.init(service: postgres)) }
        services.append(.init(service: database))
        services.append(.init(service: rooms.clock))
        services.append(.init(service: rooms.clients))
        services.append(.init(service: rooms.watch))
        services.append(.init(service: KeyWatch(ring: keyRing.ring, logger: logger)))
        services.append(.init(service: rooms.housekeeping(logger)))
        services.append(.init(service: rooms.logoutDelivery(logger)))
        let stage = SandboxStage(database: database)
        for upstream in upstreams { services.append(.init(service: upstream.service(stage, logger: logger))) }
        services.append(.init(service: application))
        for guest in guests { services.append(.init(service: guest.service(rooms, logger: logger))) }
        for companion in companions { services.append(.init(service: companion.service(rooms.clock, logger: logger))) }
        var group = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = configuration.http.drainTimeout + .seconds(20)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw StartFault(
                "The server cannot listen on \(configuration.listen.address) port \(configuration.listen.port): \(reason)."
            )
        }
    }

    /// The key folder; in the sandbox it is made at the first start.
    func openKeys() throws(StartFault) -> (ring: KeyRing, secrets: KeySecrets) {
        let passphrase = configuration.keys.passphrase.map { Secret(Array($0.reveal().utf8)) }
        let folder = KeyFolder(path: configuration.keys.folder, passphrase: passphrase)
        do {
            if configuration.mode == .sandbox, !folder.exists {
                try folder.create(rsaBits: configuration.signing.rsaBits, now: Date())
            }
            guard folder.exists else {
                throw StartFault("There are no keys in \(folder.path). Run: citygate keys generate")
            }
            try folder.check()
            if configuration.mode == .production, try !folder.isEncrypted() {
                throw StartFault("The keys in \(folder.path) are not encrypted. Production needs a passphrase on them.")
            }
            return (try KeyRing(folder: folder), try folder.secrets())
        } catch let fault as StartFault {
            throw fault
        } catch {
            throw StartFault("\(error)")
        }
    }

    /// Migrations, partitions, the clock, and in the sandbox its people and clients.
    private func prepareStore(_ rooms: Rooms) async throws -> SandboxControl? {
        let applied = try await Migrator(Schema.migrations).migrate(rooms.database)
        for migration in applied {
            logger.notice("migration applied", metadata: ["migration": "\(migration.name)"])
        }
        let clients = SandboxClients(rooms.secrets, issuer: configuration.issuer)
        let control =
            configuration.mode == .sandbox
            ? SandboxControl(rooms, extraClients: guests.map { $0.client(clients) }) : nil
        try await control?.sandboxClock.install()
        try await control?.stage.install()
        try await rooms.clock.refresh()
        try await rooms.partitions.ensure(today: Day(of: rooms.clock.now))
        try await control?.seed()
        return control
    }

    private func application(_ rooms: Rooms, sandbox: SandboxControl?) throws -> some Service {
        let router = rooms.router(logger: logger)
        sandbox?.addRoutes(to: router)
        let http = configuration.http
        let connections = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                RequestDeadline(whole: http.requestTimeout.timeAmount, idle: http.idleTimeout.timeAmount)
            ],
            idleTimeout: http.idleTimeout.timeAmount,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: http.headerBytes,
                maxHeaderListSize: http.headerBytes,
                maxHeaderFieldCount: 100
            )
        )
        let base = HTTPServerBuilder { responder in
            LoopBoundConnections(base: HTTP1Channel(responder: responder, configuration: connections))
        }
        let builder =
            try configuration.tls.map { try HTTPServerBuilder.tls(base, tlsConfiguration: Self.tls($0)) } ?? base
        let onReady = onReady
        let logger = logger
        return Application(
            responder: router.buildResponder(),
            server: builder,
            configuration: .init(
                address: .hostname(configuration.listen.address, port: configuration.listen.port),
                backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(http.connections)
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice("ready", metadata: ["port": .stringConvertible(port)])
                await onReady(port)
            },
            logger: logger
        )
    }

    /// TLS of our own (TLS 1.2 and up), for small installations and for relying parties that insist on https.
    private static func tls(_ settings: Configuration.TLS) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(settings.certificateFile)
            let key = try NIOSSLPrivateKey(file: settings.keyFile, format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            tls.minimumTLSVersion = .tlsv12
            tls.applicationProtocols = ["http/1.1"]
            return tls
        } catch {
            throw StartFault("The TLS certificate or key cannot be used: \(error)")
        }
    }
}

/// Notices when an operator changes the keys: the next requests sign with what is current (E2).
struct KeyWatch: Service {
    let ring: KeyRing
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(2))
                do {
                    if try self.ring.reloadIfChanged() { self.logger.notice("keys loaded anew") }
                } catch {
                    // The keys stay as they were: a half-written folder must not stop tokens.
                    self.logger.error("keys cannot be loaded", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
