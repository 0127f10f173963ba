// The host apps of the mini-program, played: WeChat, Alipay and Baidu, as a server meets them.
// Owns: their wire protocols over HTTP, codes that are good once, encrypted phones, signatures, their own error forms, and the
// faults a test orders. Hands off: everything else. Never: a word of the server's own code; a shortcut that the real ones lack.

public import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// WeChat, Alipay and Baidu on loopback. Their paths begin with `/wechat`, `/alipay` and `/baidu`; `/control` is for whoever drives
/// the sandbox.
public struct MiniProgramHosts: Service {
    /// What the server under test must be told to use them: applications, secrets and keys, made anew at each start.
    public struct Credentials: Sendable {
        /// The application's identifiers.
        public let wechatAppID = "wx0000000000000001", alipayAppID = "2021000000000001"
        /// Baidu's AppKey.
        public let baiduAppKey = "DemoAppKey0000000000000000000001"
        /// The applications' secrets.
        public let wechatSecret: Secret<String>, baiduSecret: Secret<String>
        /// The application's key, and the AES key of its phone numbers, base64.
        public let alipayAppPrivateKey: Secret<String>, alipayAESKey: Secret<String>
        /// Alipay's own public key, base64.
        public let alipayPublicKey: String
        let alipayPrivateKey: RSA2PrivateKey
        let alipayAppPublicKey: RSA2PublicKey

        /// Makes them.
        /// - Throws: `CryptographyError` when libcrypto refuses.
        public init() throws {
            wechatSecret = Secret(Hexadecimal.encode(Random.bytes(16)))
            baiduSecret = Secret(Hexadecimal.encode(Random.bytes(16)))
            alipayAESKey = Secret(Base64.encode(Random.bytes(16)))
            let application = try RSA2PrivateKey.generate()
            let alipay = try RSA2PrivateKey.generate()
            alipayAppPrivateKey = application.privateKey
            alipayPublicKey = alipay.publicKey
            alipayPrivateKey = try RSA2PrivateKey(alipay.privateKey.reveal())
            alipayAppPublicKey = try RSA2PublicKey(application.publicKey)
        }
    }

    private let port: Int
    private let logger: Logger
    private let state: HostState

    /// - Parameters:
    ///   - port: on 127.0.0.1.
    ///   - credentials: what the server was told.
    ///   - logger: hears of failures.
    ///   - now: the sandbox's time, in seconds since 1970.
    public init(port: Int, credentials: Credentials, logger: Logger, now: @escaping @Sendable () -> Int64) {
        self.port = port
        self.logger = logger
        state = HostState(credentials: credentials, now: now)
    }

    static func router(_ state: HostState) -> Router<BasicRequestContext> {
        let router = Router()
        WeChatHost(state: state).addRoutes(to: router)
        AlipayHost(state: state).addRoutes(to: router)
        BaiduHost(state: state).addRoutes(to: router)
        HostControl(state: state).addRoutes(to: router)
        return router
    }

    /// Serves until the service group shuts down.
    /// - Throws: when the port cannot be bound.
    public func run() async throws {
        let application = Application(
            router: Self.router(state),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        )
        try await application.run()
    }
}

/// What the three know of people and codes.
final class HostState: Sendable {
    /// A code that a client was given, good once.
    struct Code: Sendable {
        enum Kind: Sendable { case login, phone }
        let kind: Kind
        let phone: String
        let until: Int64
        var isUsed = false
    }

    /// How a host app misbehaves, for `left` calls; nil is until it is told otherwise.
    struct Trouble: Sendable {
        enum Mode: String, Sendable { case down, slow, error, malformed, rateLimited = "rate_limited" }
        let mode: Mode
        var left: Int?
    }

    private struct Inside {
        var codes: [String: Code] = [:]
        var sessionKeys: [String: [UInt8]] = [:]
        var trouble: [String: Trouble] = [:]
        var wechatTokens: [(value: String, until: Int64)] = []
    }

    let credentials: MiniProgramHosts.Credentials
    let now: @Sendable () -> Int64
    private let inside = Mutex(Inside())

