import Cryptography
import FoundationEssentials
import Logging
import OAuth
import Postgres
import ServiceLifecycle
import Synchronization

/// Brings logout notices to relying parties (OpenID Connect Back-Channel Logout §2.5 to §2.8). Every process runs it.
///
/// It wakes when a notice is written, when a try ends, and by itself every two seconds. A relying party that is slow or dead occupies a
/// few places and is left alone for a while; the others are served meanwhile.
struct LogoutDelivery: Service {
    /// Exchanges under way at the same time.
    static let places = 16
    /// Of these, how many one relying party may occupy before it is given no more.
    static let placesOfOne = 4
    /// The longest pause between two tries, in seconds.
    static let longestPause = 3600.0

    let notices: LogoutNotices
    let outbound: OutboundFetch
    let keyRing: KeyRing
    let issuer: Issuer
    let clock: ServerClock
    let logger: Logger
    let interval = Duration.seconds(2)
    private let load = DeliveryLoad()

    init(
        notices: LogoutNotices,
        outbound: OutboundFetch,
        keyRing: KeyRing,
        issuer: Issuer,
        clock: ServerClock,
        logger: Logger
    ) {
        self.notices = notices
        self.outbound = outbound
        self.keyRing = keyRing
        self.issuer = issuer
        self.clock = clock
        self.logger = logger
    }

    /// Until graceful shutdown; what is under way then is brought to its end.
    func run() async throws {
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await cancelWhenGracefulShutdown {
                    for await _ in self.notices.database.notifications(on: ["logout_notice"]) { bell.yield() }
                }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while !Task.isCancelled {
                        bell.yield()
                        try? await Task.sleep(for: self.interval)
                    }
                }
                bell.finish()
            }
            group.addTask {
                await withDiscardingTaskGroup { deliveries in
                    for await _ in rings {
                        for notice in await self.take() {
                            deliveries.addTask {
                                await self.deliver(notice)
                                bell.yield()
                            }
                        }
                    }
                }
            }
        }
    }

    /// As many notices as there are places for.
    private func take() async -> [LogoutNotices.Due] {
        // Tokens of a wrong time would be refused, and for good.
        guard clock.isTrustworthy else { return [] }
        var taken: [LogoutNotices.Due] = []
        do {
            while load.free > 0 {
                let some = try await notices.take(min(load.free, Self.placesOfOne), sparing: load.spared)
                guard !some.isEmpty else { break }
                for notice in some { load.enter(notice.clientID.value) }
                taken += some
            }
        } catch {
            // What was taken and is not sent comes up again when its lease runs out.
            logger.warning("logout notices cannot be read", metadata: ["error": "\(error)"])
        }
        return taken
    }

    private func deliver(_ notice: LogoutNotices.Due) async {
        let client = notice.clientID.value
        let outcome = await outcome(of: notice)
        load.leave(client, isWell: outcome.state != .pending || outcome.status.map { $0 != 429 && $0 != 503 } ?? false)
        logger.info(
            "logout notice",
            metadata: [
                "client_id": "\(client)", "outcome": "\(outcome.state.rawValue)", "status": "\(outcome.status ?? 0)",
                "reason": "\(outcome.fault ?? "none")", "calls": "\(notice.tries)",
            ]
        )
        do {
            try await notices.record(outcome, of: notice)
        } catch {
            logger.warning("logout notice not recorded", metadata: ["client_id": "\(client)", "error": "\(error)"])
        }
    }

    /// One try.
    private func outcome(of notice: LogoutNotices.Due) async -> LogoutNotices.Outcome {
        guard let uri = notice.uri, let algorithm = notice.algorithm else {
            return .init(state: .abandoned, fault: "the client takes no logout notices any more")
        }
        let status: Int
        do {
            status = try await outbound.post(LogoutToken.form(token(for: notice, algorithm)), to: uri)
        } catch let fault as OutboundFetch.Fault {
            return pending(notice, fault: fault.rawValue)
        } catch {
            return pending(notice, fault: "the token cannot be signed")
        }
        switch LogoutToken.Reception(status: status) {
        case .done: return .init(state: .delivered, status: status)
        case .refused: return .init(state: .refused, status: status, fault: "the client refused the token")
        case .failed: return pending(notice, status: status, fault: "the answer is not 200")
        }
    }

    /// By the algorithm that the client registered for ID tokens (§2.6).
    private func token(for notice: LogoutNotices.Due, _ algorithm: SignatureAlgorithm) async throws -> String {
        let token = LogoutToken(
            issuer: issuer,
            audience: notice.clientID,
            subject: notice.subject,
            sessionID: notice.sessionID,
            issuedAt: clock.now,
            id: Base64URL.encode(Random.bytes(16))
        )
        return try await keyRing.sign(type: LogoutToken.type, payload: token.payload(), by: algorithm)
    }

    private func pending(_ notice: LogoutNotices.Due, status: Int? = nil, fault: String) -> LogoutNotices.Outcome {
        .init(state: .pending, status: status, fault: fault, pause: Self.pause(after: notice.tries))
    }

    /// Seconds to the next try: ten, doubled with each, at most an hour; a fifth more or less, so that what failed together does not
    /// come back together.
    static func pause(after tries: Int) -> Double {
        min(Double(5 << min(max(tries, 1), 20)), longestPause) * Double.random(in: 0.8...1.2)
    }
}

/// Who occupies how many places in this process, and who is left alone for a while.
private final class DeliveryLoad: Sendable {
    private struct State {
        var count = 0
        var places: [String: Int] = [:]
        var troubles: [String: (failures: Int, until: ContinuousClock.Instant)] = [:]
    }

    private let state = Mutex(State())

    var free: Int { state.withLock { LogoutDelivery.places - $0.count } }

    /// Relying parties that get nothing now.
    var spared: [String] {
        state.withLock { state in
            let now = ContinuousClock.now
            let busy = state.places.filter { $0.value >= LogoutDelivery.placesOfOne }.map(\.key)
            return busy + state.troubles.filter { $0.value.until > now }.map(\.key)
        }
    }

    func enter(_ client: String) {
        state.withLock { state in
            state.count += 1
            state.places[client, default: 0] += 1
        }
    }

    /// One that cannot be reached is left alone for a second, and longer each time, at most a minute.
    func leave(_ client: String, isWell: Bool) {
        state.withLock { state in
            state.count -= 1
            let left = state.places[client, default: 1] - 1
            state.places[client] = left > 0 ? left : nil
            guard !isWell else {
                state.troubles[client] = nil
                return
            }
            let failures = (state.troubles[client]?.failures ?? 0) + 1
            let pause = Duration.seconds(min(1 << min(failures - 1, 6), 60))
            state.troubles[client] = (failures, ContinuousClock.now + pause)
        }
    }
}
