import FoundationEssentials
import Postgres
import ServiceLifecycle
import Synchronization

/// Who waits in this process for a QR conversation to move. Every process hears of every move by one listening connection
/// (`Database.notifications`); waiting costs one continuation and no query.
final class QRSessionWatch: Service {
    /// Waits on one conversation at a time; more are answered at once.
    static let waitersPerSession = 4
    /// Seconds between two plain polls of one conversation (RFC 8628 §3.5 calls it `interval`).
    static let pollInterval = 2.0

    private struct Waiter {
        let number: UInt64
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiters: [String: [Waiter]] = [:]
        /// Moves heard of while somebody is between reading and waiting: their count, by conversation.
        var interested: [String: (readers: Int, moves: Int)] = [:]
        var lastPoll: [String: ContinuousClock.Instant] = [:]
        var next: UInt64 = 0
    }

    private let database: Database
    private let state = Mutex(State())

    init(database: Database) { self.database = database }

    /// How many wait now.
    var count: Int { state.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } } }

    /// Listens until the server stops; whoever waits then is let go.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await notification in self.database.notifications(on: ["qr_session"]) {
                        switch notification {
                        case .message(_, let key): self.wake(key)
                        // Moves may have been missed while nobody listened.
                        case .listening, .reconnected: self.wakeAll()
                        }
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .milliseconds(250))
                        self.sweep(at: .now)
                    }
                }
            }
        }
        wakeAll()
    }

    /// Reads by `read` and waits until what was read is no longer `isStale`, something moved, or the time is over; then reads again.
    ///
    /// The interest is registered before the first read: a move between the read and the wait is not missed.
    /// - Returns: nil when too many wait for this conversation already.
    func value<Value: Sendable>(
        _ key: String,
        within limit: Duration,
        read: () async throws -> Value,
        isStale: (Value) -> Bool
    ) async throws -> Value? {
        guard let mark = enter(key) else { return nil }
        defer { leave(key) }
        let first = try await read()
        guard isStale(first) else { return first }
        await wait(key, since: mark, until: .now + limit)
        return try await read()
    }

    /// Whether a plain poll comes in time; one that comes too soon is told so and changes nothing.
    func mayPoll(_ key: String, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if let last = state.lastPoll[key], now - last < .seconds(Self.pollInterval) { return false }
            state.lastPoll[key] = now
            return true
        }
    }

    // MARK: Inside

    private func enter(_ key: String) -> Int? {
        state.withLock { state in
            var entry = state.interested[key] ?? (readers: 0, moves: 0)
            guard entry.readers < Self.waitersPerSession else { return nil }
            entry.readers += 1
            state.interested[key] = entry
            return entry.moves
        }
    }

    private func leave(_ key: String) {
        state.withLock { state in
            guard var entry = state.interested[key] else { return }
            entry.readers -= 1
            state.interested[key] = entry.readers == 0 ? nil : entry
        }
    }

    private func wait(_ key: String, since mark: Int, until deadline: ContinuousClock.Instant) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isLate = state.withLock { state in
                    guard state.interested[key]?.moves == mark, !Task.isCancelled else { return true }
                    let waiter = Waiter(number: number, deadline: deadline, continuation: continuation)
                    state.waiters[key, default: []].append(waiter)
                    return false
                }
                if isLate { continuation.resume() }
            }
        } onCancel: {
            let gone = state.withLock { state in
                guard let index = state.waiters[key]?.firstIndex(where: { $0.number == number }) else {
                    return nil as Waiter?
                }
                let waiter = state.waiters[key]?.remove(at: index)
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
                return waiter
            }
            gone?.continuation.resume()
        }
    }

    private func wake(_ key: String) {
        let woken = state.withLock { state in
            state.interested[key]?.moves += 1
            return state.waiters.removeValue(forKey: key) ?? []
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    private func wakeAll() {
        let woken = state.withLock { state in
            for key in state.interested.keys { state.interested[key]?.moves += 1 }
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap { $0 }
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Lets go whose time is over, and forgets old polls.
    private func sweep(at now: ContinuousClock.Instant) {
        let late = state.withLock { state in
            var late: [Waiter] = []
            for (key, waiters) in state.waiters where waiters.contains(where: { $0.deadline <= now }) {
                late += waiters.filter { $0.deadline <= now }
                let left = waiters.filter { $0.deadline > now }
                state.waiters[key] = left.isEmpty ? nil : left
            }
            state.lastPoll = state.lastPoll.filter { now - $0.value < .seconds(Self.pollInterval) }
            return late
        }
        for waiter in late { waiter.continuation.resume() }
    }
}
