// Clock
// Owns: what time this server process believes it is, disciplined by the database's clock.
// Hands off: one-time objects are judged by the database itself, with `instant()` in the statement.
// Never: a second source of time in a room.

import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// The process's view of the database clock (trust.md T25): token times come from here.
///
/// The difference between the two clocks is measured again every few seconds. In production a difference of more than
/// two seconds makes the process stop issuing; in the sandbox the difference *is* the moved clock.
final class ServerClock: Service {
    /// A process whose own clock is further than this from the database's does not issue tokens, in seconds.
    static let tolerance = 2.0

    private let database: Database
    private let mayDiffer: Bool
    private let logger: Logger
    private let offset = Mutex(0.0)

    /// A clock that `mayDiffer` is the sandbox's, where time is moved on purpose.
    init(database: Database, mayDiffer: Bool, logger: Logger) {
        self.database = database
        self.mayDiffer = mayDiffer
        self.logger = logger
    }

    /// The database's time, as far as this process knows.
    var now: Date { Date().addingTimeInterval(offset.withLock { $0 }) }

    /// Whole seconds since 1970, as JWT claims count them (RFC 7519 §2).
    var seconds: Int64 { Int64(now.timeIntervalSince1970) }

    /// False when the process's clock has left the database's: then no token may be issued.
    var isTrustworthy: Bool { mayDiffer || abs(offset.withLock { $0 }) <= Self.tolerance }

    /// Measures the difference to the database's clock once.
    func refresh() async throws {
        let before = Date()
        guard let row = try await database.row("SELECT instant() AS now") else { return }
        let after = Date()
        let theirs = try row.get("now", as: Date.self)
        // The answer was true somewhere between asking and hearing: take the middle.
        let ours = before.addingTimeInterval(after.timeIntervalSince(before) / 2)
        let difference = theirs.timeIntervalSince(ours)
        // Below a tenth of a second the measurement says more about the scheduler than about the clocks.
        offset.withLock { $0 = abs(difference) < 0.1 ? 0 : difference }
        if !isTrustworthy {
            logger.error("clock differs from the database's", metadata: ["seconds": "\(Int(difference))"])
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await self.refresh()
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }
}

/// Days since 1970: the partition a transient row lives in, and the part of its token that says so.
struct Day: Sendable, Equatable {
    let number: Int

    init(number: Int) { self.number = number }
    init(of date: Date) { number = Int((date.timeIntervalSince1970 / 86_400).rounded(.down)) }
}
