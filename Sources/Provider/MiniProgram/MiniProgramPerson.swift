import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// What a person sees and ends from the mini-program: themselves, their devices, whom they let read what.
extension MiniProgramAPI {
    /// `GET /mp/v1/me`
    @Sendable func me(_ call: Call) async throws -> Response {
        let (session, account) = try await person(call)
        return .json(
            .object([
                ("user", Self.user(account, isNew: false)),
                ("username_masked", account.username.map { .string(Mask.username($0)) }),
                ("email_masked", account.email.map { .string(Mask.email($0)) }),
                (
                    "document_masked",
                    account.document?["number"]?.string.map { .string(Mask.documentNumber($0)) }
                ),
                ("platform", .string(session.platform.rawValue)),
            ])
        )
    }

    /// `GET /mp/v1/devices`
    @Sendable func devices(_ call: Call) async throws -> Response {
        let (session, account) = try await person(call)
        let phones = try await sessions.devices(of: account.id).map { device in
            JSON.object([
                ("id", .string(device.id.uuidString.lowercased())), ("kind", "mini_program"),
                ("platform", .string(device.platform)), ("name", device.device.map { .string($0) }),
                ("network", device.network.map { .string($0) }), ("since", Self.time(device.createdAt)),
                ("is_current", .bool(device.id == session.id)),
            ])
        }
        let browsers = try await browserSessions.list(account.id).map { device in
            JSON.object([
                ("id", .string(device.sid)), ("kind", "browser"), ("platform", nil),
                ("name", .string(QRSessionBrowser.words(device.browser))),
                ("network", device.network.map { .string($0) }), ("since", Self.time(device.signedInAt)),
                ("is_current", false),
            ])
        }
        return .json(["devices": .array(phones + browsers)])
    }

    /// `DELETE /mp/v1/devices/{id}`
    @Sendable func removeDevice(_ call: Call) async throws -> Response {
        let (_, account) = try await person(call)
        let id = call.context.parameters.get("id") ?? ""
        let isGone =
            if let uuid = UUID(uuidString: id) {
                try await sessions.end(uuid, account: account.id, trace: call.trace)
            } else {
                try await access.endDevice(id, of: account.id, trace: call.trace)
            }
        guard isGone else { throw MiniProgramProblem(.pageNotFound) }
        return Response(status: .noContent)
    }

    /// `GET /mp/v1/authorizations`
    @Sendable func authorizations(_ call: Call) async throws -> Response {
        let (_, account) = try await person(call)
        var list: [JSON] = []
        for consent in try await consents.list(account.id) {
            guard let client = try await clients.find(consent.clientID)?.client else { continue }
            let name = client.metadata.displayName(locales: ["zh-CN", "zh-Hans", "zh"]) ?? client.id.value
            list.append(
                .object([
                    ("client_id", .string(consent.clientID)), ("name", .string(name)),
                    ("organisation", client.organisation.map { .string($0) }), ("scope", JSON(consent.scope.names)),
                    ("granted_at", Self.time(consent.grantedAt)),
                ])
            )
        }
        return .json(["authorizations": .array(list)])
    }

    /// `DELETE /mp/v1/authorizations/{client_id}`: its tokens end at once (journeys.md U8).
    @Sendable func withdraw(_ call: Call) async throws -> Response {
        let (_, account) = try await person(call)
        let client = call.context.parameters.get("client") ?? ""
        guard try await access.withdraw(client, from: account.id, trace: call.trace) else {
            throw MiniProgramProblem(.pageNotFound)
        }
        return Response(status: .noContent)
    }

    /// Pages that may be opened signed in.
    private static let targets = ["/account", "/help", "/terms", "/privacy", "/accessibility"]

    /// `POST /mp/v1/web-tickets`: an address, good once within a minute, that opens a page in a web-view already signed in.
    @Sendable func webTicket(_ call: Call) async throws -> Response {
        let (_, account) = try await person(call)
        let target = try call.body.text("target", longest: 200)
        guard Self.targets.contains(target) else {
            throw MiniProgramProblem(.webTargetRefused, parameter: "target")
        }
        let ticket = try await oneTime.issue(
            .webTicket,
            lifetime: 60,
            payload: ["account": .string(account.id.uuid.uuidString), "target": .string(target)]
        )
        return .json(["url": .string("\(issuer)/mp/open/\(ticket.value.reveal())"), "expires_in": 60])
    }
}

/// `/mp/open/{ticket}`: the web-view comes with its ticket and gets a session of its own.
struct MiniProgramWebTickets: Sendable {
    let desk: PageDesk
    let oneTime: OneTime
    let sessions: Sessions

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("mp/open/:ticket") { request, context in try await open(request, context) }
    }

    private func open(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let ticket = context.parameters.get("ticket") ?? ""
        let browser = desk.browser(request)
        guard let payload = try await oneTime.spend(.webTicket, ticket, binding: nil),
            let uuid = payload["account"]?.string.flatMap(UUID.init(uuidString:)),
            let target = payload["target"]?.string,
            // The host app spoke for the person, on another channel than this page (RFC 8176 §2).
            let started = try await sessions.begin(
                AccountID(uuid),
                methods: [.multipleChannel],
                replacing: desk.cookies.value(.session, in: request),
                browser: request.headers[.userAgent].map { String($0.prefix(200)) },
                trace: Trace(context)
            )
        else {
            let page = ErrorPage.expired().page(in: desk.context(request, context, browser: browser))
            return desk.respond(page, browser: browser)
        }
        var response = Response.seeOther(target)
        response.setCookie(desk.cookies.header(.session, started.cookie.reveal(), maxAge: nil))
        return response
    }
}
