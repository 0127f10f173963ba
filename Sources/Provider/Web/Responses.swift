import Cryptography
import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    /// RFC 9700 and operations.md name these; they are not in HTTPTypes.
    static let referrerPolicy = HTTPField.Name(literal: "Referrer-Policy")
    static let frameOptions = HTTPField.Name(literal: "X-Frame-Options")
    static let requestID = HTTPField.Name(literal: "X-Request-Id")
    static let sandbox = HTTPField.Name(literal: "X-Sandbox")
    static let forwardedFor = HTTPField.Name(literal: "X-Forwarded-For")
    static let permissionsPolicy = HTTPField.Name(literal: "Permissions-Policy")

    /// A name that stands in the source. One that is no token of RFC 9110 §5.6.2 is an error of the program, found at the first
    /// request that any test makes.
    init(literal: StaticString) {
        guard let name = HTTPField.Name(literal.description) else {
            preconditionFailure("\(literal) is no name of a header")
        }
        self = name
    }
}

extension Response {
    /// A page, with the policy it needs. Pages are personal: nobody stores them (trust.md T28).
    init(page: Page) {
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.contentSecurityPolicy] = page.contentSecurityPolicy
        if let seconds = page.retryAfter { headers[.retryAfter] = String(seconds) }
        self.init(
            status: .init(code: page.status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.document.bytes))
        )
    }

    /// A redirect the browser follows with GET. 303 whatever the method was: a 307 would repeat a password (RFC 9700 §4.12).
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }

    /// A JSON answer that nobody stores.
    static func json(_ body: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: jsonHeaders,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private static let jsonHeaders: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]

    static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
        json(value.bytes, status: status)
    }
}

/// The headers every answer carries (trust.md T28, T29).
struct SecurityHeadersMiddleware: RouterMiddleware {
    typealias Context = ProviderContext
    /// True when the issuer is https: only then may browsers be told never to use plain http again.
    let isSecure: Bool
    let isSandbox: Bool

    func handle(
        _ request: Request,
        context: ProviderContext,
        next: (Request, ProviderContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.requestID] = context.requestID
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if response.headers[.contentType]?.hasPrefix("text/html") == true {
            response.headers[.frameOptions] = "DENY"
            response.headers[.permissionsPolicy] = "camera=(), microphone=(), geolocation=()"
        }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if isSandbox { response.headers[.sandbox] = "1" }
        return response
    }
}
