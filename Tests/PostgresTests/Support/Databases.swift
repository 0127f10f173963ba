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
    await gate.enter()
    defer { gate.leave() }
    let schema = unique("t")
    let owner = owners.withLock { owners in
        if let known = owners[place] { return known }
        let made = patient(place)
        owners[place] = made
        return made
    }
    try await owner.execute("CREATE SCHEMA \(raw: schema)")
    let database = patient(withOptions("-c search_path=\(schema) \(options)", place)) {
        $0.statementLimit = .seconds(10)
        configure(&$0)
    }
    let result: Result<T, any Error>
    do { result = .success(try await body(database)) } catch { result = .failure(error) }
    await database.shutDown()
    _ = try? await owner.execute("DROP SCHEMA \(raw: schema) CASCADE")
    return try result.get()
}

/// The clients that make and drop the schemas, one for each server; they live as long as the tests.
private let owners = Mutex<[String: Database]>([:])

/// Lets so many tests onto the servers at a time that each gets its share of a small machine.
private let gate = Gate(width: 8)

private final class Gate: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(width: Int) {
        state = Mutex(State(free: width))
    }

    func enter() async {
        await withCheckedContinuation { continuation in
            let enters = state.withLock { state in
                state.free -= 1
                if state.free < 0 { state.waiting.append(continuation) }
                return state.free >= 0
            }
            if enters { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state in
            state.free += 1
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// A client that waits long for its connection, since all tests begin at once.
func patient(_ place: String, configure: (inout DatabaseConfiguration) -> Void = { _ in }) -> Database {
    var configuration = DatabaseConfiguration(place)
    configuration.waitLimit = .seconds(20)
    configuration.connectLimit = .seconds(10)
    configuration.readConnections = 2
    configuration.writeConnections = 6
    configure(&configuration)
    return Database(configuration, logger: quiet)
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
func failure<T>(
    of body: () async throws -> T,
    sourceLocation: SourceLocation = #_sourceLocation
) async -> PostgresError? {
    do {
        _ = try await body()
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
    /// Waits until nobody holds a connection; the counts are published a moment after the answers.
    func rests() async -> Bool {
        await eventually(within: .seconds(10)) { metrics.reads.inUse == 0 && metrics.writes.inUse == 0 }
    }

    /// One value of one row.
    func value<T: PostgresDecodable>(_ sql: SQL, as type: T.Type = T.self) async throws -> T {
        let row = try #require(try await row(sql))
        return try row.get(at: 0)
    }
}
