import Logging
import Synchronization
import Testing

@testable import Postgres

/// Silent, since lost connections are what these tests make.
let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

private let counter = Mutex(0)

/// A name no other test of this run has.
func unique(_ stem: String) -> String {
    let number = counter.withLock { counter -> Int in
        counter += 1
        return counter
    }
    return "\(stem)_\(number)_\(UInt32.random(in: 0...999_999))"
}

/// A schema of the test's own on the shared server, a database client whose sessions see only it, and both gone afterwards.
func withDatabase<T>(
    options: String = "",
    configure: (inout DatabaseConfiguration) -> Void = { _ in },
    _ body: (Database) async throws -> T
) async throws -> T {
    try await withDatabase(at: try await TestServer.shared.value, options: options, configure: configure, body)
}

func withDatabase<T>(
    at place: String,
    options: String = "",
    configure: (inout DatabaseConfiguration) -> Void = { _ in },
    _ body: (Database) async throws -> T
) async throws -> T {
    let schema = unique("t")
    var plain = DatabaseConfiguration(place)
    plain.waitLimit = .seconds(10)
    plain.readConnections = 1
    plain.writeConnections = 1
    let owner = Database(plain, logger: quiet)
    try await owner.execute("CREATE SCHEMA \(raw: schema)")
    var configuration = DatabaseConfiguration(withOptions("-c search_path=\(schema) \(options)", place))
    configuration.waitLimit = .seconds(10)
    configuration.statementLimit = .seconds(10)
    configure(&configuration)
    let database = Database(configuration, logger: quiet)
    let result: Result<T, any Error>
    do { result = .success(try await body(database)) } catch { result = .failure(error) }
    await database.shutDown()
    _ = try? await owner.execute("DROP SCHEMA \(raw: schema) CASCADE")
    await owner.shutDown()
    return try result.get()
}

/// The same place with further session options.
func withOptions(_ options: String, _ place: String) -> String {
    guard place.contains("://") else { return "\(place) options='\(options)'" }
    let escaped = options.utf8.map { byte in
        byte == UInt8(ascii: " ") ? "%20" : byte == UInt8(ascii: "=") ? "%3D" : String(UnicodeScalar(byte))
    }
    return place + (place.contains("?") ? "&" : "?") + "options=" + escaped.joined()
}

/// The error a block throws; the test fails when it throws none.
func failure(
    of body: () async throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) async -> PostgresError? {
    do {
        try await body()
        Issue.record("no error was thrown", sourceLocation: sourceLocation)
        return nil
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error was thrown: \(error)", sourceLocation: sourceLocation)
        return nil
    }
}

extension Database {
    /// One value of one row.
    func value<T: PostgresDecodable>(_ sql: SQL, as type: T.Type = T.self) async throws -> T {
        let row = try #require(try await row(sql))
        return try row.get(at: 0)
    }
}
