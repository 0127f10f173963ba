import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuth

/// `/mp/v1`: JSON over HTTPS, bearer tokens, no cookies, problems by RFC 9457, `Idempotency-Key` on every POST.
struct MiniProgramAPI: Sendable {
    let sessions: MiniProgramSessions
    let answers: RepeatedAnswers
    let platforms: [any MiniProgramPlatform]
    let conversations: QRSessions
    let accounts: Accounts
    let browserSessions: Sessions
    let consents: Consents
    let access: AccountAccess
    let clients: ClientRegistry
    let oneTime: OneTime
    let clock: ServerClock
    let issuer: String
    /// What the login page calls itself.
    let productName: String
    /// The version of the user agreement that is in force.
    let agreementVersion: String
    let supportPhone: String
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        let group = router.group("mp/v1")
        group.post("sessions") { try await call($0, $1, logIn) }
        group.post("sessions/phone") { try await call($0, $1, bringPhone) }
        group.post("sessions/refresh") { try await call($0, $1, refresh) }
        group.delete("sessions/current") { try await call($0, $1, logOut) }
        group.get("me") { try await call($0, $1, me) }
        group.post("qr/scan") { try await call($0, $1, scan) }
        group.post("qr/:ticket/confirm") { try await call($0, $1, confirm) }
        group.post("qr/:ticket/cancel") { try await call($0, $1, cancel) }
        group.get("devices") { try await call($0, $1, devices) }
        group.delete("devices/:id") { try await call($0, $1, removeDevice) }
        group.get("authorizations") { try await call($0, $1, authorizations) }
        group.delete("authorizations/:client") { try await call($0, $1, withdraw) }
        group.post("web-tickets") { try await call($0, $1, webTicket) }
        group.get("openapi.json") { _, _ in Response.json(MiniProgramDescription.json(issuer: issuer)) }
    }

    /// One call: its body read, what goes wrong turned into a problem, a repeated POST answered once.
    struct Call: Sendable {
        let request: Request
        let context: ProviderContext
        let body: MiniProgramBody
        var trace: Trace { Trace(context) }
    }

    typealias Handler = @Sendable (Call) async throws -> Response

    private func call(_ request: Request, _ context: ProviderContext, _ handler: Handler) async throws -> Response {
        do {
            let call = Call(
                request: request,
                context: context,
                body: try await MiniProgramBody(request, limit: bodyLimit)
            )
            guard request.method == .post, let key = request.headers[.idempotencyKey] else {
                return try await handler(call)
            }
            guard (1...64).contains(key.utf8.count) else {
                throw MiniProgramProblem(.requestInvalid, parameter: "Idempotency-Key")
            }
            return try await once(key, call, handler)
        } catch {
            if let problem = MiniProgramProblem(error) {
                context.logger.info("request refused", metadata: ["code": "\(problem.fault.code.rawValue)"])
                return problem.response(issuer: issuer, requestID: context.requestID)
            }
            context.logger.error("request failed", metadata: ["error": "\(error)", "error_type": "\(type(of: error))"])
            return MiniProgramProblem(.serverError(reference: context.requestID))
                .response(issuer: issuer, requestID: context.requestID)
        }
    }

    private func once(_ key: String, _ call: Call, _ handler: Handler) async throws -> Response {
        // The same key of another caller, or for another call, is another key.
        let caller = "\(call.request.headers[.authorization] ?? "")|\(call.request.uri.path)"
        let digested = Array(caller.utf8) + [0] + call.body.bytes
        switch try await answers.claim(key, caller: caller, request: digested) {
        case .repeated(let status, let body): return Self.response(status: status, body)
        case .mismatch: throw MiniProgramProblem(.idempotencyMismatch, parameter: "Idempotency-Key")
        case .underWay: throw MiniProgramProblem(.requestUnderWay, parameter: "Idempotency-Key", retryAfter: 1)
        case .first(let place):
            do {
                let response = try await handler(call)
                return try await keep(response, place)
            } catch let problem as MiniProgramProblem where problem.fault.code.status < 500 {
                // A refusal is an answer too: a wrong number that is sent again is not counted again.
                return try await keep(problem.response(issuer: issuer, requestID: call.context.requestID), place)
            } catch {
                try? await answers.release(place)
                throw error
            }
        }
    }

    private func keep(_ response: Response, _ place: RepeatedAnswers.Place) async throws -> Response {
        let body = try await Self.bytes(of: response, limit: 1 << 20)
        try await answers.store(place, status: Int(response.status.code), body: body)
        return Self.response(status: Int(response.status.code), body)
    }

    private static func response(status: Int, _ body: [UInt8]) -> Response {
        var response = Response.json(body, status: .init(code: status))
        if status >= 400 { response.headers[.contentType] = "application/problem+json" }
        return response
    }

    private static func bytes(of response: Response, limit: Int) async throws -> [UInt8] {
        let collector = BodyCollector(limit: limit)
        try await response.body.write(collector)
        return collector.bytes
    }

    // MARK: Who calls

    /// The live session of the call's bearer token.
    func session(_ call: Call) async throws -> MiniProgramSession {
        let header = call.request.headers[.authorization] ?? ""
        guard header.utf8.count < 200, header.lowercased().hasPrefix("bearer "),
            let session = try await sessions.find(header.dropFirst(7).trimmingSpaces())
        else { throw MiniProgramProblem(.miniProgramTokenInvalid) }
        return session
    }

    /// The same, of somebody who has an account.
    func person(_ call: Call) async throws -> (session: MiniProgramSession, account: Account) {
        let session = try await session(call)
        guard let id = session.account else { throw MiniProgramProblem(.miniProgramPhoneNeeded) }
        guard let account = try await accounts.find(id) else { throw MiniProgramProblem(.miniProgramTokenInvalid) }
        return (session, account)
    }

    /// RFC 3339 in Beijing's time.
    static func time(_ date: Date) -> JSON {
        let local = date.addingTimeInterval(8 * 3600)
        return .string(Date.ISO8601FormatStyle().format(local).replacing("Z", with: "+08:00"))
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name(literal: "Idempotency-Key")
}

/// Takes the body of an answer of ours, to keep a copy.
private final class BodyCollector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func write(_ buffer: ByteBuffer) async throws {
        bytes.append(contentsOf: buffer.readableBytesView)
        if bytes.count > limit { throw NIOTooManyBytesError(maxBytes: limit) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
