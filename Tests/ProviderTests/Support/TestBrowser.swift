import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import OAuth
import Synchronization

@testable import Provider

/// One answer, read whole.
struct TestAnswer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: String

    init(_ response: TestResponse) {
        status = response.status
        headers = response.headers
        body = String(buffer: response.body)
    }

    var location: String? { headers[.location] }
    /// The body as JSON; `null` when it is none.
    var json: JSON { (try? JSON(parsing: Array(body.utf8))) ?? .null }
    /// A field of the page that posts an answer to the relying party.
    func posted(_ name: String) -> String? { body.contains("id=\"form-post\"") ? hidden(name) : nil }
    /// The code of an OAuth error.
    var error: String? { json["error"]?.string }

    /// The value of a form's hidden field on the page.
    func hidden(_ name: String) -> String? {
        guard let start = body.firstRange(of: "name=\"\(name)\"")?.upperBound,
            let value = body[start...].firstRange(of: "value=\"")?.upperBound,
            let end = body[value...].firstIndex(of: "\"")
        else { return nil }
        return String(body[value..<end])
    }

    /// A parameter of the redirect's query or fragment; nil when it is not there once.
    func redirected(_ name: String) -> String? {
        guard let location, let mark = location.firstIndex(where: { $0 == "?" || $0 == "#" }) else { return nil }
        return try? Parameters(query: String(location[location.index(after: mark)...])).value(name)
    }
}

/// A browser: keeps cookies, follows redirects within the server, fills in forms.
final class TestBrowser: Sendable {
    private let client: any TestClientProtocol
    private let cookies = Mutex<[String: String]>([:])

    init(client: any TestClientProtocol) { self.client = client }

    /// A cookie's value; ours by their short names.
    func cookie(_ name: String) -> String? { cookies.withLock { $0[Self.wireName(name)] } }

    func setCookie(_ name: String, _ value: String?) { cookies.withLock { $0[Self.wireName(name)] = value } }

    private static func wireName(_ name: String) -> String {
        CookieJar.Name(rawValue: name).map(CookieJar(isSecure: false).wireName) ?? name
    }

    /// Gets a path, and follows redirects as long as they stay here.
    func get(_ path: String, following: Bool = true) async throws -> TestAnswer {
        try await follow(send(.get, path, body: nil), following)
    }

    func post(_ path: String, _ fields: [(String, String)], following: Bool = true) async throws -> TestAnswer {
        try await follow(send(.post, path, body: TestForm.encode(fields)), following)
    }

    private func follow(_ answer: TestAnswer, _ following: Bool) async throws -> TestAnswer {
        var answer = answer
        var hops = 0
        while following, let location = answer.location, location.hasPrefix("/"), hops < 10 {
            answer = try await send(.get, location, body: nil)
            hops += 1
        }
        return answer
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, body: String?) async throws -> TestAnswer {
        var headers = HTTPFields()
        headers[.accept] = "text/html"
        let jar = cookies.withLock { $0 }
        if !jar.isEmpty { headers[.cookie] = jar.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        if body != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        let answer = try await client.execute(
            uri: path,
            method: method,
            headers: headers,
            body: body.map { .init(string: $0) }
        ) { TestAnswer($0) }
        for header in answer.headers[values: .setCookie] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let isGone = header.contains("Max-Age=0")
            setCookie(String(pair[0]), isGone ? nil : String(pair[1]))
        }
        return answer
    }
}

/// Forms as browsers send them.
enum TestForm {
    static func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&")
    }

    private static func escape(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                out += "%" + (hex.utf8.count == 1 ? "0" + hex : hex)
            }
        }
        return out
    }
}
