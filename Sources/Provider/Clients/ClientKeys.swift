import Cryptography
import FoundationEssentials
import Logging
import OAuth

/// The public keys of clients that publish them at a `jwks_uri` (RFC 7591 §2): fetched when they are needed, kept for a while, fetched
/// again when a client signs by a key that is not among them.
///
/// Whoever sends assertions of a made-up key, or registers a host that is slow or dead, costs one fetch in half a minute and delays
/// nobody but the one client.
actor ClientKeys {
    /// The shortest and the longest time a set is used without a look at its home, in seconds; what `Cache-Control` says lies between.
    static let freshness = 300...3600
    /// A set whose home cannot be reached serves on until this age, in seconds: then a key its owner took back is gone here as well.
    static let greatestAge = 3600.0
    /// The shortest time between two fetches for one client, in seconds.
    static let pause = 30.0
    /// Sets are forgotten all at once when there are more.
    private static let capacity = 1000

    private let outbound: OutboundFetch
    private let clock: ServerClock
    private let logger: Logger
    private var entries: [ClientID: Entry] = [:]

    private struct Entry {
        let uri: String
        var keys: JWKSet?
        var fetchedAt: Date
        var freshUntil: Date
        /// The last fetch, whatever came of it.
        var triedAt: Date
        var running: Task<Void, Never>?
    }

    init(outbound: OutboundFetch, clock: ServerClock, logger: Logger) {
        self.outbound = outbound
        self.clock = clock
        self.logger = logger
    }

    /// The keys that may have signed an assertion of the client.
    /// - Throws: `invalid_client` where the client registered none, or they cannot be had.
    func keys(of client: Client, for assertion: ClientAssertion) async throws(OAuthError) -> JWKSet {
        if let keys = client.jwks { return keys }
        guard let uri = client.jwksURI else { throw OAuthError(.invalidClient, "the client registered no keys") }
        if entries[client.id]?.uri != uri { entries[client.id] = nil }
        let known = entries[client.id]
        if let known, let keys = usable(known), known.freshUntil > clock.now, assertion.names(aKeyOf: keys) {
            return keys
        }
        if known.map(mayTry) ?? true { await refresh(client.id, uri) }
        guard let entry = entries[client.id], let keys = usable(entry) else {
            throw OAuthError(.invalidClient, "the client's keys cannot be fetched from its jwks_uri")
        }
        return keys
    }

    private func usable(_ entry: Entry) -> JWKSet? {
        let age = clock.now.timeIntervalSince(entry.fetchedAt)
        return (0...Self.greatestAge).contains(age) ? entry.keys : nil
    }

    /// A clock that was set back is no reason to wait.
    private func mayTry(_ entry: Entry) -> Bool {
        entry.running != nil || !(0..<Self.pause).contains(clock.now.timeIntervalSince(entry.triedAt))
    }

    /// Fetches once, however many wait for it.
    private func refresh(_ id: ClientID, _ uri: String) async {
        if let running = entries[id]?.running {
            _ = await running.value
            return
        }
        if entries.count >= Self.capacity { entries.removeAll() }
        let now = clock.now
        var entry = entries[id] ?? Entry(uri: uri, fetchedAt: now, freshUntil: now, triedAt: now)
        entry.triedAt = now
        let task = Task { await load(uri, of: id, now) }
        entry.running = task
        entries[id] = entry
        await task.value
    }

    private func load(_ uri: String, of id: ClientID, _ now: Date) async {
        let document = await fetch(uri, of: id)
        // The registration may have changed meanwhile; then the answer is nobody's.
        guard entries[id]?.uri == uri else { return }
        entries[id]?.running = nil
        guard let document, let keys = keySet(document.body, of: id) else { return }
        let (shortest, longest) = (Self.freshness.lowerBound, Self.freshness.upperBound)
        let life = min(max(document.maxAge ?? shortest, shortest), longest)
        entries[id]?.keys = keys
        entries[id]?.fetchedAt = now
        entries[id]?.freshUntil = now.addingTimeInterval(Double(life))
    }

    private func fetch(_ uri: String, of id: ClientID) async -> OutboundFetch.Document? {
        do throws(OutboundFetch.Fault) {
            return try await outbound.get(uri, accepting: "application/jwk-set+json, application/json")
        } catch {
            logger.notice("client keys not fetched", metadata: ["client_id": "\(id)", "reason": "\(error.rawValue)"])
            return nil
        }
    }

    /// RFC 7517 §5; private and symmetric keys are left out by the reader.
    private func keySet(_ body: [UInt8], of id: ClientID) -> JWKSet? {
        guard let json = try? JSON(parsing: body, depth: 8), let keys = try? JWKSet(json: json), !keys.keys.isEmpty
        else {
            logger.notice("client keys unreadable", metadata: ["client_id": "\(id)"])
            return nil
        }
        return keys
    }
}