    init(credentials: MiniProgramHosts.Credentials, now: @escaping @Sendable () -> Int64) {
        self.credentials = credentials
        self.now = now
    }

    /// What became of a presented code.
    enum Spending: Sendable { case spent(Code), used, unknown, late }

    func issue(_ kind: Code.Kind, host: String, phone: String, lifetime: Int64) -> String {
        let value = Hexadecimal.encode(Random.bytes(16))
        inside.withLock { inside in
            if inside.codes.count > 10_000 { inside.codes = inside.codes.filter { $0.value.until > now() } }
            inside.codes["\(host)|\(value)"] = Code(kind: kind, phone: phone, until: now() + lifetime)
        }
        return value
    }

    func spend(_ kind: Code.Kind, host: String, _ value: String) -> Spending {
        inside.withLock { inside in
            guard var code = inside.codes["\(host)|\(value)"], code.kind == kind else { return .unknown }
            guard !code.isUsed else { return .used }
            guard code.until > now() else { return .late }
            code.isUsed = true
            inside.codes["\(host)|\(value)"] = code
            return .spent(code)
        }
    }

    /// The person's identifier in an application: the same each time, another in each host app.
    func openID(host: String, phone: String) -> String {
        String(
            Base64URL.encode(HMAC.sha256(key: Array("sandbox-openid".utf8), Array("\(host)|\(phone)".utf8))).prefix(28)
        )
    }

    /// The key a host app and the server share about a person: made when it is first needed.
    func sessionKey(host: String, phone: String, bytes: Int) -> [UInt8] {
        inside.withLock { inside in
            let name = "\(host)|\(phone)"
            if let key = inside.sessionKeys[name] { return key }
            let key = Random.bytes(bytes)
            inside.sessionKeys[name] = key
            return key
        }
    }

    /// WeChat's application token: the same until it is nearly over, the old one good beside the new.
    func wechatToken() -> (value: String, seconds: Int64) {
        inside.withLock { inside in
            let moment = now()
            inside.wechatTokens.removeAll { $0.until <= moment }
            if let last = inside.wechatTokens.last, last.until - moment > 300 {
                return (last.value, last.until - moment)
            }
            let value = Base64URL.encode(Random.bytes(100))
            inside.wechatTokens.append((value, moment + 7200))
            return (value, 7200)
        }
    }

    func isWeChatToken(_ value: String) -> Bool {
        inside.withLock { inside in inside.wechatTokens.contains { $0.value == value && $0.until > now() } }
    }

    func setTrouble(_ trouble: Trouble?, host: String) { inside.withLock { $0.trouble[host] = trouble } }

    func takeTrouble(host: String) -> Trouble.Mode? {
        inside.withLock { inside in
            guard var trouble = inside.trouble[host] else { return nil }
            if let left = trouble.left {
                trouble.left = left - 1
                inside.trouble[host] = left > 1 ? trouble : nil
            }
            return trouble.mode
        }
    }

    func reset() {
        inside.withLock { $0 = Inside() }
    }
}

/// What all three do before they answer: the trouble that was ordered.
enum HostAnswer {
    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        Self.json(json.serialized, status: status)
    }

    /// An answer in trouble, or nil to go on; `limited` and `error` are the host app's own forms.
    static func trouble(_ state: HostState, host: String, limited: Response, error: Response) async -> Response? {
        switch state.takeTrouble(host: host) {
        case nil: return nil
        case .down: return Response(status: .badGateway)
        case .slow:
            try? await Task.sleep(for: .seconds(8))
            return nil
        case .error: return error
        case .malformed: return json("{\"openid\":\"")
        case .rateLimited: return limited
        }
    }

    static func body(_ request: Request) async throws -> [UInt8] {
        var request = request
        return Array(try await request.collectBody(upTo: 65_536).readableBytesView)
    }

    /// The fields of a query or form; the last of a repeated name counts, as there.
    static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count == 2 ? parts[1] : "") else { continue }
            fields[name] = value
        }
        return fields
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let pair = Hexadecimal.decode(String(decoding: rest.prefix(2), as: UTF8.self))
                else {
                    return nil
                }
                bytes += pair
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
