import FoundationEssentials
import Glibc
import Logging
import Testing

@testable import Provider

/// A folder for one private PostgreSQL, below `/tmp` so that PostgreSQL's user can reach it.
struct Place: Sendable {
    let root: String
    let folder: String
    let logger: Logger

    var data: String { "\(folder)/data" }

    init(name: String) {
        root = "/tmp/citygate-test-\(UInt64.random(in: 0...UInt64.max))"
        folder = "\(root)/\(name)"
        var logger = Logger(label: "test")
        logger.logLevel = .error
        self.logger = logger
    }

    func server(_ change: (inout PrivatePostgres.Settings) -> Void = { _ in }) -> PrivatePostgres {
        var settings = PrivatePostgres.Settings(folder: folder, mayMove: false)
        change(&settings)
        return PrivatePostgres(settings, logger: logger)
    }

    /// Runs statements through `psql`.
    func ask(_ sql: String, at connectionString: String) async throws -> (isSuccess: Bool, output: String) {
        let installation = try await PostgresInstallation.find(asked: nil, dataMajor: nil, searchPath: "/usr/bin")
        let command = [
            "\(installation.folder)/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, connectionString,
        ]
        let answer = try await ChildProcess.run(command, deadline: .seconds(30))
        return (answer.end.isSuccess, answer.output)
    }

    /// The single value a statement gives; the message of `psql` when it gives none.
    func answer(_ sql: String, at connectionString: String) async throws -> String {
        let output = try await ask(sql, at: connectionString).output
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    func answer(_ sql: String, at address: PrivatePostgres.Address) async throws -> String {
        try await answer(sql, at: address.connectionString)
    }

    /// Records an issue unless the statement gives `value`.
    func expect(
        _ sql: String,
        at connectionString: String,
        is value: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await answer(sql, at: connectionString)
        #expect(answer == value, "\(sql)", sourceLocation: sourceLocation)
    }

    func expect(
        _ sql: String,
        at address: PrivatePostgres.Address,
        is value: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await expect(sql, at: address.connectionString, is: value, sourceLocation: sourceLocation)
    }

    /// Records an issue unless the statements succeed.
    func tell(
        _ sql: String,
        at address: PrivatePostgres.Address,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await ask(sql, at: address.connectionString)
        #expect(answer.isSuccess, "\(answer.output)", sourceLocation: sourceLocation)
    }

    /// Waits for what another process will bring about.
    func waitUntil(_ isTrue: () -> Bool) async throws {
        for _ in 0..<1500 {
            if isTrue() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("did not come about within 30 s")
    }
}

/// Gives a place to `body`; afterwards nothing of it is left, running or on disk.
func withPlace(name: String = "pg", _ body: (Place) async throws -> Void) async throws {
    let place = Place(name: name)
    mkdir(place.root, 0o711)
    chmod(place.root, 0o711)
    defer {
        for pid in Postmaster.processes(on: place.data) { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: place.root)
    }
    try await body(place)
}

/// Gives a started server to `body` and stops it afterwards.
func withServer(_ body: (Place, PrivatePostgres, PrivatePostgres.Address) async throws -> Void) async throws {
    try await withPlace { place in
        let server = place.server()
        let address = try await server.start()
        do {
            try await body(place, server, address)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
