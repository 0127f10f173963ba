import Cryptography
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import OAuth
import Postgres

@testable import Provider

/// A server process as a test sees it: the real rooms and the real router on a real database of its own.
struct TestServer: Sendable {
    let rooms: Rooms
    let sandbox: SandboxControl
    let client: any TestClientProtocol
    let connectionString: String

    static let issuer = "http://localhost:8080"

    static let quietLogger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Gives a server to `body`.
    /// - Parameters:
    ///   - settings: environment variables that change the configuration, such as `CITYGATE_LIFETIMES_ACCESS_TOKEN`.
    ///   - connectionString: the database of another server, to be a second process beside it.
    ///   - logger: hears what the server says.
    ///   - body: the test.
    /// - Returns: what the test gives.
    /// - Throws: what the test throws.
    static func with<Result: Sendable>(
        _ settings: [String: String] = [:],
        sharing connectionString: String? = nil,
        logger: Logger = TestServer.quietLogger,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        guard let connectionString else {
            // Tests run all at once; servers on databases of their own do not, or a small machine drowns in them.
            return try await TestGate.servers.pass {
                let address = try await TestStore.shared.database()
                return try await with(settings, on: address, isFirst: true, logger, body)
            }
        }
        return try await with(settings, on: connectionString, isFirst: false, logger, body)
    }

    private static func with<Result: Sendable>(
        _ settings: [String: String],
        on address: String,
        isFirst: Bool,
        _ logger: Logger,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        var environment = [
            "CITYGATE_ISSUER": issuer, "DATABASE_URL": address, "CITYGATE_PASSWORDS_MEMORY": "1 MiB",
            "CITYGATE_PASSWORDS_ITERATIONS": "1", "CITYGATE_LOGGING_LEVEL": "critical",
        ]
        environment.merge(settings) { $1 }
        let configuration = try Configuration.load(file: nil, environment: environment, mode: .sandbox)
        let keys = try await TestKeys.shared.open()
        let database = TestStore.open(address)
        let rooms = try Rooms(
            configuration,
            database: database,
            keyRing: keys.ring,
            secrets: keys.secrets,
            logger: logger
        )
        let sandbox = SandboxControl(rooms)
        try await rooms.clock.refresh()
        if isFirst { try await sandbox.seed() }
        let router = rooms.router(logger: logger)
        sandbox.addRoutes(to: router)
        let application = Application(responder: router.buildResponder(), logger: logger)
        let listening = Task { try await rooms.clients.run() }
        defer { listening.cancel() }
        do {
            let result = try await application.test(.router) { client in
                try await body(
                    TestServer(rooms: rooms, sandbox: sandbox, client: client, connectionString: address)
                )
            }
            await database.shutDown()
            return result
        } catch {
            await database.shutDown()
            throw error
        }
    }

    /// A browser without cookies.
    func browser() -> TestBrowser { TestBrowser(client: client) }

    /// A ready client of the sandbox with its secret.
    func ready(_ id: String) throws -> SandboxClients.Ready {
        for client in try sandbox.ready.all() where client.id == id { return client }
        throw TestFault("no ready client \(id)")
    }

    /// Moves the server's clock.
    func advance(seconds: Double) async throws {
        _ = try await sandbox.sandboxClock.advance(seconds: seconds)
        try await rooms.clock.refresh()
        try await rooms.partitions.ensure(today: Day(of: rooms.clock.now))
    }

    /// Posts a form without cookies, as a relying party does.
    func post(
        _ path: String,
        _ fields: [(String, String)],
        basic: (String, String)? = nil,
        headers more: HTTPFields = HTTPFields()
    ) async throws -> TestAnswer {
        var headers = more
        headers[.contentType] = "application/x-www-form-urlencoded"
        if let (id, secret) = basic {
            headers[.authorization] = "Basic " + Base64.encode(Array("\(id):\(secret)".utf8))
        }
        let body = TestForm.encode(fields)
        return try await client.execute(uri: path, method: .post, headers: headers, body: .init(string: body)) {
            TestAnswer($0)
        }
    }

    /// Gets a path, with a bearer token if one is given.
    func get(_ path: String, bearer: String? = nil) async throws -> TestAnswer {
        var headers = HTTPFields()
        if let bearer { headers[.authorization] = "Bearer \(bearer)" }
        return try await client.execute(uri: path, method: .get, headers: headers) { TestAnswer($0) }
    }
}

/// What a test cannot go on without.
struct TestFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The keys all suites share: made once, since RSA takes its time.
actor TestKeys {
    static let shared = TestKeys()
    private var opened: (ring: KeyRing, secrets: KeySecrets)?

    func open() throws -> (ring: KeyRing, secrets: KeySecrets) {
        if let opened { return opened }
        let path = "/tmp/citygate-keys-\(getpid())"
        let folder = KeyFolder(path: path)
        try folder.create(now: Date())
        let keys = (ring: try KeyRing(folder: folder), secrets: try folder.secrets())
        try? FileManager.default.removeItem(atPath: path)
        opened = keys
        return keys
    }
}
