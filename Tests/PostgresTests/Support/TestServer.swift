import Foundation
import Glibc
import Testing

/// A PostgreSQL of the tests' own, in a temporary folder, with a unix socket and a loopback port.
///
/// A shell stands between: when the test process ends, however it ends, the shell reads the end of its input, stops the server and
/// removes the folder.
final class TestServer: Sendable {
    let folder: String
    let port: Int
    let settings: [String: String]

    /// Starts a new server with these settings on top of the tests' own.
    static func start(_ settings: [String: String] = [:]) async throws -> TestServer {
        let server = try await TestServer(settings)
        try await server.launch()
        return server
    }

    private init(_ settings: [String: String]) async throws {
        folder = "/tmp/cgpg-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        port = try freePort()
        self.settings = settings
        try run("/bin/cp", ["-a", try await Self.template.value, folder])
    }

    /// initdb and openssl once, copied for each server.
    private static let template = Task { () throws -> String in
        let folder = "/tmp/cgpg-template-\(getpid())"
        try run("/bin/mkdir", ["-m", "755", folder])
        if getuid() == 0 { try run("/bin/chown", ["postgres", folder]) }
        try runAsServer(
            "initdb",
            ["-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"]
        )
        try run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", "\(folder)/server.key", "-out", "\(folder)/server.crt",
            ]
        )
        try run("/bin/chmod", ["600", "\(folder)/server.key"])
        if getuid() == 0 { try run("/bin/chown", ["postgres", "\(folder)/server.key", "\(folder)/server.crt"]) }
        let cleaner = "read _; rm -rf \(folder)"
        try spawn("/bin/sh", ["-c", cleaner])
        return folder
    }

    /// Starts the server, also again after it was killed, and waits until it answers.
    func launch() async throws {
        var all = [
            "unix_socket_directories": folder, "listen_addresses": "127.0.0.1", "port": "\(port)", "fsync": "off",
            "ssl": "on", "ssl_cert_file": "\(folder)/server.crt", "ssl_key_file": "\(folder)/server.key",
            "shared_buffers": "16MB", "max_connections": "400", "logging_collector": "off",
        ]
        all.merge(settings) { _, new in new }
        let options = all.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let command = asServer("postgres", ["-D", "\(folder)/data"] + options)
        let script = """
            ("$@" >> \(folder)/log 2>&1 <&-; true) &
            read _
            kill -INT $(head -1 \(folder)/data/postmaster.pid) 2>/dev/null
            turns=0
            while [ -e \(folder)/data/postmaster.pid ] && [ $turns -lt 50 ]; do sleep 0.1; turns=$((turns + 1)); done
            rm -rf \(folder)
            """
        try spawn("/bin/sh", ["-c", script, "sh"] + command)
        let ready = await eventually(within: .seconds(20)) {
            (try? runAsServer("pg_isready", ["-q", "-h", folder, "-p", "\(port)", "-U", "postgres"])) != nil
        }
        try #require(ready, "the server did not start; its log: \(log)")
    }

    var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "none" }

    /// By unix socket.
    var socketURL: String { "host=\(folder) port=\(port) user=postgres dbname=postgres" }

    /// By TCP on the loopback address.
    var addressURL: String { "host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=disable" }

    /// The postmaster's process.
    var postmaster: pid_t? {
        (try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8))?
            .split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// kill -9 of the postmaster, and waits until its children have noticed and gone.
    func killPostmaster() async throws {
        let process = try #require(postmaster)
        let list = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
        let family = [process] + list.split(separator: " ").compactMap { pid_t($0) }
        kill(process, SIGKILL)
        let gone = await eventually(within: .seconds(10)) { !family.contains(where: isRunning) }
        #expect(gone)
    }

    /// The server most tests share. `CITYGATE_TEST_DATABASE_URL` names another.
    static let shared = Task { () throws -> String in
        if let url = ProcessInfo.processInfo.environment["CITYGATE_TEST_DATABASE_URL"], !url.isEmpty { return url }
        return try await equipped.value.socketURL
    }

    /// A server with TLS and a synchronous standby that does not exist; only sessions that ask for it wait for that standby.
    static let equipped = Task { () throws -> TestServer in
        try await start(["synchronous_standby_names": "nobody", "synchronous_commit": "local"])
    }
}

// MARK: Processes

/// Whether a process exists and is no zombie.
private func isRunning(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
    else { return false }
    return !text[end...].hasPrefix(") Z")
}

private let serverPrograms: String = {
    let roots = "/usr/lib/postgresql"
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: roots)) ?? []).compactMap { Int($0) }
    return versions.max().map { "\(roots)/\($0)/bin" } ?? "/usr/bin"
}()

/// The server refuses to run as root.
private func asServer(_ program: String, _ arguments: [String]) -> [String] {
    let command = ["\(serverPrograms)/\(program)"] + arguments
    guard getuid() == 0 else { return command }
    return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
}

private func runAsServer(_ program: String, _ arguments: [String]) throws {
    let command = asServer(program, arguments)
    try run(command[0], Array(command.dropFirst()))
}

struct ProgramFailed: Error {
    let program: String
    let status: Int32
}

private func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw ProgramFailed(program: program, status: process.terminationStatus)
    }
}

/// Starts a program whose standard input ends when this process does.
private func spawn(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The writing end stays open until this process ends; no child may inherit it.
    _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
}

/// A port of the loopback address that is free now.
func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
        }
    }
    try #require(bound)
    return Int(UInt16(bigEndian: address.sin_port))
}

func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

/// Asks again and again until it holds or the time is over.
func eventually(within limit: Duration, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
