import Logging

/// One lane of connections: executes what its `PoolState` decides. Belongs to the reactor's thread.
final class ConnectionPool<Ticket: Hashable>: ConnectionOwner {
    /// What the engine wants to hear.
    struct Handlers {
        var granted: (Ticket, Connection) -> Void
        var refused: (Ticket, PostgresError) -> Void
        var completed: (Call, Call.Outcome, Connection) -> Void
    }

    private let lane: String
    private let string: Result<ConnectionString, PostgresError>
    private let statementLimit: Int
    private let setUp: [SQL]
    private let resolver: Resolver
    private let poller: Poller
    private let logger: Logger
    private var state: PoolState<Ticket>
    /// Set by the engine before `start`.
    var handlers = Handlers(granted: { _, _ in }, refused: { _, _ in }, completed: { _, _, _ in })
    private var openings: [(id: Int, opening: Opening)] = []
    private var lookUps: [Int: UInt64] = [:]
    private var connections: [Connection] = []
    /// Tried first, so that one dead host does not cost every new connection its time limit.
    private var lastGood: Endpoint?
    private var lastFailure: PostgresError?
    private(set) var isDrained = false

    /// Builds a lane; `setUp` is sent on each new connection before anything else.
    init(
        lane: String,
        limits: PoolState<Ticket>.Limits,
        configuration: DatabaseConfiguration,
        setUp: [SQL],
        resolver: Resolver,
        poller: Poller,
        logger: Logger
    ) {
        self.lane = lane
        self.resolver = resolver
        self.poller = poller
        self.logger = logger
        self.setUp = setUp
        statementLimit = configuration.statementsPerConnection
        string = Result { () throws(PostgresError) in try ConnectionString(configuration, lane: lane) }
        state = PoolState(limits)
    }

    // MARK: For the engine

    var counts: PoolState<Ticket>.Counts { state.counts }

    func start() {
        perform(state.started(now: monotonic()))
    }

    func request(_ ticket: Ticket, now: UInt64, deadline: UInt64) {
        perform(state.requested(ticket, now: now, deadline: deadline))
    }

    func withdraw(_ ticket: Ticket) {
        state.withdrawn(ticket)
    }

    /// A lease ended; the connection is fit for the next.
    func release(_ connection: Connection) {
        guard !connection.isClosed else { return }
        perform(state.returned(connection.id, now: monotonic()))
    }

    func shutDown() {
        perform(state.shutDown())
    }

    /// Closes everything at once; calls under way get their outcome.
    func closeAll() {
        handlers.refused = { _, _ in }
        for (_, opening) in openings { opening.abandon() }
        openings = []
        lookUps = [:]
        for connection in connections {
            connection.close(because: PostgresError(.connectionLost, "the database is shutting down"))
        }
    }

    var nextTimer: UInt64 {
        var due = state.nextTimer ?? .max
        for connection in connections { due = min(due, connection.nextDeadline) }
        for (_, opening) in openings { due = min(due, opening.deadline) }
        if !lookUps.isEmpty { due = min(due, lookUps.values.min() ?? .max) }
        return due
    }

    func timer(now: UInt64) {
        for connection in connections { connection.checkDeadlines(now: now) }
        for (_, opening) in openings { opening.checkDeadline(now: now) }
        for (id, deadline) in lookUps where deadline <= now { walk(id) }
        if let due = state.nextTimer, due <= now { perform(state.timer(now: now)) }
    }

    // MARK: Executing

    private func perform(_ actions: [PoolState<Ticket>.Action]) {
        for action in actions {
            switch action {
            case .open(let id): open(id)
            case .close(let id): close(id)
            case .grant(let ticket, let id):
                guard let connection = connections.first(where: { $0.id == id }) else {
                    // Lost between the decision and now.
                    handlers.refused(ticket, PostgresError(.unavailable, "the connection was lost before use"))
                    continue
                }
                handlers.granted(ticket, connection)
            case .refuse(let ticket, let refusal): handlers.refused(ticket, error(refusal))
            case .drained: isDrained = true
            }
        }
    }

