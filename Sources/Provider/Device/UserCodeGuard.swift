import FoundationEssentials
import Postgres

/// Who may try a user code now (RFC 8628 §5.1): two counters, one of the browser, one of the network. Whoever throws the browser's cookie
/// away still has the network's.
struct UserCodeGuard: Sendable {
    let browserThrottle: SignInThrottle
    let networkThrottle: SignInThrottle
    /// Sandbox only: the network's limit does not hold on loopback.
    let exemptsLoopback: Bool

    let database: Database

    enum Admission: Sendable {
        case admitted(Ticket)
        case paused(until: Date)
        /// As many tries as the limit are being looked at: the person tries again in a moment.
        case busy
    }

    /// An admitted try; what came of it is reported with it.
    struct Ticket: Sendable {
        fileprivate let browserKey: [UInt8]
        fileprivate let networkKey: [UInt8]
        fileprivate let networkLimit: Int
    }

    /// Counts a try before the code is looked for.
    func admit(_ browser: BrowserIdentity, network: ClientNetwork) async throws -> Admission {
        let networkKey = networkThrottle.key(account: "user_code", network: network.text)
        let browserKey = browserThrottle.key(account: "user_code|\(browser.hash)", network: "*")
        let isExempt = exemptsLoopback && network.isLoopback
        let networkLimit = isExempt ? SignInThrottle.unlimited : networkThrottle.limit
        switch try await networkThrottle.reserve(networkKey, limit: networkLimit) {
        case .allowed: break
        case .paused(let until): return .paused(until: until)
        case .busy: return .busy
        }
        switch try await browserThrottle.reserve(browserKey, limit: browserThrottle.limit) {
        case .allowed:
            return .admitted(Ticket(browserKey: browserKey, networkKey: networkKey, networkLimit: networkLimit))
        case .paused(let until):
            try await networkThrottle.release(networkKey)
            return .paused(until: until)
        case .busy:
            try await networkThrottle.release(networkKey)
            return .busy
        }
    }

    /// A right code: the try is given back, and the wrong ones before it stay counted. Whoever has a code of their own must not be able to
    /// wipe the count with it.
    func succeeded(_ ticket: Ticket) async throws {
        try await browserThrottle.release(ticket.browserKey)
        try await networkThrottle.release(ticket.networkKey)
    }

    /// A wrong code: it counts towards the pause of both.
    func refused(_ ticket: Ticket) async throws {
        try await database.execute(
            """
            WITH network AS (
                \(sql: networkThrottle.failure(ticket.networkKey, limit: ticket.networkLimit)) RETURNING key
            )
            \(sql: browserThrottle.failure(ticket.browserKey, limit: browserThrottle.limit))
            """
        )
    }
}
