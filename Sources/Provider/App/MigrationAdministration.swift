import Logging
import Postgres

/// What an operator does about the shape of the store.
public struct MigrationAdministration: Sendable {
    /// One migration and how it stands.
    public struct Entry: Sendable, Equatable {
        /// Its number; migrations are applied in this order.
        public let number: Int
        /// Its name.
        public let name: String
        /// `applied`, `pending`, `changed` since it was applied, or `unknown` to this program.
        public let state: String
    }

    private let configuration: Configuration
    private let logger: Logger

    /// The migrations of an installation. Nothing is touched yet.
    ///
    /// - Parameter configuration: Names the store.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        logger = ServerLogs.commandLogger()
    }

    /// What is applied and what is not.
    ///
    /// - Returns: Each migration by number.
    /// - Throws: An error that ``Diagnosis`` knows.
    public func status() async throws -> [Entry] {
        try await configuration.withDatabase(logger: logger) { try await Migrator(Schema.migrations).status($0) }
            .map { Entry(number: $0.number, name: $0.name, state: "\($0.state)") }
    }

    /// Applies what is pending.
    ///
    /// - Returns: What was applied, in order.
    /// - Throws: An error that ``Diagnosis`` knows.
    public func apply() async throws -> [Entry] {
        try await configuration.withDatabase(logger: logger) { try await Migrator(Schema.migrations).migrate($0) }
            .map { Entry(number: $0.number, name: $0.name, state: "applied") }
    }

    /// The SQL of all migrations, in order, for reading.
    public static var script: String {
        Schema.migrations.map { migration in
            "-- \(migration.number) \(migration.name)\n\n" + migration.sql.joined(separator: "\n\n")
        }.joined(separator: "\n\n") + "\n"
    }
}

extension ServerLogs {
    /// The log of a command: what goes wrong in the background, and no more.
    static func commandLogger() -> Logger {
        Logger(label: "citygate") { JSONLogHandler(label: $0, level: .error, sink: .standardError) }
    }
}
