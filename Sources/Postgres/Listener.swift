import Logging

/// The connection that listens, kept up while anybody subscribes. Belongs to the reactor's thread.
final class Listener: ConnectionOwner {
    private let string: ConnectionString?
    private let resolver: Resolver
    private let poller: Poller
    private let logger: Logger
    private let limit: UInt64
    private let longestPause: UInt64
    private var subscriptions: [Subscription] = []
    private var connection: Connection?
    private var opening: Opening?
    private var isLookingUp = false
    private var failures: UInt64 = 0
    private var retryAt = UInt64.max
    private var isShutDown = false

    init(_ configuration: DatabaseConfiguration, resolver: Resolver, poller: Poller, logger: Logger) {
        string = try? ConnectionString(configuration, lane: "listen")
        limit = configuration.statementLimit.nanoseconds
        longestPause = configuration.longestPause.nanoseconds
        self.resolver = resolver
        self.poller = poller
        self.logger = logger
    }

    var isListening: Bool { connection != nil }

    var nextTimer: UInt64 {
        min(retryAt, opening?.deadline ?? .max, connection?.nextDeadline ?? .max)
    }

    func timer(now: UInt64) {
        opening?.checkDeadline(now: now)
        connection?.checkDeadlines(now: now)
        if retryAt <= now { open() }
    }

    func subscribe(_ subscription: Subscription) {
        guard !isShutDown, string != nil else { return subscription.continuation.finish() }
        subscriptions.append(subscription)
        if let connection { listen(subscription, on: connection) } else if retryAt == .max { open() }
    }

    func unsubscribe(_ subscription: Subscription) {
        subscriptions.removeAll { $0 === subscription }
        if subscriptions.isEmpty { return close() }
        let used = Set(subscriptions.flatMap(\.channels))
        for channel in Set(subscription.channels).subtracting(used) {
            _ = connection?.send(command("UNLISTEN", channel), now: monotonic())
        }
    }

    func shutDown() {
        isShutDown = true
        close()
        for subscription in subscriptions { subscription.continuation.finish() }
        subscriptions = []
    }

    // MARK: The connection

    private func close() {
        retryAt = .max
        opening?.abandon()
        opening = nil
        connection?.close(because: PostgresError(.connectionLost, "nobody listens any more"))
    }

    private func open() {
        retryAt = .max
        guard let string, opening == nil, connection == nil, !isLookingUp else { return }
        isLookingUp = true
        resolver.lookUp(string.endpoints) { [weak self] in
            self?.isLookingUp = false
            self?.walk(string)
        }
    }

    private func walk(_ string: ConnectionString) {
        guard !subscriptions.isEmpty, opening == nil, connection == nil else { return }
        let places = resolver.expand(string.endpoints)
        let opening = Opening(string, places: places, poller: poller, clock: monotonic) { [weak self] in
            self?.opened($0)
        }
        self.opening = opening
        opening.start()
    }

    private func opened(_ result: Result<OpenedConnection, PostgresError>) {
        opening = nil
        switch result {
        case .failure(let error):
            logger.warning("PostgreSQL cannot be reached", metadata: ["lane": "listen", "why": "\(error.message)"])
            pause()
        case .success(let opened):
            let connection = Connection(id: 0, opened: opened, poller: poller, owner: self, statementLimit: 1)
            self.connection = connection
            for subscription in subscriptions { listen(subscription, on: connection) }
        }
    }

    private func pause() {
        guard !isShutDown, !subscriptions.isEmpty else { return }
        let longest = Double(min(50_000_000 << min(failures, 16), longestPause))
        failures += 1
        retryAt = monotonic() &+ UInt64(longest * .random(in: 0.5...1))
    }

    private func listen(_ subscription: Subscription, on connection: Connection) {
        let calls = subscription.channels.map { command("LISTEN", $0) }
        calls.last?.whenDone = { [weak self, weak connection] outcome in
            switch outcome {
            case .success:
                self?.failures = 0
                subscription.isListening()
            case .failure(let error): connection?.close(because: error)
            }
        }
        for call in calls where !connection.isClosed { _ = connection.send(call, now: monotonic()) }
    }

    private func command(_ verb: String, _ channel: String) -> Call {
        let quoted = channel.utf8.reduce(into: [UInt8(ascii: "\"")]) { bytes, byte in
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        let name = String(decoding: quoted + [UInt8(ascii: "\"")], as: UTF8.self)
        return Call(.housekeeping, "\(raw: verb) \(raw: name)", limit: limit)
    }

    // MARK: ConnectionOwner

    func connection(_ connection: Connection, finished call: Call, _ outcome: Call.Outcome) {
        call.resume(outcome)
    }

    func connection(_ connection: Connection, notified channel: String, _ payload: String) {
        for subscription in subscriptions where subscription.channels.contains(channel) {
            subscription.yield(.message(channel: channel, payload: payload))
        }
    }

    func connection(_ connection: Connection, lost calls: [(Call, Call.Outcome)], because error: PostgresError) {
        if self.connection === connection { self.connection = nil }
        for (call, outcome) in calls { call.resume(outcome) }
        if retryAt == .max { pause() }
    }
}
