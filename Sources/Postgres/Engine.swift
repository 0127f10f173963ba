import Logging

/// What the reactor's thread does: two lanes, the listener, and the rules that bind calls to connections.
///
/// Made and used on that thread alone. The rest of the module reaches it through the `Inbox`.
final class Engine {
    private let configuration: DatabaseConfiguration
    private let inbox: Inbox
    private let board: Board
    private let poller: Poller
    private let resolver: Resolver
    private let listener: Listener
    private var reads: ConnectionPool<Call>
    private var writes: ConnectionPool<Lease>
    private let waitLimit: UInt64
    private var now = monotonic()
    private var end: (deadline: UInt64, whenDone: [@Sendable () -> Void])?

    init(_ configuration: DatabaseConfiguration, inbox: Inbox, board: Board, epoll: Int32, logger: Logger) {
        self.configuration = configuration
        self.inbox = inbox
        self.board = board
        waitLimit = configuration.waitLimit.nanoseconds
        let poller = Poller(epoll: epoll, wake: inbox.bell)
        let resolver = Resolver(inbox: inbox)
        self.poller = poller
        self.resolver = resolver
        listener = Listener(configuration, resolver: resolver, poller: poller, logger: logger)
        // The handlers need the engine, which needs the pools: they are set once all is there.
        reads = ConnectionPool(
            lane: "read",
            limits: configuration.readLimits,
            configuration: configuration,
            setUp: ["SET default_transaction_read_only = on"],
            resolver: resolver,
            poller: poller,
            logger: logger
        )
        writes = ConnectionPool(
            lane: "write",
            limits: configuration.writeLimits,
            configuration: configuration,
            setUp: [],
            resolver: resolver,
            poller: poller,
            logger: logger
        )
        reads.handlers = .init(
            granted: { [unowned self] in self.granted($0, $1) },
            refused: { call, error in call.resume(.failure(error)) },
            completed: { [unowned self] in self.completed($0, $1, $2) }
        )
        writes.handlers = .init(
            granted: { [unowned self] in self.granted($0, $1) },
            refused: { [unowned self] in self.refused($0, $1) },
            completed: { [unowned self] in self.completed($0, $1, $2) }
        )
    }

    /// Runs until shut down.
    func run() {
        reads.start()
        writes.start()
        var commands: [Command] = []
        var hasPolled = true
        while !isOver {
            inbox.take(into: &commands)
            let idle = commands.isEmpty
            now = monotonic()
            for command in commands { execute(command) }
            commands.removeAll(keepingCapacity: true)
            board.publish(reads: reads.counts.lane, writes: writes.counts.lane, listening: listener.isListening)
            // After commands look into the inbox once more before asking the sockets: mostly it is empty, and one wait does for both.
            hasPolled.toggle()
            guard idle || hasPolled else { continue }
            poller.wait(milliseconds: idle ? pause() : 0)
            hasPolled = true
            now = monotonic()
            if nextTimer <= now { timer() }
        }
        finish()
    }

    // MARK: Time and end

    private var nextTimer: UInt64 {
        min(reads.nextTimer, writes.nextTimer, listener.nextTimer, end?.deadline ?? .max)
    }

    private func pause() -> Int32 {
        let due = nextTimer
        guard due != .max else { return -1 }
        return due <= now ? 0 : Int32(min((due - now) / 1_000_000 + 1, 60_000))
    }

    private func timer() {
        reads.timer(now: now)
        writes.timer(now: now)
        listener.timer(now: now)
    }

    private var isOver: Bool {
        guard let end else { return false }
        return (reads.isDrained && writes.isDrained) || end.deadline <= monotonic()
    }

    private func shutDown(limit: UInt64, whenDone: @escaping @Sendable () -> Void) {
        let deadline = monotonic() &+ limit
        if let known = end {
            end = (min(known.deadline, deadline), known.whenDone + [whenDone])
            return
        }
        end = (deadline, [whenDone])
        listener.shutDown()
        reads.shutDown()
        writes.shutDown()
    }

    private func finish() {
        reads.closeAll()
        writes.closeAll()
        for command in inbox.close() {
            switch command {
            case .read(let call), .leased(let call):
                call.resume(.failure(PostgresError(.unavailable, "the database is shut down")))
            case .subscribe(let subscription): subscription.continuation.finish()
            case .shutDown(_, let whenDone): whenDone()
            case .cancel, .unsubscribe, .resolved: break
            }
        }
        board.publish(reads: .init(), writes: .init(), listening: false)
        for tell in end?.whenDone ?? [] { tell() }
    }

    // MARK: Commands

    private func execute(_ command: Command) {
        switch command {
        case .read(let call):
            guard take(call) else { return }
            reads.request(call, now: now, deadline: now &+ waitLimit)
        case .leased(let call):
            guard take(call), let lease = call.lease else { return }
            put(call, on: lease)
        case .cancel(let call): cancel(call)
        case .subscribe(let subscription): listener.subscribe(subscription)
        case .unsubscribe(let subscription): listener.unsubscribe(subscription)
        case .resolved(let answers): resolver.resolved(answers)
        case .shutDown(let limit, let whenDone): shutDown(limit: limit, whenDone: whenDone)
        }
    }

    private func take(_ call: Call) -> Bool {
        call.isTaken = true
        guard call.isCancelled else { return true }
        call.resume(.failure(PostgresError(.cancelled, "cancelled before the statement was sent")))
        return false
    }

