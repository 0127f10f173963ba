/// The decisions of one lane of connections: who gets one, who waits, who is refused, when to open and close.
///
/// Pure: events come in with the time they happened, actions go out; whoever executes them does the I/O and reports back. No clock, no
/// randomness, no connection in here. A *lease* is a ticket's use of a connection. An exclusive lane allows one lease a
/// connection, a shared lane many. Times are nanoseconds of any monotonic clock.
struct PoolState<Ticket: Hashable> {
    /// What the lane may do.
    struct Limits: Equatable, Sendable {
        /// Connections at most.
        var size: Int
        /// Leases on one connection at the same time.
        var sharing: Int
        /// Connections kept open without need.
        var minimum: Int
        /// Tickets that may wait; one more is refused.
        var queue: Int
        /// A connection above the minimum is closed after resting this long.
        var idle: UInt64
        /// First pause after a failed opening; doubles with each failure.
        var firstPause: UInt64
        /// Longest pause.
        var longestPause: UInt64
    }

    /// Why a ticket gets no connection.
    enum Refusal: Equatable, Sendable {
        case queueFull
        case deadline
        /// The deadline passed while no connection was open at all.
        case unavailable
        case shutDown
    }

    /// What the executor must do, in order.
    enum Action: Equatable {
        case open(Int)
        case grant(Ticket, Int)
        case refuse(Ticket, Refusal)
        case close(Int)
        /// After `shutDown`: no connection and no lease is left.
        case drained
    }

    /// Counts for a snapshot.
    struct Counts: Equatable, Sendable {
        var open = 0
        var opening = 0
        var leases = 0
        var waiting = 0
    }

    private struct Member {
        let id: Int
        var isOpen = false
        var leases = 0
        var hasServed = false
        var restingSince: UInt64 = 0
    }

    private struct Waiter {
        let ticket: Ticket
        let deadline: UInt64
    }

    let limits: Limits
    private var members: [Member] = []
    private var waiting = FIFO<Waiter>()
    private var nextID = 1
    private var failures = 0
    private var retryAt: UInt64 = 0
    private var earliestDeadline = UInt64.max
    private var isShutDown = false
    private var reportedDrained = false

    init(_ limits: Limits) {
        self.limits = limits
    }

    // MARK: Events

    /// The lane begins to work: opens its minimum.
    mutating func started(now: UInt64) -> [Action] {
        opening(now: now)
    }

    /// A ticket wants a connection, and gives up at `deadline`.
    mutating func requested(_ ticket: Ticket, now: UInt64, deadline: UInt64) -> [Action] {
        if isShutDown { return [.refuse(ticket, .shutDown)] }
        if let index = leastBusy() {
            members[index].leases += 1
            // A lane that has to share grows, up to its size.
            guard members[index].leases > 1, members.count < limits.size else {
                return [.grant(ticket, members[index].id)]
            }
            return [.grant(ticket, members[index].id)] + opening(now: now, wanted: 1)
        }
        guard waiting.count < limits.queue else { return [.refuse(ticket, .queueFull)] }
        waiting.append(Waiter(ticket: ticket, deadline: deadline))
        earliestDeadline = min(earliestDeadline, deadline)
        return opening(now: now)
    }

    /// A waiting ticket is no longer interested. Unknown tickets are ignored.
    mutating func withdrawn(_ ticket: Ticket) {
        _ = waiting.removeAll { $0.ticket == ticket }
    }

    /// A connection is ready.
    mutating func opened(_ id: Int, now: UInt64) -> [Action] {
        retryAt = 0
        guard let index = members.firstIndex(where: { $0.id == id }) else { return [.close(id)] }
        if isShutDown {
            members.remove(at: index)
            return [.close(id)] + drainedIfSo()
        }
        members[index].isOpen = true
        members[index].restingSince = now
        return serve(index) + opening(now: now)
    }

    /// A connection could not be opened. `jitter` in 0…1 spreads the pause over its upper half.
    mutating func openFailed(_ id: Int, now: UInt64, jitter: Double) -> [Action] {
        members.removeAll { $0.id == id }
        if isShutDown { return drainedIfSo() }
        pause(now: now, jitter: jitter)
        return []
    }

    /// A lease ended and its connection is fit for the next.
    mutating func returned(_ id: Int, now: UInt64) -> [Action] {
        guard let index = members.firstIndex(where: { $0.id == id }), members[index].leases > 0 else { return [] }
        members[index].leases -= 1
        members[index].hasServed = true
        members[index].restingSince = now
        failures = 0
        guard isShutDown, members[index].leases == 0 else { return serve(index) }
        members.remove(at: index)
        return [.close(id)] + drainedIfSo()
    }

