import Cryptography
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A process that the benchmark starts, as a rule of this same program.
final class BenchProcess {
    let pid: pid_t
    let port: Int
    private var hasEnded = false {
        didSet { _ = Self.running.compareExchange(expected: pid, desired: 0, ordering: .sequentiallyConsistent) }
    }
    /// The server that runs at the moment, for the handler of signals; 0 when there is none. What runs beside it is short.
    private static let running = Atomic<pid_t>(0)

    /// Starts a program.
    /// - Parameters:
    ///   - program: an absolute path.
    ///   - arguments: its arguments.
    ///   - environment: replaces or adds to ours; the settings of Citygate in ours are left out.
    ///   - log: the file for what it writes.
    ///   - port: where it will listen.
    /// - Throws: when it cannot be started.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        log: String,
        port: Int
    ) throws(BenchFault) {
        self.port = port
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CITYGATE_") }
        variables["DATABASE_URL"] = nil
        variables.merge(environment) { $1 }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Worker threads block signals, and a child would inherit that: PostgreSQL's tools end themselves by SIGALRM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, program, &actions, &attributes, &words, &settings)
        guard code == 0 else { throw BenchFault("\(program) cannot be started: errno \(code)") }
        self.pid = pid
        _ = Self.running.compareExchange(expected: 0, desired: pid, ordering: .sequentiallyConsistent)
    }

    /// Waits until `path` answers 200.
    /// - Returns: milliseconds waited.
    /// - Throws: when the process ends before, or the time is over.
    func waitUntilReady(_ path: String, since start: ContinuousClock.Instant) throws(BenchFault) -> Double {
        let request = BenchRequest.get(path)
        while (ContinuousClock.now - start) < .seconds(120) {
            if (try? BenchSocket.exchange(request, port: port))?.status == 200 {
                return (ContinuousClock.now - start) / .milliseconds(1)
            }
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                hasEnded = true
                throw BenchFault("the server ended before it was ready")
            }
            usleep(2000)
        }
        throw BenchFault("the server was not ready within two minutes")
    }

    /// Lets a signal that would end us end the server instead: the measurement then fails, and everything is taken away as after
    /// any fault. Without a server there is nothing to take away.
    static func handleSignals() {
        running.store(0, ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in
                let pid = BenchProcess.running.load(ordering: .sequentiallyConsistent)
                if pid > 0 { kill(pid, SIGTERM) } else { _exit(130) }
            }
        }
    }

    /// Waits for the process to end by itself, and stops it when it has not done so in time.
    func wait(seconds: Double) {
        let start = ContinuousClock.now
        var status: Int32 = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            if waitpid(pid, &status, WNOHANG) != 0 {
                hasEnded = true
                return
            }
            usleep(10_000)
        }
        stop()
    }

    /// Asks the process to stop, and makes it after 30 s.
    func stop() {
        guard !hasEnded else { return }
        defer { hasEnded = true }
        kill(pid, SIGTERM)
        var status: Int32 = 0
        for _ in 0..<3000 {
            if waitpid(pid, &status, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
    }

    /// Resident memory in bytes (`VmRSS`).
    var residentMemory: Int {
        let text = Self.read("/proc/\(pid)/status")
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
    }

    /// Processor time used so far, in seconds: by the process itself and by its children, which are its PostgreSQL.
    var processorTime: (own: Double, children: Double) {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let all = Self.allProcesses()
        let descendants = descendants(in: all)
        let own = all.first { $0.pid == pid }?.ticks ?? 0
        let children = all.filter { descendants.contains($0.pid) }.reduce(0) { $0 + $1.ticks }
        return (Double(own) / ticks, Double(children) / ticks)
    }

    /// Its children and theirs.
    var descendants: Set<pid_t> { descendants(in: Self.allProcesses()) }

    private func descendants(in all: [(pid: pid_t, parent: pid_t, ticks: Int)]) -> Set<pid_t> {
        var family: Set<pid_t> = [pid]
        var grown = true
        while grown {
            grown = false
            for process in all where family.contains(process.parent) {
                if family.insert(process.pid).inserted { grown = true }
            }
        }
        return family.subtracting([pid])
    }

    private static func allProcesses() -> [(pid: pid_t, parent: pid_t, ticks: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let pid = pid_t(name) else { return nil }
            // The name of the program stands in parentheses and may hold blanks.
            let fields = read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 14, let parent = pid_t(fields[1]), let user = Int(fields[11]),
                let system = Int(fields[12])
            else { return nil }
            return (pid, parent, user + system)
        }
    }

    private static func read(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The path of this program.
    static func ownProgram() throws(BenchFault) -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        guard count > 0 else { throw BenchFault("this program cannot find itself") }
        return String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A port that nobody uses at the moment.
    static func freePort() throws(BenchFault) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard result == 0 else { throw BenchFault("there is no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// The bare Hummingbird server: what any endpoint could reach at most.
enum BenchBareServer {
    static let expected = "\"token_type\""

    /// Serves `GET` and `POST /bare` until it is told to stop.
    static func run(port: Int) async throws {
        var logger = Logger(label: "bare")
        logger.logLevel = .error
        let router = Router()
        let json = #"{"access_token":"0123456789","token_type":"Bearer","expires_in":600}"#
        @Sendable func answer() -> Response {
            var response = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: json)))
            response.headers[.contentType] = "application/json"
            return response
        }
        router.get("/bare") { _, _ in answer() }
        router.post("/bare") { request, _ in
            _ = try await request.body.collect(upTo: 64 << 10)
            return answer()
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        )
        try await application.runService()
    }
}
