import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization

/// Somebody else's web server on loopback, which answers what a test tells it to.
final class TestHost: Sendable {
    struct Answer: Sendable {
        var status = HTTPResponse.Status.ok
        var headers = HTTPFields()
        var body: [UInt8] = []
        /// Waits before the head, and then before each byte of the body.
        var delay: Duration?
    }

    private struct State {
        var answer = Answer()
        var count = 0
        var hosts: [String] = []
        var bodies: [String] = []
    }

    private let state = Mutex(State())

    /// What the next requests get.
    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    /// How many requests came.
    var count: Int { state.withLock { $0.count } }

    /// The authorities the requests named.
    var hosts: [String] { state.withLock { $0.hosts } }

    /// The bodies that were posted.
    var bodies: [String] { state.withLock { $0.bodies } }

    /// Serves while `body` runs.
    static func with<Result: Sendable>(_ body: @Sendable (TestHost, _ port: Int) async throws -> Result) async throws
        -> Result
    {
        let host = TestHost()
        let router = Router()
        router.get("**") { request, _ in await host.respond(request) }
        router.post("**") { request, _ in
            let body = try await request.body.collect(upTo: 65_536)
            host.state.withLock { $0.bodies.append(String(buffer: body)) }
            return await host.respond(request)
        }
        var logger = Logger(label: "host")
        logger.logLevel = .critical
        let application = Application(router: router, logger: logger)
        return try await application.test(.live) { client in
            try await body(host, client.port ?? 0)
        }
    }

    private func respond(_ request: Request) async -> Response {
        let answer = state.withLock { state in
            state.count += 1
            state.hosts.append(request.head.authority ?? "")
            return state.answer
        }
        guard let delay = answer.delay else {
            return Response(
                status: answer.status,
                headers: answer.headers,
                body: .init(byteBuffer: ByteBuffer(bytes: answer.body))
            )
        }
        return Response(
            status: answer.status,
            headers: answer.headers,
            body: .init { writer in
                for byte in answer.body {
                    try await Task.sleep(for: delay)
                    try await writer.write(ByteBuffer(bytes: [byte]))
                }
                try await writer.finish(nil)
            }
        )
    }
}
