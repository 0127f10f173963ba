import FoundationEssentials
import Glibc

/// What the private PostgreSQL of a running sandbox does for `pgbench`, its own yardstick.
struct BenchStatements {
    /// The folder of the run.
    let folder: String
    let cores: BenchCores
    /// Connections for writes that the server has unless configured.
    private static let writers = 16
    private static let rows = 10_000

    /// One sample of at least a second.
    /// - Returns: nil where `pgbench` is not installed.
    /// - Throws: when it runs and fails.
    func sample(_ yardstick: BenchYardstick, seconds: Double) throws(BenchFault) -> BenchTally? {
        let seconds = max(1, Int(seconds.rounded()))
        let script: String
        var connections = Self.writers
        switch yardstick {
        case .statement:
            script = "SELECT metadata FROM client WHERE id = 'sandbox-service';"
            connections = 4
        case .transaction:
            // One row changed by its key and another inserted, as a refresh does, durable at the end.
            script = """
                \\set id random(1, \(Self.rows))
                BEGIN;
                UPDATE bench SET spent_at = statement_timestamp() WHERE id = :id;
                INSERT INTO bench_row VALUES (gen_random_uuid(), statement_timestamp());
                COMMIT;
                """
        case .commit: script = "INSERT INTO bench_row VALUES (gen_random_uuid(), statement_timestamp());"
        case .get, .post, .es256, .rs256, .argon2id: return nil
        }
        guard let rate = try rate(yardstick.rawValue, script, ["-c", "\(connections)", "-T", "\(seconds)"]) else {
            return nil
        }
        return BenchTally(count: rate * Double(seconds), seconds: Double(seconds))
    }

    /// The tables that the yardsticks write to.
    func makeTables() throws(BenchFault) {
        let tables = """
            CREATE TABLE bench (id integer PRIMARY KEY, spent_at timestamptz);
            CREATE TABLE bench_row (id uuid PRIMARY KEY, at timestamptz);
            INSERT INTO bench SELECT generate_series(1, \(Self.rows));
            """
        _ = try rate("make-tables", tables, ["-c", "1", "-t", "1"])
    }

    private func rate(_ name: String, _ script: String, _ options: [String]) throws(BenchFault) -> Double? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let programs = versions.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin/pgbench" }
        let socket = folder + "/state/postgres/run"
        guard let program = programs.first(where: { access($0, X_OK) == 0 }), access(socket, X_OK) == 0 else {
            return nil
        }
        let file = "\(folder)/\(name).sql"
        let output = "\(folder)/\(name).log"
        do { try Data((script + "\n").utf8).write(to: URL(filePath: file)) } catch {
            throw BenchFault("\(file): \(error)")
        }
        let arguments =
            ["-n", "-M", "prepared", "-j", "1"] + options + ["-f", file, "-h", socket, "-U", "citygate", "citygate"]
        // It stands where the server stands in the figures.
        let command = cores.onServerCore(program, arguments)
        let process = try BenchProcess(command.program, command.arguments, log: output, port: 0)
        process.wait(seconds: 630)
        let text = (try? Data(contentsOf: URL(filePath: output))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").last { $0.hasPrefix("tps = ") }
        guard let rate = line?.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
            throw BenchFault("pgbench: " + text.split(separator: "\n").suffix(3).joined(separator: "; "))
        }
        return rate
    }
}
