import FoundationEssentials
import Glibc

/// What the data folder and `/proc` say about the PostgreSQL that runs on it, whoever started it.
struct Postmaster: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case starting, ready, stopping
    }

    let pid: pid_t
    let state: State

    /// The postmaster of `data`, or nil when none runs: no `postmaster.pid`, or one whose process is gone or is another program.
    static func running(on data: String) -> Postmaster? {
        guard let file = try? OperatorFile.text(at: "\(data)/postmaster.pid", longest: 4096) else { return nil }
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        guard let pid = lines.first.flatMap({ wholeNumber($0) }).flatMap({ pid_t(exactly: $0) }), isAlive(pid, on: data)
        else {
            return nil
        }
        // The eighth line, as pg_ctl reads it.
        let word = lines.count > 7 ? lines[7].prefix { $0 != " " } : ""
        switch word {
        case "ready", "standby": return Postmaster(pid: pid, state: .ready)
        case "stopping": return Postmaster(pid: pid, state: .stopping)
        default: return Postmaster(pid: pid, state: .starting)
        }
    }

    /// Whether `pid` is a living process (not a zombie) whose working folder is `data`, as every process of PostgreSQL has it.
    static func isAlive(_ pid: pid_t, on data: String) -> Bool {
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        if let folder = workingFolder(of: pid) { return folder == realPath(data) }
        return !isZombie(pid)
    }

    /// Whether a server answers on the socket: one that is being killed still stands in `/proc` for a moment. Asks for TLS (SSLRequest), which
    /// every server answers with one letter before anything else.
    static func answers(socketFolder: String, patience: Duration = .seconds(1)) async -> Bool {
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard connect(descriptor, toUnixSocket: "\(socketFolder)/.s.PGSQL.5432") else { return false }
        let request: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return false }
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            var letter: UInt8 = 0
            let count = recv(descriptor, &letter, 1, 0)
            if count == 1 { return letter == UInt8(ascii: "N") || letter == UInt8(ascii: "S") }
            guard count < 0, errno == EAGAIN || errno == EINTR else { return false }
            await uninterruptedSleep(.milliseconds(5))
        }
        return false
    }

    /// Every process whose working folder is `data`: the postmaster, its children, or what is left of them after it was killed.
    static func processes(on data: String) -> [pid_t] {
        let data = realPath(data)
        return folderNames(in: "/proc").compactMap { wholeNumber($0) }.compactMap { pid_t(exactly: $0) }
            .filter { workingFolder(of: $0) == data }
    }

    /// Removes the traces of a server that no longer runs when its process id belongs to another program today, which PostgreSQL would take for
    /// a running server. Only to be called while no process works in `data`.
    static func removeForeignTraces(data: String, socketFolder: String) {
        for path in ["\(data)/postmaster.pid", "\(socketFolder)/.s.PGSQL.5432.lock"] {
            guard let file = try? OperatorFile.text(at: path, longest: 4096),
                let pid = file.split(separator: "\n").first.flatMap({ wholeNumber($0) }).flatMap({ pid_t(exactly: $0) }
                ),
                kill(pid, 0) == 0 || errno == EPERM
            else { continue }
            unlink(path)
        }
    }

    private static func workingFolder(of pid: pid_t) -> String? {
        var bytes = [CChar](repeating: 0, count: 4097)
        let count = readlink("/proc/\(pid)/cwd", &bytes, 4096)
        return count > 0 ? String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static func isZombie(_ pid: pid_t) -> Bool {
        guard let line = try? OperatorFile.text(at: "/proc/\(pid)/stat", longest: 4096) else { return true }
        // “pid (name) state …”; the name may hold anything.
        guard let end = line.utf8.lastIndex(of: UInt8(ascii: ")")) else { return false }
        return line[line.index(after: end)...].utf8.first { $0 != 0x20 } == UInt8(ascii: "Z")
    }

    private static func realPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
