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
    }

    /// An admitted try; what came of it is reported with it.
    struct Ticket: Sendable {
        fileprivate let key: [UInt8]
        fileprivate let networkKey: [UInt8]
        /// Tries that remain when this one fails.
        let remaining: Int
    }

    /// Counts a try before its password is looked at, under what was typed, whether anybody has that name or not.
    ///
    /// One count for all names of an account would tell a stranger which phone, username and ID number belong together:
    /// two tries with one of them, and the tries that remain with the other say it (trust.md T15, T30).
    func admit(_ identifier: AccountIdentifier, network: ClientNetwork) async throws -> Admission {
        let isExempt = isExempt(identifier, network)
        let key = throttle.key(account: "\(identifier.readings)", network: network.text)
        let networkKey = networkThrottle.key(account: "*", network: network.text)
        switch try await networkThrottle.reserve(
            networkKey,
            limit: isExempt ? SignInThrottle.unlimited : networkThrottle.limit
        ) {
        case .allowed: break
        case .paused(let until): return .paused(until: until)
        }
        switch try await throttle.reserve(key, limit: isExempt ? SignInThrottle.unlimited : throttle.limit) {
        case .allowed(let remaining):
            return .admitted(Ticket(key: key, networkKey: networkKey, remaining: isExempt ? throttle.limit : remaining))
        case .paused(let until):
            try await networkThrottle.release(networkKey)
            return .paused(until: until)
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

    /// A wrong password: recorded; the counts stand.
    func refused(_ ticket: Ticket, account: AccountID?, trace: Trace) async throws {
        let record = AuditRecord(event: .signInRefused, account: account, outcome: "bad_credentials")
        try await database.execute(record.insertion(trace))
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
