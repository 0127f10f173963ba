import FoundationEssentials
import Synchronization

/// Whether the gateway failed a moment ago, as this process knows: what may be said to everybody without telling whom it was asked for.
final class GatewayMood: Sendable {
    /// Seconds for which one failure stands.
    private static let memory = 30.0
    private let failedAt = Mutex<Date?>(nil)

    func note(_ outcome: SMSOutcome, at now: Date) {
        switch outcome {
        case .sent: failedAt.withLock { $0 = nil }
        case .unavailable, .doubtful, .misconfigured, .later: failedAt.withLock { $0 = now }
        case .rejected: break
        }
    }

    func isDown(at now: Date) -> Bool {
        failedAt.withLock { $0.map { abs(now.timeIntervalSince($0)) < Self.memory } ?? false }
    }
}
