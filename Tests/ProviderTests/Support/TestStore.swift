import FoundationEssentials
import Glibc
import Logging
import Postgres
import Synchronization

@testable import Provider

/// One PostgreSQL for the whole test process, started when the first suite asks; each suite gets a database of its own,
/// cloned from a template that the migrations have made.
actor TestStore {
    static let shared = TestStore()

    private var template: Task<PrivatePostgres.Address, any Error>?
    private var count = 0

    /// A fresh, migrated database.
    /// - Returns: its connection string.
    func database() async throws -> String {
        let address = try await running()
        count += 1
        let name = "suite_\(count)_\(getpid())"
        let administrator = Self.open(address.administratorConnectionString)
        // The template must have no connections while it is copied; one copy at a time is the actor's gift.
        _ = try await administrator.execute("CREATE DATABASE \(raw: name) TEMPLATE citygate_template OWNER citygate")
        await administrator.shutDown()
        return Self.replacing(database: "citygate", with: name, in: address.connectionString)
    }

    private func running() async throws -> PrivatePostgres.Address {
        if let template { return try await template.value }
        let task = Task { try await Self.start() }
        template = task
        return try await task.value
    }

    private static func start() async throws -> PrivatePostgres.Address {
        let root = "/tmp/citygate-suites-\(getpid())"
        mkdir(root, 0o711)
        chmod(root, 0o711)
        Self.root.withLock { $0 = root }
        // The test runner ends by exit(3): nothing of ours may stay behind.
        atexit {
            let root = TestStore.root.withLock { $0 }
            for pid in Postmaster.processes(on: "\(root)/pg/data") { kill(pid, SIGKILL) }
            try? FileManager.default.removeItem(atPath: root)
        }
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let postgres = PrivatePostgres(PrivatePostgres.Settings(folder: "\(root)/pg", mayMove: false), logger: logger)
        let address = try await postgres.start()
        kept.withLock { $0 = postgres }
        let administrator = open(address.administratorConnectionString)
        _ = try await administrator.execute("CREATE DATABASE citygate_template OWNER citygate")
        await administrator.shutDown()
        let template = open(replacing(database: "citygate", with: "citygate_template", in: address.connectionString))
        _ = try await Migrator(Schema.migrations).migrate(template)
        try await SandboxClock(database: template).install()
        try await SandboxStage(database: template).install()
        try await Partitions(database: template, grantDays: 32).ensure(today: Day(of: Date()))
        await template.shutDown()
        return address
    }

    private static let root = Mutex("")
    /// The actor that owns the child; kept so that the child is.
    private static let kept = Mutex<PrivatePostgres?>(nil)

    /// A small client, for one test's own questions.
    static func open(_ connectionString: String) -> Database {
        var configuration = DatabaseConfiguration(connectionString)
        configuration.readConnections = 1
        configuration.writeConnections = 4
        // A machine busy with other suites is slow, not broken.
        configuration.statementLimit = .seconds(60)
        configuration.waitLimit = .seconds(60)
        configuration.connectLimit = .seconds(30)
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return Database(configuration, logger: logger)
    }

    private static func replacing(database old: String, with new: String, in connectionString: String) -> String {
        connectionString.split(separator: " ").map { part in
            part == "dbname=\(old)" || part == "dbname='\(old)'" ? "dbname=\(new)" : String(part)
        }.joined(separator: " ")
    }
}
