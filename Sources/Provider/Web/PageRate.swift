import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Synchronization

/// How many pages each network has asked for lately: a bucket of one minute's worth that refills steadily.
///
/// A page that opens a form costs a row and a drawn picture before anybody has proved anything (trust.md T12). What is counted
/// lies in this process: a flood must not cost a write to be refused. With N processes a network gets at most N times the limit.
final class PageRate: Sendable {
    /// Pages of one network in a minute.
    let limit: Int
    /// Networks remembered at once, some megabytes at most.
    private let capacity: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    private struct Bucket {
        /// Pages that may be asked for at once, at `seen`.
        var left: Double
        /// Seconds since 1970.
        var seen: Double
    }

    init(limit: Int, capacity: Int = 20_000) {
        self.limit = limit
        self.capacity = capacity
    }

    /// Counts a page.
    /// - Returns: nil when it may be had, else the whole seconds until one may.
    func take(_ network: ClientNetwork, at now: Date) -> Int? {
        let moment = now.timeIntervalSince1970
        return buckets.withLock { buckets in
            var bucket = buckets[network.text] ?? Bucket(left: Double(limit), seen: moment)
            refill(&bucket, at: moment)
            let wait = bucket.left >= 1 ? nil : Int(((1 - bucket.left) * 60 / Double(limit)).rounded(.up))
            if wait == nil { bucket.left -= 1 }
            if buckets[network.text] == nil, buckets.count >= capacity { makeRoom(in: &buckets, at: moment) }
            buckets[network.text] = bucket
            return wait
        }
    }

    private func refill(_ bucket: inout Bucket, at moment: Double) {
        // A clock that went back (the sandbox's may) gives nothing and takes nothing.
        let passed = max(0, moment - bucket.seen)
        bucket.left = min(Double(limit), bucket.left + passed * Double(limit) / 60)
        bucket.seen = moment
    }

    /// Forgets who has a full bucket again; when all are busy, whoever was not seen for longest.
    private func makeRoom(in buckets: inout [String: Bucket], at moment: Double) {
        buckets = buckets.filter { entry in
            var bucket = entry.value
            refill(&bucket, at: moment)
            return bucket.left < Double(limit)
        }
        guard buckets.count >= capacity else { return }
        let middle = buckets.values.map(\.seen).sorted()[buckets.count / 2]
        buckets = buckets.filter { $0.value.seen > middle }
    }
}

/// Asks ``PageRate`` before a page is made. Calls of relying parties, fixed files and health checks are not pages; a caller on
/// this machine is the operator or a proxy that is not declared, and is not counted.
struct PageRateMiddleware: RouterMiddleware {
    typealias Context = ProviderContext

    let rate: PageRate
    let clock: ServerClock
    /// The page for a network that asks too often, in the site's own look.
    let page: @Sendable (ErrorPage, Request, ProviderContext) -> Page

    func handle(
        _ request: Request,
        context: ProviderContext,
        next: (Request, ProviderContext) async throws -> Response
    ) async throws -> Response {
        let network = ClientNetwork(address: context.clientAddress)
        guard Self.counts(request.uri.path), !network.isLoopback else { return try await next(request, context) }
        let now = clock.now
        guard let seconds = rate.take(network, at: now) else { return try await next(request, context) }
        guard request.headers[.accept]?.contains("text/html") == true else {
            var response = Response.json(["error": "temporarily_unavailable"], status: .tooManyRequests)
            response.headers[.retryAfter] = String(seconds)
            return response
        }
        let current = Int64(now.timeIntervalSince1970)
        let fault = ErrorPage.tooFrequent(until: ClockTime(current + Int64(seconds), now: current), seconds: seconds)
        return Response(page: page(fault, request, context))
    }

    static func counts(_ path: String) -> Bool {
        if path == "/oauth2/authorize" || path == "/oauth2/logout" { return true }
        // A browser that waits for a QR code asks again every 25 s and makes nothing.
        if path.hasPrefix("/login/qr/"), path.hasSuffix("/status") || path.hasSuffix("/events") { return false }
        return !uncounted.contains { path.hasPrefix($0) }
    }

    private static let uncounted = [
        "/oauth2/", "/.well-known/", "/assets/", "/mp/", "/sms/reports/", "/sandbox", "/healthz", "/readyz",
        "/favicon.ico",
    ]
}
