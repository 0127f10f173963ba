import Cryptography
import Glibc

/// What the machine reaches without Citygate: the ceilings that the figures are compared with.
enum BenchYardstick: String, CaseIterable {
    case get = "bare_get"
    case post = "bare_post"
    case es256 = "bare_es256"
    case rs256 = "bare_rs256"
    case statement = "bare_statement"
    case transaction = "bare_transaction"
    case commit = "bare_commit"
    case argon2id = "bare_argon2id"

    var words: String {
        switch self {
        case .get: "bare GET"
        case .post: "bare POST of a form"
        case .es256: "bare ES256, one thread"
        case .rs256: "bare RS256, one thread"
        case .statement: "bare one-row statement"
        case .transaction: "bare transaction of two writes"
        case .commit: "bare durable insertion"
        case .argon2id: "bare Argon2id"
        }
    }
}

/// Work that was done and what it took.
struct BenchTally {
    var count = 0.0
    var seconds = 0.0
    /// Processor time of whoever did it; 0 where nobody looked.
    var processorSeconds = 0.0

    var perSecond: Double { seconds > 0 ? count / seconds : 0 }
    var microseconds: Double? { processorSeconds > 0 ? processorSeconds * 1e6 / count : nil }

    static func += (left: inout BenchTally, right: BenchTally) {
        left.count += right.count
        left.seconds += right.seconds
        left.processorSeconds += right.processorSeconds
    }
}

/// Takes samples of the yardsticks, between those of the figures, so that other work on the machine hurts both alike.
final class BenchYardsticks {
    /// Threads for password hashing of the server, and of the yardstick.
    static let workers = 2

    private let server: BenchProcess
    private let loads: [BenchYardstick: BenchLoad]
    private let keys: [BenchYardstick: SigningKey]
    private let statements: BenchStatements
    private let message = Random.bytes(400)
    /// All samples of the run.
    private(set) var totals: [BenchYardstick: BenchTally] = [:]

    /// - Parameters:
    ///   - server: the bare server.
    ///   - connections: of the load generator.
    ///   - statements: PostgreSQL's own yardstick.
    /// - Throws: when the bare server cannot be reached or a key cannot be made.
    init(server: BenchProcess, connections: Int, statements: BenchStatements) throws(BenchFault) {
        self.server = server
        self.statements = statements
        let get = BenchRequest.get(
            "/bare",
            headers: ["Authorization: Bearer " + String(repeating: "x", count: 500)]
        )
        let post = BenchRequest.post(
            "/bare",
            form: [("grant_type", "client_credentials")],
            headers: [BenchRequest.basic("bench", String(repeating: "x", count: 43))]
        )
        func load(_ request: BenchRequest) throws(BenchFault) -> BenchLoad {
            let script = BenchSingle(request: request, expected: BenchBareServer.expected)
            return try BenchLoad((0..<connections).map { _ in script }, port: server.port)
        }
        loads = [.get: try load(get), .post: try load(post)]
        do {
            keys = [.es256: try SigningKey.generate(.ES256), .rs256: try SigningKey.generate(.RS256)]
        } catch { throw BenchFault("\(error)") }
    }

    /// One sample.
    /// - Returns: nil for a yardstick of PostgreSQL where `pgbench` is not installed.
    func sample(_ yardstick: BenchYardstick, seconds: Double) async throws(BenchFault) -> BenchTally? {
        let tally: BenchTally?
        switch yardstick {
        case .get, .post: tally = try requests(yardstick, seconds: seconds)
        case .es256, .rs256: tally = try signatures(yardstick, seconds: seconds)
        case .statement, .transaction, .commit: tally = try statements.sample(yardstick, seconds: seconds)
        case .argon2id: tally = try await passwords(seconds: seconds)
        }
        if let tally { totals[yardstick, default: BenchTally()] += tally }
        return tally
    }

    private func requests(_ yardstick: BenchYardstick, seconds: Double) throws(BenchFault) -> BenchTally? {
        guard let load = loads[yardstick] else { return nil }
        let before = server.processorTime.own
        let result = try load.sample(seconds: seconds)
        let used = server.processorTime.own - before
        // The time before the sample, when the server warms up, is in the processor's and not in the count.
        let share = Double(result.rounds) / Double(max(result.allRounds, 1))
        return BenchTally(count: Double(result.rounds), seconds: result.seconds, processorSeconds: used * share)
    }

    private func signatures(_ yardstick: BenchYardstick, seconds: Double) throws(BenchFault) -> BenchTally? {
        guard let key = keys[yardstick] else { return nil }
        let stopwatch = BenchStopwatch()
        var count = 0
        while stopwatch.seconds < seconds {
            for _ in 0..<10 {
                do { _ = try key.sign(message) } catch { throw BenchFault("\(error)") }
            }
            count += 10
        }
        return stopwatch.tally(of: count)
    }

    /// Verifications by as many threads as the server uses, always fully busy.
    private func passwords(seconds: Double) async throws(BenchFault) -> BenchTally {
        do {
            let hasher = PasswordHasher(
                peppers: [1: Secret(Random.bytes(32))],
                workers: Self.workers,
                maximumWait: .seconds(60)
            )
            let record = try await hasher.hash("Citygate-2026")
            let stopwatch = BenchStopwatch()
            let count = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<(Self.workers * 2) {
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
            return stopwatch.tally(of: count)
        } catch { throw BenchFault("Argon2id: \(error)") }
    }
}

/// Time on the wall and on the processors, from its making on.
struct BenchStopwatch: Sendable {
    private let start = ContinuousClock.now
    private let used = Self.processorSeconds

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    func tally(of count: Int) -> BenchTally {
        BenchTally(count: Double(count), seconds: seconds, processorSeconds: Self.processorSeconds - used)
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
