import Cryptography
import Hummingbird
import Logging
import NIOCore

/// What travels beside a request: its id, and where it came from.
struct ProviderContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// 参考号: 12 characters, shown on error pages, in the header `X-Request-Id` and in every log line of the request.
    let requestID: String
    /// The address the connection came from; replaced by ``ClientAddressMiddleware`` behind a trusted proxy.
    var clientAddress: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = Self.newRequestID()
        clientAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
        logger[metadataKey: "request_id"] = .string(requestID)
    }

    /// Letters and digits that nobody confuses when reading them out over the phone.
    private static func newRequestID() -> String {
        String(unsafeUninitializedCapacity: 12) { text in
            for (index, byte) in Random.bytes(12).enumerated() {
                text.initializeElement(at: index, to: alphabet[Int(byte) % alphabet.count])
            }
            return 12
        }
    }

    private static let alphabet = Array("23456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}

/// The network an address belongs to: /24 for IPv4, /48 for IPv6. Limits and the audit log know this much.
struct ClientNetwork: Sendable, Equatable {
    let text: String

    private init(text: String) { self.text = text }

    init(address: String) {
        let scalars = address.utf8
        if scalars.contains(UInt8(ascii: ":")) {
            // Mapped IPv4 (::ffff:192.0.2.1) counts as the IPv4 it is.
            if let dot = address.lastIndex(of: ":"), address[dot...].utf8.contains(UInt8(ascii: ".")) {
                self.init(address: String(address[address.index(after: dot)...]))
                return
            }
            self.init(text: Self.prefix48(address) + "::/48")
        } else {
            let dot = UInt8(ascii: ".")
            guard scalars.count(where: { $0 == dot }) == 3, let last = scalars.lastIndex(of: dot) else {
                self.init(text: "unknown")
                return
            }
            self.init(text: address[..<last] + ".0/24")
        }
    }

    var isLoopback: Bool { text == "127.0.0.0/24" || text == "0:0:0::/48" }

    private static func prefix48(_ address: String) -> String {
        // "::" stands for as many zero groups as are missing from eight.
        let groups = address.split(separator: ":", omittingEmptySubsequences: false)
        var head: [String] = []
        for group in groups {
            if group.isEmpty { break }
            head.append(String(group).lowercased())
        }
        while head.count < 3 { head.append("0") }
        return head.prefix(3).joined(separator: ":")
    }
}

/// Takes the caller's address from `X-Forwarded-For`, from the right, past the proxies that are ours (trust.md T13,
/// CVE-2024-47070: the left end is whatever the caller wrote).
struct ClientAddressMiddleware: RouterMiddleware {
    typealias Context = ProviderContext
    /// Whether an address is one of our own proxies.
    let isTrusted: @Sendable (String) -> Bool

    func handle(
        _ request: Request,
        context: ProviderContext,
        next: (Request, ProviderContext) async throws -> Response
    ) async throws -> Response {
        guard isTrusted(context.clientAddress) else { return try await next(request, context) }
        let hops = request.headers[values: .forwardedFor]
            .flatMap { $0.split(separator: ",") }
            .map { $0.trimmingSpaces() }
        var context = context
        for hop in hops.reversed() {
            guard hop.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), hop.utf8.count <= 45 else { break }
            context.clientAddress = hop
            if !isTrusted(hop) { break }
        }
        return try await next(request, context)
    }
}

extension StringProtocol {
    /// Without the blanks and tabs at both ends (RFC 9110 §5.6.3, optional white space).
    func trimmingSpaces() -> String {
        let bytes = Array(utf8)
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
