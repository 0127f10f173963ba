import Logging
import Postgres

extension Configuration {
    /// Opens the database for one command and closes it afterwards. Without a database URL the private PostgreSQL is joined or started, and
    /// stopped again if nobody else uses it.
    func withDatabase<Result: Sendable>(
        logger: Logger,
        _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let postgres = privatePostgres(logger: logger)
        var settings = try await databaseConfiguration(postgres)
        settings.applicationName = "citygate command"
        // A command asks one thing after the other.
        settings.readConnections = 1
        settings.writeConnections = 2
        let database = Database(settings, logger: logger)
        do {
            let result = try await body(database)
            await database.shutDown()
            await postgres?.stop()
            return result
        } catch {
            await database.shutDown()
            await postgres?.stop()
            throw error
        }
    }
}
