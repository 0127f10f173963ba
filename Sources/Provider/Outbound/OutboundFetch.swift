// Outbound
// Owns: every request this server sends to an address that somebody else named, such as a client's `jwks_uri`.
// Hands off: what the answer means to the room that asked.
// Never: a connection to an address that was not checked, a redirect, an answer without a bound of size and time.

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Reads a document from an address that a client registered, or brings a form there, without becoming the client's hand inside our
/// network (SSRF).
///
/// The name is resolved once, every address it has is checked, and the connection goes to a checked one: a name that answers otherwise a
/// moment later (DNS rebinding) changes nothing. The certificate is still the name's.
struct OutboundFetch: Sendable {
    /// Why there is no answer. The raw value goes into logs and before an operator, and nowhere else.
    enum Fault: String, Error, Sendable {
        case scheme = "neither https nor, in the sandbox, http on loopback"
        case unresolved = "the name has no address"
        case closedAddress = "the name has an address that is not of the open internet"
        case busy = "too many requests are under way"
        case late = "no whole answer in time"
        case refused = "no connection came about, nothing was sent"
        case unreachable = "the connection failed"
        case status = "the answer is not 200"
        case tooLarge = "the answer is too large"
    }

    /// A document and how long its owner says it may be kept.
    struct Document: Sendable {
        let body: [UInt8]
        /// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1), in seconds; nil when it is not said.
        let maxAge: Int?
    }

    /// Whether addresses inside a network, and plain http on loopback, may be reached: the sandbox only.
    let mayReachInside: Bool
    /// The largest document, in bytes.
    var limit = 65_536
    /// The longest a fetch may take altogether, name and connection included.
    var deadline = Duration.seconds(3)
    /// How a name becomes addresses.
    var resolve: @Sendable (String) -> [ResolvedAddress] = ResolvedAddress.resolve
    private let load = Load()

    init(mayReachInside: Bool) { self.mayReachInside = mayReachInside }

    /// Gets the document.
    func get(_ address: String, accepting type: String) async throws(Fault) -> Document {
        let limit = limit
        return try await send(address, to: { $0.headers.add(name: "accept", value: type) }) { response in
            guard response.status == .ok else { return .failure(.status) }
            let body = try await response.body.collect(upTo: limit)
            let caching = response.headers[canonicalForm: "cache-control"].map(String.init)
            return .success(Document(body: Array(body.readableBytesView), maxAge: Self.maxAge(caching)))
        }
    }

    /// Posts a form (`application/x-www-form-urlencoded`).
    /// - Returns: the status of the answer; what else it says is not read.
    func post(_ form: String, to address: String) async throws(Fault) -> Int {
        let prepare: @Sendable (inout HTTPClientRequest) -> Void = { request in
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        return try await send(address, to: prepare) { .success(Int($0.status.code)) }
    }

    /// Sends a request to a checked address, and reads of the answer what `read` wants.
    func send<Answer: Sendable>(
        _ address: String,
        to prepare: @Sendable (inout HTTPClientRequest) -> Void,
        read: @escaping @Sendable (HTTPClientResponse) async throws -> Result<Answer, Fault>
    ) async throws(Fault) -> Answer {
        guard let url = URL(string: address), let scheme = url.scheme, let host = url.host(percentEncoded: false),
            !host.isEmpty, url.user() == nil
        else { throw .scheme }
        guard load.enter() else { throw .busy }
        defer { load.leave() }
        let end = ContinuousClock.now + deadline
        let addresses = await addresses(of: Self.bare(host), until: end)
        guard let target = addresses?.first else { throw addresses == nil ? .late : .unresolved }
        guard scheme == "https" || (scheme == "http" && mayReachInside && addresses?.allSatisfy(\.isLoopback) == true)
        else { throw .scheme }
        guard mayReachInside || addresses?.allSatisfy(\.isPublic) == true else { throw .closedAddress }
        var request = HTTPClientRequest(url: address)
        request.headers.add(name: "user-agent", value: "citygate")
        prepare(&request)
        return try await exchange(request, host: Self.bare(host), at: target, until: end, read)
    }

    /// The host without the brackets of an IPv6 address.
    private static func bare(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    // MARK: Name

    /// Resolvers keep their own time and cannot be interrupted: the answer is waited for on a thread apart, and not for longer than we have.
    private func addresses(of host: String, until end: ContinuousClock.Instant) async -> [ResolvedAddress]? {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            let resolve = resolve
            Self.resolvers.submit { state in
                guard case .active = state else { return once.give(nil) }
                once.give(resolve(host))
            }
            Task {
                try? await Task.sleep(until: end)
                once.give(nil)
            }
        }
    }

    private static let resolvers: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    // MARK: Connection

    private func exchange<Answer: Sendable>(
        _ request: HTTPClientRequest,
        host: String,
        at target: ResolvedAddress,
        until end: ContinuousClock.Instant,
        _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Result<Answer, Fault>
    ) async throws(Fault) -> Answer {
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        settings.dnsOverride = [host: target.text]
        settings.httpVersion = .http1Only
        settings.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let result = await race(request, by: client, until: end, read)
        try? await client.shutdown()
        return try result.get()
    }

    private func race<Answer: Sendable>(
        _ request: HTTPClientRequest,
        by client: HTTPClient,
        until end: ContinuousClock.Instant,
        _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Result<Answer, Fault>
    ) async -> Result<Answer, Fault> {
        await withTaskGroup(of: Result<Answer, Fault>.self) { group in
            group.addTask {
                do {
                    let left = max(.zero, end - ContinuousClock.now)
                    return try await read(
                        client.execute(request, timeout: .nanoseconds(Int64(left / .nanoseconds(1))))
                    )
                } catch is NIOTooManyBytesError {
                    return .failure(.tooLarge)
                } catch let error as HTTPClientError where error == .deadlineExceeded {
                    return .failure(.late)
                } catch is NIOConnectionError {
                    return .failure(.refused)
                } catch {
                    return .failure(.unreachable)
                }
            }
            group.addTask {
                try? await Task.sleep(until: end)
                return .failure(.late)
            }
            let first = await group.next() ?? .failure(.late)
            group.cancelAll()
            return first
        }
    }

    /// RFC 9111 §5.2: the first `max-age`; `no-store` and `no-cache` count as none.
    static func maxAge(_ directives: [String]) -> Int? {
        let directives = directives.map { $0.trimmingSpaces().lowercased() }
        if directives.contains("no-store") || directives.contains("no-cache") { return 0 }
        for directive in directives where directive.hasPrefix("max-age=") {
            let digits = directive.utf8.dropFirst(8).filter { $0 != UInt8(ascii: "\"") }
            guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}

extension ResolvedAddress {
    /// This machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}

/// How many fetches are under way: a bound for all of them together, so that slow hosts cost no more than their share.
private final class Load: Sendable {
    private static let most = 16
    private let count = Mutex(0)

    func enter() -> Bool {
        count.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

/// The first of two answers to one question.
private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<[ResolvedAddress]?, Never>?>

    init(_ continuation: CheckedContinuation<[ResolvedAddress]?, Never>) { self.continuation = Mutex(continuation) }

    func give(_ answer: [ResolvedAddress]?) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: answer)
    }
}
