// The fake SMS vendor (Chuanglan). Owns: the vendor's wire protocol in its three generations, as the product's real vendor speaks it,
// and delivery reports. Hands off: what arrived, and when to fail, to whoever attached it. Never: a word of the server's own code.

import AsyncHTTPClient
import Cryptography
import Hummingbird
public import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// An SMS vendor on loopback that keeps every message instead of sending it.
public final class FakeSMSGateway: Sendable {
    /// What it does with what arrives.
    public struct Audience: Sendable {
        /// Takes a message that was accepted.
        public var keep: @Sendable (_ message: Message) async -> Void
        /// How the next request fails; nil when it does not.
        public var failure: @Sendable () async -> Failure?

        /// An audience.
        public init(
            keep: @escaping @Sendable (Message) async -> Void,
            failure: @escaping @Sendable () async -> Failure? = { nil }
        ) {
            self.keep = keep
            self.failure = failure
        }
    }

    /// An accepted message.
    public struct Message: Sendable, Equatable {
        /// The phone, 11 digits.
        public let to: String
        /// The words as the phone would show them.
        public let text: String
        /// The code in them, if there is one.
        public let code: String?
        /// What the code is for, in words.
        public let purpose: String?
    }

    /// Ways to fail.
    public enum Failure: Sendable {
        /// The connection ends without an answer.
        case down
        /// The message is taken, the answer comes too late.
        case slow
        /// An HTTP error.
        case error
        /// An answer that cannot be read.
        case malformed
        /// The vendor's "too fast".
        case tooFast
    }

    private let wire: FakeSMSWire
    private let patience: Duration
    private let audience = Mutex<Audience?>(nil)
    private let serving = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameters:
    ///   - account: the one account it knows.
    ///   - password: its password, or the secret of its application.
    ///   - patience: how long a slow answer takes.
    public init(account: String, password: String, patience: Duration = .seconds(12)) {
        wire = FakeSMSWire(account: account, password: password)
        self.patience = patience
    }

    /// Starts to listen on a free port of loopback.
    /// - Returns: the port.
    /// - Throws: when it cannot.
    public func open(logger: Logger) async throws -> Int {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var settings = ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0))
        settings.serverName = "chuanglan"
        var quiet = logger
        quiet.logLevel = .error
        let application = Application(
            router: router,
            configuration: settings,
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: quiet
        )
        serving.withLock { serving in
            serving = Task {
                defer { port.finish() }
                try await application.run()
            }
        }
        for await bound in ports { return bound }
        throw CannotListen()
    }

    /// It could not listen.
    public struct CannotListen: Error {}

    /// From now on messages are taken.
    public func attach(_ audience: Audience) { self.audience.withLock { $0 = audience } }

    /// Stops listening.
    public func close() async {
        let task = serving.withLock { $0 }
        task?.cancel()
        _ = await task?.result
    }

    // MARK: The vendor's interface

    private var router: Router<FakeSMSContext> {
        let router = Router(context: FakeSMSContext.self)
        for path in ["msg/v1/send/json", "msg/send/json"] {
            router.post(RouterPath(path)) { request, context in
                try await self.answer(request, context) { body, _ in self.wire.classic(body) }
            }
        }
        router.post("msg/sms/v2/tpl/send") { request, context in
            try await self.answer(request, context, self.wire.template)
        }
        router.post("sms/v2/batch-send") { request, context in
            try await self.answer(request, context, self.wire.unified)
        }
        return router
    }

    private func answer(
        _ request: Request,
        _ context: FakeSMSContext,
        _ read: @Sendable (JSON, [String: String]) -> FakeSMSWire.Verdict
    ) async throws -> Response {
        var request = request
        let bytes = try await request.collectBody(upTo: 64 << 10)
        guard let audience = audience.withLock({ $0 }) else { return Self.json(["code": "104"], .serviceUnavailable) }
        let failure = await audience.failure()
        switch failure {
        case .down:
            // The line is cut: no byte of an answer.
            try await context.channel.close()
            throw CannotListen()
        case .error:
            return Response(
                status: .internalServerError,
                body: .init(byteBuffer: ByteBuffer(string: "Internal Server Error"))
            )
        case .malformed:
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "<html><body>upstream {\"code\":")))
        case .tooFast: return Self.refusal("103", "提交过快")
        case .slow, nil: break
        }
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        guard let body = try? JSON(parsing: Array(bytes.readableBytesView)) else {
            return Self.refusal("129", "JSON格式错误")
        }
        switch read(body, headers) {
        case .refused(let code, let why): return Self.refusal(code, why)
        case .taken(let message, let report):
            let name = Self.newName()
            await audience.keep(message)
            if failure == .slow { try await Task.sleep(for: patience) }
            if let report { Task { await self.report(name, message, report) } }
            return Self.json(["code": "0", "msgId": .string(name), "time": .string(report?.time ?? ""), "errorMsg": ""])
        }
    }

    private static func refusal(_ code: String, _ why: String) -> Response {
        json(["code": .string(code), "msgId": "", "time": "", "errorMsg": .string(why)])
    }

    private static func json(_ body: JSON, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json;charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: body.bytes))
        )
    }

    /// A name as the vendor gives them: digits, more than any integer holds.
    private static func newName() -> String {
        String(decoding: Random.bytes(24).map { 0x30 + $0 % 10 }, as: UTF8.self)
    }

    // MARK: Delivery reports

    /// Tells the product that the phone has the message; again when asked for it, three times at most.
    private func report(_ name: String, _ message: Message, _ report: FakeSMSWire.Report) async {
        let query = [
            ("receiver", ""), ("pswd", ""), ("msgid", name), ("reportTime", report.time), ("mobile", message.to),
            ("status", "DELIVRD"), ("notifyTime", report.time + "00"),
            ("statusDesc", "%E7%9F%AD%E4%BF%A1%E5%8F%91%E9%80%81%E6%88%90%E5%8A%9F"),
            ("length", "1"), ("uid", report.uid),
        ].map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        for _ in 0..<3 {
            try? await Task.sleep(for: .milliseconds(300))
            let answer = try? await HTTPClient.shared.execute(
                HTTPClientRequest(url: "\(report.address)?\(query)"),
                timeout: .seconds(5)
            )
            guard let body = try? await answer?.body.collect(upTo: 4096) else { continue }
            if (try? JSON(parsing: Array(body.readableBytesView)))?["clcode"]?.string == "000000" { return }
        }
    }
}

/// The connection of a request, so that it can be cut.
struct FakeSMSContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
