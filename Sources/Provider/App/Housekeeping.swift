import Logging
import Postgres
import ServiceLifecycle

/// Keeps the store ready for tomorrow and free of yesterday: partitions ahead, partitions behind.
///
/// Every process runs it; the functions in the database take a lock, so that two at once do the work once.
struct Housekeeping: Service {
    let partitions: Partitions
    let clock: ServerClock
    let interval: Duration
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: self.interval)
                guard !Task.isCancelled else { return }
                await self.round()
            }
        }
    }

    /// One round. A round that fails is tried again with the next; partitions lie days ahead.
    func round() async {
        do {
            let today = Day(of: clock.now)
            try await partitions.ensure(today: today)
            let dropped = try await partitions.drop(today: today)
            if dropped > 0 { logger.info("housekeeping", metadata: ["partitions": "\(dropped)"]) }
        } catch {
            logger.warning("housekeeping failed", metadata: ["error": "\(error)"])
        }
    }
}
