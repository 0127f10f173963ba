import FoundationEssentials
import Glibc

/// Where the measured server runs, and where everything beside it does: one core for the server, the others for the load generator and
/// PostgreSQL. Done by `taskset` of util-linux; without it, or with one processor, all share what there is.
struct BenchCores: Sendable {
    private static let taskset = "/usr/bin/taskset"
    /// The server's; nil where nothing is bound.
    let server: Int?
    private let others: String

    init() {
        let status = (try? Data(contentsOf: URL(filePath: "/proc/self/status"))) ?? Data()
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("Cpus_allowed_list:")
        }
        let allowed = line?.split(whereSeparator: { $0 == ":" || $0 == "\t" }).last.map(Self.numbers) ?? []
        guard allowed.count > 1, access(Self.taskset, X_OK) == 0 else {
            server = nil
            others = ""
            return
        }
        server = allowed[0]
        others = allowed.dropFirst().map(String.init).joined(separator: ",")
    }

    /// The numbers of a list such as `0-2,5`.
    private static func numbers(_ list: Substring) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }

    /// The program and arguments that run a program on the server's core.
    func onServerCore(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        guard let server else { return (program, arguments) }
        return (Self.taskset, ["-c", "\(server)", program] + arguments)
    }

    /// Moves processes, with all their threads, away from the server's core.
    func moveAside(_ processes: [pid_t]) throws(BenchFault) {
        guard server != nil else { return }
        for pid in processes {
            let mover = try BenchProcess(Self.taskset, ["-acp", others, "\(pid)"], log: "/dev/null", port: 0)
            mover.wait(seconds: 10)
        }
    }

    /// For the head of the table.
    var words: String {
        server == nil
            ? "server, PostgreSQL and load generator on the same cores"
            : "server on one core, load generator and PostgreSQL on the others"
    }
}
