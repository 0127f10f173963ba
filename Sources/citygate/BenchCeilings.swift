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

/// One-row statements by `pgbench` on the private PostgreSQL of a running sandbox.
enum BenchStatements {
    /// - Returns: statements a second over four connections; nil where `pgbench` is not installed.
    /// - Throws: when it runs and fails.
    static func perSecond(folder: String, seconds: Double) throws(BenchFault) -> Double? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let programs = versions.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin/pgbench" }
        let socket = folder + "/state/postgres/run"
        guard let program = programs.first(where: { access($0, X_OK) == 0 }), access(socket, X_OK) == 0 else {
            return nil
        }
        let script = folder + "/one-row.sql"
        let output = folder + "/pgbench.log"
        let statement = Data("SELECT metadata FROM client WHERE id = 'sandbox-service';\n".utf8)
        do { try statement.write(to: URL(filePath: script)) } catch { throw BenchFault("\(script): \(error)") }
        let arguments = [
            "-n", "-M", "prepared", "-c", "4", "-j", "1", "-T", "\(max(1, Int(seconds.rounded())))", "-f", script, "-h",
            socket, "-U", "citygate", "citygate",
        ]
        let process = try BenchProcess(program, arguments, environment: [:], log: output, port: 0)
        process.wait(seconds: seconds + 30)
        let text = (try? Data(contentsOf: URL(filePath: output))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").last { $0.hasPrefix("tps = ") }
        guard let rate = line?.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
            throw BenchFault("pgbench: " + text.split(separator: "\n").suffix(3).joined(separator: "; "))
        }
        return rate
    }
}
