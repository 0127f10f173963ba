import Cryptography
import FoundationEssentials
import Glibc

/// How often something was done, and what it took.
struct BenchRate {
    let perSecond: Double
    /// Microseconds of this process's processor time for each.
    let microseconds: Double
}

/// Time on the wall and on the processors, from its making on.
struct BenchStopwatch: Sendable {
    private let start = ContinuousClock.now
    private let used = Self.processorMicroseconds

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    func rate(of count: Int) -> BenchRate {
        BenchRate(
            perSecond: Double(count) / seconds,
            microseconds: Double(Self.processorMicroseconds - used) / Double(max(count, 1))
        )
    }

    private static var processorMicroseconds: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec
            + usage.ru_stime.tv_usec
    }
}

/// What the machine reaches without a server: signing and password hashing alone.
enum BenchCeilings {
    /// Signatures of one thread.
    static func signing(_ algorithm: SignatureAlgorithm, seconds: Double) throws -> BenchRate {
        let key = try SigningKey.generate(algorithm)
        let message = Random.bytes(400)
        for _ in 0..<20 { _ = try key.sign(message) }
        let stopwatch = BenchStopwatch()
        var count = 0
        while stopwatch.seconds < seconds {
            for _ in 0..<10 { _ = try key.sign(message) }
            count += 10
        }
        return stopwatch.rate(of: count)
    }

    /// Password verifications by as many threads as the server uses, always fully busy.
    static func passwords(seconds: Double, workers: Int) async throws(BenchFault) -> BenchRate {
        do { return try await verifications(seconds: seconds, workers: workers) } catch {
            throw BenchFault("Argon2id: \(error)")
        }
    }

    private static func verifications(seconds: Double, workers: Int) async throws -> BenchRate {
        let hasher = PasswordHasher(peppers: [1: Secret(Random.bytes(32))], workers: workers)
        let record = try await hasher.hash("Citygate-2026")
        let stopwatch = BenchStopwatch()
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<(workers * 2) {
                group.addTask {
                    var done = 0
                    while stopwatch.seconds < seconds {
                        _ = try await hasher.verify("Citygate-2026", against: record)
                        done += 1
                    }
                    return done
                }
            }
            return try await group.reduce(0, +)
        }
        return stopwatch.rate(of: count)
    }
}

/// What the private PostgreSQL of a running sandbox does for `pgbench`, its own yardstick.
struct BenchStatements {
    /// The folder of the run.
    let folder: String

    /// - Parameter seconds: how long is measured.
    /// - Returns: one-row statements a second over four connections; nil where `pgbench` is not installed.
    /// - Throws: when it runs and fails.
    func perSecond(seconds: Double) throws(BenchFault) -> Double? {
        try rate(
            "one-row",
            "SELECT metadata FROM client WHERE id = 'sandbox-service';",
            ["-c", "4", "-T", "\(max(1, Int(seconds.rounded())))"]
        )
    }

    /// Transactions that change one row by its key and insert another, as a refresh does, durable at the end.
    /// - Parameters:
    ///   - seconds: how long is measured.
    ///   - connections: how many at a time.
    /// - Returns: transactions a second; nil where `pgbench` is not installed.
    /// - Throws: when it runs and fails.
    func transactionsPerSecond(seconds: Double, connections: Int) throws(BenchFault) -> Double? {
        let rows = 10_000
        let table = """
            CREATE TABLE bench (id integer PRIMARY KEY, spent_at timestamptz);
            CREATE TABLE bench_row (id uuid PRIMARY KEY, at timestamptz);
            INSERT INTO bench SELECT generate_series(1, \(rows));
            """
        guard try rate("make-tables", table, ["-c", "1", "-t", "1"]) != nil else { return nil }
        let transaction = """
            \\set id random(1, \(rows))
            BEGIN;
            UPDATE bench SET spent_at = statement_timestamp() WHERE id = :id;
            INSERT INTO bench_row VALUES (gen_random_uuid(), statement_timestamp());
            COMMIT;
            """
        let limits = ["-c", "\(connections)", "-T", "\(max(1, Int(seconds.rounded())))"]
        let rate = try rate("transaction", transaction, limits)
        _ = try self.rate("drop-tables", "DROP TABLE bench, bench_row;", ["-c", "1", "-t", "1"])
        return rate
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
        let process = try BenchProcess(program, arguments, environment: [:], log: output, port: 0)
        process.wait(seconds: 630)
        let text = (try? Data(contentsOf: URL(filePath: output))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").last { $0.hasPrefix("tps = ") }
        guard let rate = line?.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
            throw BenchFault("pgbench: " + text.split(separator: "\n").suffix(3).joined(separator: "; "))
        }
        return rate
    }
}