    /// A connection is gone, and every lease on it. One that never served counts as a failed opening, so that a server which lets in and
    /// throws out again is not stormed.
    mutating func lost(_ id: Int, now: UInt64, jitter: Double) -> [Action] {
        let hadServed = members.first { $0.id == id }?.hasServed ?? true
        members.removeAll { $0.id == id }
        if isShutDown { return drainedIfSo() }
        if !hadServed { pause(now: now, jitter: jitter) }
        return opening(now: now)
    }

    /// The time `nextTimer` spoke of has come.
    mutating func timer(now: UInt64) -> [Action] {
        if isShutDown { return [] }
        var actions = expireWaiting(now: now)
        actions += closeResting(now: now)
        return actions + opening(now: now)
    }

    /// No more tickets; what is leased may finish.
    mutating func shutDown() -> [Action] {
        guard !isShutDown else { return [] }
        isShutDown = true
        var actions: [Action] = []
        while let waiter = waiting.popFirst() { actions.append(.refuse(waiter.ticket, .shutDown)) }
        actions += members.filter { $0.isOpen && $0.leases == 0 }.map { .close($0.id) }
        members.removeAll { $0.isOpen && $0.leases == 0 }
        return actions + drainedIfSo()
    }

    // MARK: Questions

    /// When to call `timer` at the latest; `nil` when nothing is due.
    var nextTimer: UInt64? {
        if isShutDown { return nil }
        var due = waiting.isEmpty ? UInt64.max : earliestDeadline
        if wanted > 0, members.count < limits.size { due = min(due, retryAt) }
        if members.count > limits.minimum {
            for member in members where member.isOpen && member.leases == 0 {
                due = min(due, member.restingSince &+ limits.idle)
            }
        }
        return due == .max ? nil : due
    }

    var counts: Counts {
        var counts = Counts(waiting: waiting.count)
        for member in members {
            if member.isOpen { counts.open += 1 } else { counts.opening += 1 }
            counts.leases += member.leases
        }
        return counts
    }

    // MARK: Rules

    /// The open connection with the fewest leases that may take another; the oldest of equals, so that the youngest can rest.
    private func leastBusy() -> Int? {
        guard waiting.isEmpty else { return nil }
        var best: Int?
        for index in members.indices where members[index].isOpen && members[index].leases < limits.sharing {
            if let known = best, members[known].leases <= members[index].leases { continue }
            best = index
            if members[index].leases == 0 { break }
        }
        return best
    }

    private mutating func serve(_ index: Int) -> [Action] {
        var actions: [Action] = []
        while members[index].leases < limits.sharing, let waiter = waiting.popFirst() {
            members[index].leases += 1
            actions.append(.grant(waiter.ticket, members[index].id))
        }
        return actions
    }

    private mutating func pause(now: UInt64, jitter: Double) {
        let doubled = limits.firstPause << UInt64(min(failures, 16))
        let longest = Double(min(doubled, limits.longestPause))
        failures += 1
        retryAt = now + UInt64(longest * (0.5 + 0.5 * min(max(jitter, 0), 1)))
    }

    /// How many connections should be opening now and are not.
    private var wanted: Int {
        let opening = members.count { !$0.isOpen }
        let forWaiting = (waiting.count + limits.sharing - 1) / limits.sharing
        return max(forWaiting, limits.minimum - (members.count - opening)) - opening
    }

    /// While openings fail and none is open, one at a time tries again.
    private mutating func opening(now: UInt64, wanted extra: Int = 0) -> [Action] {
        guard !isShutDown, now >= retryAt else { return [] }
        let alreadyOpening = members.count { !$0.isOpen }
        var allowed = max(wanted, extra - alreadyOpening)
        if failures > 0, !members.contains(where: \.isOpen) { allowed = min(allowed, 1 - alreadyOpening) }
        var actions: [Action] = []
        while allowed > 0, members.count < limits.size {
            members.append(Member(id: nextID))
            actions.append(.open(nextID))
            nextID += 1
            allowed -= 1
        }
        return actions
    }

    private mutating func expireWaiting(now: UInt64) -> [Action] {
        guard !waiting.isEmpty, earliestDeadline <= now else { return [] }
        let reason: Refusal = members.contains { $0.isOpen } ? .deadline : .unavailable
        let expired = waiting.removeAll { $0.deadline <= now }
        earliestDeadline = .max
        waiting.forEach { earliestDeadline = min(earliestDeadline, $0.deadline) }
        return expired.map { .refuse($0.ticket, reason) }
    }

    private mutating func closeResting(now: UInt64) -> [Action] {
        var actions: [Action] = []
        while members.count > limits.minimum,
            let index = members.lastIndex(where: {
                $0.isOpen && $0.leases == 0 && $0.restingSince &+ limits.idle <= now
            })
        {
            actions.append(.close(members[index].id))
            members.remove(at: index)
        }
        return actions
    }

    private mutating func drainedIfSo() -> [Action] {
        guard isShutDown, members.isEmpty, !reportedDrained else { return [] }
        reportedDrained = true
        return [.drained]
    }
}
