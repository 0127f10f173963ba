import FoundationEssentials
import Glibc
import Testing

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/citygate-\(UUID().uuidString)"
        try #require(mkdir(path, 0o700) == 0)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where the key folder of the test goes.
    var keys: String { path + "/Keys" }

    static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    static func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    static func write(_ path: String, _ content: [UInt8]) throws {
        try Data(content).write(to: URL(filePath: path))
        try #require(chmod(path, 0o600) == 0)
    }

    static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }
}

/// A fixed point in time, and others relative to it.
let noon = Date(timeIntervalSince1970: 1_795_000_000)

let day: TimeInterval = 86_400
