import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Calls to services that the operator named, such as a host app's: kept connections, no redirect, a bound of time and size.
struct PlatformCalls: Sendable {
    struct Fault: Error, Sendable {
        let reason: String
    }

    /// The longest a call may take altogether.
    var deadline = TimeAmount.seconds(5)
    /// The largest answer, in bytes.
    var limit = 65_536

    /// Lives as long as the process: its connections are the operator's, not a request's.
    private static let client: HTTPClient = {
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        settings.timeout = .init(connect: .seconds(3), read: .seconds(5))
        settings.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }()

    func get(_ url: String) async throws(Fault) -> [UInt8] { try await send(.GET, url, nil, nil) }

    func post(_ url: String, _ body: [UInt8], type: String) async throws(Fault) -> [UInt8] {
        try await send(.POST, url, body, type)
    }

    private func send(_ method: HTTPMethod, _ url: String, _ body: [UInt8]?, _ contentType: String?) async throws(Fault)
        -> [UInt8]
    {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "citygate")
        if let contentType { request.headers.add(name: "content-type", value: contentType) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await Self.client.execute(request, timeout: deadline)
            let bytes = try await response.body.collect(upTo: limit)
            guard (200..<500).contains(response.status.code) else {
                throw Fault(reason: "status \(response.status.code)")
            }
            return Array(bytes.readableBytesView)
        } catch let fault as Fault {
            throw fault
        } catch {
            // The kind is enough for the log; addresses and bodies may hold secrets.
            throw Fault(reason: "\(type(of: error))")
        }
    }

    /// A query or form in `application/x-www-form-urlencoded`, in the order given.
    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