    private func error(_ refusal: PoolState<Ticket>.Refusal) -> PostgresError {
        switch refusal {
        case .queueFull: PostgresError(.queueFull, "the queue of the \(lane) lane is full")
        case .deadline: PostgresError(.deadline, "no connection of the \(lane) lane became free in time")
        case .unavailable: PostgresError(.unavailable, lastFailure?.message ?? "no connection could be opened in time")
        case .shutDown: PostgresError(.unavailable, "the database is shutting down")
        }
    }

    private func open(_ id: Int) {
        let string: ConnectionString
        switch self.string {
        case .success(let read): string = read
        case .failure(let error): return opened(id, .failure(error))
        }
        lookUps[id] = monotonic() &+ string.connectLimit
        resolver.lookUp(string.endpoints) { [weak self] in self?.walk(id) }
    }

    /// The names are known, or have been waited for long enough.
    private func walk(_ id: Int) {
        guard lookUps.removeValue(forKey: id) != nil, case .success(let string) = string else { return }
        var places = resolver.expand(string.endpoints)
        if let lastGood, let index = places.firstIndex(of: lastGood) {
            places.insert(places.remove(at: index), at: 0)
        }
        let opening = Opening(string, places: places, poller: poller, clock: monotonic) { [weak self] result in
            self?.opened(id, result)
        }
        openings.append((id, opening))
        opening.start()
    }

    private func opened(_ id: Int, _ result: Result<OpenedConnection, PostgresError>) {
        openings.removeAll { $0.id == id }
        switch result {
        case .success(let opened):
            if lastFailure != nil || lastGood != opened.endpoint {
                logger.info("connected to PostgreSQL", metadata: ["lane": "\(lane)", "at": "\(opened.endpoint)"])
            }
            lastFailure = nil
            lastGood = opened.endpoint
            let connection = Connection(
                id: id,
                opened: opened,
                poller: poller,
                owner: self,
                statementLimit: statementLimit
            )
            connections.append(connection)
            prepare(connection)
            perform(state.opened(id, now: monotonic()))
        case .failure(let error):
            lastFailure = error
            logger.warning("PostgreSQL cannot be reached", metadata: ["lane": "\(lane)", "why": "\(error.message)"])
            perform(state.openFailed(id, now: monotonic(), jitter: .random(in: 0...1)))
        }
    }

    /// Settings go ahead of the first statement in the same pipeline: they cost no round trip.
    private func prepare(_ connection: Connection) {
        for sql in setUp {
            let call = Call(.housekeeping, sql, limit: 0)
            call.whenDone = { [weak connection] outcome in
                if case .failure(let error) = outcome { connection?.close(because: error) }
            }
            _ = connection.send(call, now: monotonic())
        }
    }

    private func close(_ id: Int) {
        connections.first { $0.id == id }?.close(because: PostgresError(.connectionLost, "closed by the pool"))
    }

    // MARK: ConnectionOwner

    func connection(_ connection: Connection, finished call: Call, _ outcome: Call.Outcome) {
        if call.kind == .housekeeping { call.resume(outcome) } else { handlers.completed(call, outcome, connection) }
    }

    func connection(_ connection: Connection, lost calls: [(Call, Call.Outcome)], because error: PostgresError) {
        connections.removeAll { $0 === connection }
        if !calls.isEmpty {
            logger.warning(
                "a PostgreSQL connection was lost in use",
                // Never the message: libpq's last words may quote a row.
                metadata: ["lane": "\(lane)", "why": "\(error)", "calls": "\(calls.count)"]
            )
        }
        perform(state.lost(connection.id, now: monotonic(), jitter: .random(in: 0...1)))
        for (call, outcome) in calls {
            if call.kind == .housekeeping {
                call.resume(outcome)
            } else {
                handlers.completed(call, outcome, connection)
            }
        }
    }
}
