import Cryptography
import FoundationEssentials
import Postgres

/// Who may try a password now: two counters, one of the account in this network, one of the network as a whole.
struct SignInGuard: Sendable {
    let throttle: SignInThrottle
    /// Counts a network's wrong passwords over all accounts, with a window of its own.
    let networkThrottle: SignInThrottle
    let database: Database
    /// Sandbox only: who no limit holds for.
    let exemptsLoopback: Bool
    let exemptAccounts: Set<String>

    enum Admission: Sendable {
        case admitted(Ticket)
        case paused(until: Date)
        /// As many tries as the limit are being looked at: the person tries again in a moment.
        case busy
    }

    /// An admitted try; what came of it is reported with it.
    struct Ticket: Sendable {
        fileprivate let key: [UInt8]
        fileprivate let networkKey: [UInt8]
        /// Tries that remain when this one fails.
        let remaining: Int
        fileprivate let limit: Int
        fileprivate let networkLimit: Int
    }

    /// Counts a try before its password is looked at, under what was typed, whether anybody has that name or not.
    ///
    /// One count for all names of an account would tell a stranger which phone, username and ID number belong together:
    /// two tries with one of them, and the tries that remain with the other say it (trust.md T15, T30).
    func admit(_ identifier: AccountIdentifier, network: ClientNetwork) async throws -> Admission {
        let isExempt = isExempt(identifier, network)
        let key = throttle.key(account: "\(identifier.readings)", network: network.text)
        let networkKey = networkThrottle.key(account: "*", network: network.text)
        let limit = isExempt ? SignInThrottle.unlimited : throttle.limit
        let networkLimit = isExempt ? SignInThrottle.unlimited : networkThrottle.limit
        switch try await networkThrottle.reserve(networkKey, limit: networkLimit) {
        case .allowed: break
        case .paused(let until): return .paused(until: until)
        case .busy: return .busy
        }
        switch try await throttle.reserve(key, limit: limit) {
        case .allowed(let remaining):
            let shown = isExempt ? throttle.limit : remaining
            return .admitted(
                Ticket(key: key, networkKey: networkKey, remaining: shown, limit: limit, networkLimit: networkLimit)
            )
        case .paused(let until):
            try await networkThrottle.release(networkKey)
            return .paused(until: until)
        case .busy:
            try await networkThrottle.release(networkKey)
            return .busy
        }
    }

    /// A right password: the account's count starts anew, the network's is given back.
    func succeeded(_ ticket: Ticket) async throws {
        try await throttle.clear(ticket.key)
        try await networkThrottle.release(ticket.networkKey)
    }

    /// The password was not looked at after all: no guess was made, and none is counted.
    func withdrawn(_ ticket: Ticket) async throws {
        try await throttle.release(ticket.key)
        try await networkThrottle.release(ticket.networkKey)
    }

    /// A wrong password: recorded, and it counts towards the pause.
    func refused(_ ticket: Ticket, account: AccountID?, trace: Trace) async throws {
        let record = AuditRecord(event: .signInRefused, account: account, outcome: "bad_credentials")
        // In the order in which attempts are counted, so that two of them cannot wait for each other.
        try await database.execute(
            """
            WITH network AS (\(sql: networkThrottle.failure(ticket.networkKey, limit: ticket.networkLimit)) RETURNING key),
                account AS (\(sql: throttle.failure(ticket.key, limit: ticket.limit)) RETURNING key)
            \(sql: record.insertion(trace))
            """
        )
    }

    private func isExempt(_ identifier: AccountIdentifier, _ network: ClientNetwork) -> Bool {
        if exemptsLoopback, network.isLoopback { return true }
        return identifier.readings.contains {
            switch $0 {
            case .phone(let text), .residentID(let text), .username(let text): exemptAccounts.contains(text)
            }
        }
    }
}
