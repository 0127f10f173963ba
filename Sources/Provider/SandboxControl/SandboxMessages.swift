import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// The sandbox's inbox and the failures of its twins (operations.md 1.1, 1.5): `/sandbox/sms`, its page, `/sandbox/faults`.
struct SandboxMessages: Sendable {
    let stage: SandboxStage
    let desk: PageDesk
    let bodyLimit: Int
    /// The played host apps, which fail by themselves; nil where there are none.
    let miniProgram: SandboxMiniProgram?

    func addRoutes(to router: Router<ProviderContext>) {
        let group = router.group("sandbox")
        group.get("sms") { request, _ in try await list(request) }
        group.get("sms/inbox") { request, context in try await inbox(request, context) }
        group.post("faults") { request, _ in try await order(request) }
    }

    /// `?phone=13800000000`; without it those of all phones.
    private func list(_ request: Request) async throws -> Response {
        let phone = try Parameters.ofQuery(request).field(named: "phone")
        let recipient = phone.isEmpty ? nil : MainlandMobile.canonical(phone) ?? phone
        let messages = try await stage.messages("sms", to: recipient).map { message -> JSON in
            [
                "to": .string(message.to), "text": .string(message.text),
                "code": message.code.map { .string($0) } ?? .null,
                "purpose": message.purpose.map { .string($0) } ?? .null,
                "at": .string(SandboxControl.beijingTime(message.at)),
            ]
        }
        return .json(["messages": .array(messages)])
    }

    /// 短信收件箱.
    private func inbox(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let phone = try Parameters.ofQuery(request).field(named: "phone")
        let recipient = phone.isEmpty ? nil : MainlandMobile.canonical(phone) ?? phone
        let page = SandboxInboxPage(phone: phone, messages: try await stage.messages("sms", to: recipient))
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    /// `{"dependency":"sms","mode":"down","count":1}`.
    private func order(_ request: Request) async throws -> Response {
        let body = try await request.wholeBody(upTo: bodyLimit)
        guard let json = try? JSON(parsing: Array(body.readableBytesView)) else { throw HTTPError(.badRequest) }
        let mode = json["mode"]?.string ?? ""
        guard mode == "none" || SandboxUpstream.Fault(rawValue: mode) != nil else { throw HTTPError(.badRequest) }
        if let name = json["dependency"]?.string, MiniProgramPlatformName(rawValue: name) != nil, let miniProgram {
            try await miniProgram.order(json)
            return Response(status: .noContent)
        }
        guard let dependency = json["dependency"]?.string.flatMap(SandboxUpstream.Dependency.init(rawValue:)) else {
            throw HTTPError(.badRequest)
        }
        var count: Int?
        if let given = json["count"], !given.isNull {
            guard let number = given.int, (0...1_000_000).contains(number) else { throw HTTPError(.badRequest) }
            count = Int(number)
        }
        try await stage.order(SandboxUpstream.Fault(rawValue: mode), of: dependency, count: count)
        return Response(status: .noContent)
    }
}