    private func put(_ call: Call, on lease: Lease) {
        switch lease.state {
        case .idle where call.endsTransaction:
            lease.state = .over(.transactionEnded)
            call.resume(.success(nil))
        case .idle:
            lease.state = .waiting([call])
            writes.request(lease, now: now, deadline: now &+ waitLimit)
        case .waiting(let calls) where call.endsTransaction:
            writes.withdraw(lease)
            lease.state = .over(.transactionEnded)
            for waiting in calls { waiting.resume(.failure(.transactionEnded)) }
            call.resume(call.kind == .rollback ? .success(nil) : .failure(.transactionEnded))
        case .waiting(let calls): lease.state = .waiting(calls + [call])
        case .bound(let connection): send(call, of: lease, on: connection)
        case .over(let error): call.resume(call.kind == .rollback ? .success(nil) : .failure(error))
        }
    }

    /// Abandons the result. What was sent stays sent; nothing is cancelled on the server.
    private func cancel(_ call: Call) {
        call.isCancelled = true
        guard call.isTaken, call.continuation != nil, !call.endsTransaction else { return }
        let unsent = PostgresError(.cancelled, "cancelled while waiting for a connection")
        switch (call.kind, call.lease?.state) {
        case (.write, .waiting?), (.statement, .waiting?):
            guard let lease = call.lease, case .waiting(let calls) = lease.state else { return }
            let others = calls.filter { $0 !== call }
            lease.state = others.isEmpty ? .idle : .waiting(others)
            if others.isEmpty { writes.withdraw(lease) }
            call.resume(.failure(unsent))
        case (.write, _):
            call.resume(.failure(PostgresError(.inDoubt, "the caller was cancelled while the write was under way")))
        default:
            if call.kind == .read { reads.withdraw(call) }
            call.resume(.failure(PostgresError(.cancelled, "the caller was cancelled")))
        }
    }

    // MARK: Calls and connections

    private func granted(_ call: Call, _ connection: Connection) {
        guard let error = connection.send(call, now: now) else { return }
        reads.release(connection)
        call.resume(.failure(error))
    }

    private func granted(_ lease: Lease, _ connection: Connection) {
        guard case .waiting(let calls) = lease.state else { return writes.release(connection) }
        lease.state = .bound(connection)
        for call in calls { send(call, of: lease, on: connection) }
    }

    private func refused(_ lease: Lease, _ error: PostgresError) {
        guard case .waiting(let calls) = lease.state else { return }
        lease.state = .over(error)
        for call in calls { call.resume(.failure(error)) }
    }

    private func send(_ call: Call, of lease: Lease, on connection: Connection) {
        if call.endsTransaction, !lease.hasBegun {
            // Nothing ever reached the server.
            end(lease, on: connection)
            return call.resume(.success(nil))
        }
        if connection.isClosed, lease.begin != nil {
            if call.endsTransaction { lease.state = .over(.transactionEnded) }
            let lost = PostgresError(.connectionLost, "the connection was lost within the transaction")
            return call.resume(call.kind == .rollback ? .success(nil) : .failure(lost))
        }
        guard let error = connection.send(call, now: now) else { return }
        if call.kind == .write || call.endsTransaction { end(lease, on: connection) }
        call.resume(.failure(error))
    }

    /// Gives the lease's connection back, or closes it when a transaction is still open on it.
    private func end(_ lease: Lease, on connection: Connection) {
        lease.state = .over(.transactionEnded)
        if connection.isClosed { return }
        if connection.isIdle {
            writes.release(connection)
        } else {
            connection.close(because: PostgresError(.connectionLost, "a transaction was left open"))
        }
    }

    private func completed(_ call: Call, _ outcome: Call.Outcome, _ connection: Connection) {
        if repeats(call, after: outcome, on: connection) { return }
        switch call.kind {
        case .read: reads.release(connection)
        case .write, .commit, .rollback: if let lease = call.lease { end(lease, on: connection) }
        case .statement, .housekeeping: break
        }
        call.resume(outcome)
    }

    /// A read whose connection broke, and a statement whose plan was stale, is sent once more: neither has changed anything.
    private func repeats(_ call: Call, after outcome: Call.Outcome, on connection: Connection) -> Bool {
        guard case .failure(let error) = outcome, call.attempts == 0, !call.isCancelled, end == nil else {
            return false
        }
        let again = error.wantsFreshPlan || (call.kind == .read && error.code == .connectionLost)
        guard again, call.kind == .read || call.kind == .write else { return false }
        call.rewind()
        if call.kind == .read {
            reads.release(connection)
            reads.request(call, now: now, deadline: now &+ waitLimit)
        } else if let error = connection.send(call, now: now) {
            if let lease = call.lease { end(lease, on: connection) }
            call.resume(.failure(error))
        }
        return true
    }
}

extension Call {
    var endsTransaction: Bool { kind == .commit || kind == .rollback }
}

extension PostgresError {
    static let transactionEnded = PostgresError(.misuse, "the transaction has ended")
}

extension DatabaseConfiguration {
    var readLimits: PoolState<Call>.Limits {
        .init(
            size: min(max(readConnections, 1), 64),
            sharing: max(readsPerConnection, 1),
            minimum: 1,
            queue: queueLimit,
            idle: idleLimit.nanoseconds,
            firstPause: 50_000_000,
            longestPause: longestPause.nanoseconds
        )
    }

    var writeLimits: PoolState<Lease>.Limits {
        .init(
            size: min(max(writeConnections, 1), 256),
            sharing: 1,
            minimum: 1,
            queue: queueLimit,
            idle: idleLimit.nanoseconds,
            firstPause: 50_000_000,
            longestPause: longestPause.nanoseconds
        )
    }
}
