import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Postgres

/// What a mini-program is told when something is wrong (RFC 9457): the catalogue's words, which the program may show as they are.
struct MiniProgramProblem: Error, Sendable {
    let fault: Fault
    /// The field at fault.
    var parameter: String?
    /// Seconds after which another try makes sense.
    var retryAfter: Int?

    init(_ fault: Fault, parameter: String? = nil, retryAfter: Int? = nil) {
        self.fault = fault
        self.parameter = parameter
        self.retryAfter = retryAfter
    }

    func response(issuer: String, requestID: String) -> Response {
        let status = fault.code.status
        let body = JSON.object([
            ("type", .string("\(issuer)/help#\(fault.code.helpAnchor)")),
            ("title", .string(Self.title(fault.code.auditCategory))), ("status", .integer(Int64(status))),
            ("detail", .string(fault.text)), ("code", .string(fault.code.rawValue)),
            ("param", parameter.map { .string($0) }), ("request_id", .string(requestID)),
            ("retry_after", retryAfter.map { .integer(Int64($0)) }),
        ])
        var response = Response.json(body, status: .init(code: status))
        response.headers[.contentType] = "application/problem+json"
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        // RFC 6750 §3: who comes without a token, or with a dead one, is told what kind is wanted.
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer realm=\"mini-program\"" }
        return response
    }

    private static func title(_ category: Fault.AuditCategory) -> String {
        switch category {
        case .signIn: "登录未完成"
        case .captcha: "验证码未通过"
        case .consent: "需要您的同意"
        case .qr: "扫码登录未完成"
        case .flow: "请求无法处理"
        case .limit: "操作过于频繁"
        case .server: "服务暂时不可用"
        case .client: "应用配置有误"
        case .miniProgram: "小程序登录未完成"
        case .sms: "短信验证未完成"
        case .account: "账号信息有误"
        }
    }

    /// The problem of whatever was thrown; nil for what nobody foresaw.
    init?(_ error: any Error) {
        switch error {
        case let problem as MiniProgramProblem: self = problem
        case let error as PostgresError where error.isTransient:
            self.init(.dependencyDown(service: "登录服务", alternative: "稍后再试"), retryAfter: 2)
        case is NIOTooManyBytesError: self.init(.requestInvalid)
        case let error as HTTPError where error.status.code < 500: self.init(.requestInvalid)
        default: return nil
        }
    }
}

/// A JSON body of a call, read field by field.
struct MiniProgramBody: Sendable {
    let json: JSON
    let bytes: [UInt8]

    /// - Throws: ``MiniProgramProblem`` for a body that is no JSON object.
    init(_ request: Request, limit: Int) async throws {
        let body = try await request.wholeBody(upTo: limit)
        bytes = Array(body.readableBytesView)
        if bytes.isEmpty {
            json = [:]
            return
        }
        let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.trimmingSpaces().lowercased() }
        guard type == "application/json", let json = try? JSON(parsing: bytes), json.object != nil else {
            throw MiniProgramProblem(.requestInvalid)
        }
        self.json = json
    }

    /// A text that must be there, of 1 to `longest` bytes.
    func text(_ name: String, longest: Int = 512) throws -> String {
        guard let text = try optional(name, longest: longest), !text.isEmpty else {
            throw MiniProgramProblem(.requestInvalid, parameter: name)
        }
        return text
    }

    /// A text that may be absent or null.
    func optional(_ name: String, longest: Int = 512) throws -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string, text.utf8.count <= longest, !text.utf8.contains(0) else {
            throw MiniProgramProblem(.requestInvalid, parameter: name)
        }
        return text
    }
}
