import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// The ways out: the button on our own page, and RP-initiated logout (OIDC RP-Initiated Logout 1.0 §2).
struct SignOut: Sendable {
    let desk: PageDesk
    let sessions: Sessions
    let accounts: Accounts
    let clients: ClientRegistry
    let subjects: SubjectIdentifiers
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let sandboxPatterns: Bool

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("oauth2/logout") { request, context in
            try await begin(try Parameters.ofQuery(request), request, context)
        }
        router.post("oauth2/logout") { request, context in try await beginPosted(request, context) }
        router.get("logout") { request, context in try await ask(request, context) }
        router.post("logout") { request, context in try await leave(request, context) }
        router.get("logged-out") { request, context in
            let browser = desk.browser(request)
            return desk.respond(
                SignedOutPage().page(in: desk.context(request, context, browser: browser)),
                browser: browser
            )
        }
    }

    /// A request to log out. With a hint for the very session that is open it is done; else the person is asked.
    private func begin(_ parameters: Parameters, _ request: Request, _ context: ProviderContext) async throws
        -> Response
    {
        let session = try await sessions.find(desk.cookies.value(.session, in: request))
        do {
            let asked = try LogoutRequest(parameters)
            let (decision, client) = try await decide(asked, session)
            guard decision.needsConfirmation else {
                if let session { try await sessions.end(session, trace: Trace(context)) }
                if let way = decision.location, !decision.isProved { return offer(way, client, request, context) }
                return goodbye(to: decision.location, request)
            }
            return try await confirm(parameters, client, session, decision, request, context)
        } catch let error as OAuthError {
            let browser = desk.browser(request)
            let detail = ErrorPage.DeveloperDetail(error: error.code.rawValue, description: error.explanation)
            var page = ErrorPage.misconfigured(.logoutRequestInvalid, detail: detail)
            // The person wanted to leave: what is wrong is the application's business, not theirs.
            if session != nil { page.wayOn = Brand.Link("退出登录", "/logout") }
            return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
        }
    }

    /// The same by form. From another site's page it comes without our cookies, and then nobody seems to be logged in;
    /// a redirect to the same request by GET brings them along, and the person is asked as they must be.
    private func beginPosted(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters = try await desk.form(request)
        guard desk.cookies.value(.session, in: request) == nil, parameters.encoded.utf8.count <= 8192 else {
            return try await begin(parameters, request, context)
        }
        return .seeOther("/oauth2/logout?\(parameters.encoded)")
    }

    private func decide(_ asked: LogoutRequest, _ session: Session?) async throws -> (LogoutDecision, Client?) {
        let hint = try asked.idTokenHint.map { text throws(OAuthError) in
            try IDTokenHint(text, issuer: capabilities.issuer) { keyRing.hasSigned($0) }
        }
        var client: Client?
        if let id = try asked.client(hint: hint) { client = try await clients.find(id.value)?.client }
        let open = session.map { session in
            LogoutDecision.OpenSession(
                subject: client.map { subjects.subject(session.subject, for: $0) } ?? Subject(session.subject),
                sessionID: SessionID(session.sid)
            )
        }
        let decision = try LogoutDecision(
            asked,
            hint: hint,
            client: client,
            session: open,
            sandboxPatterns: sandboxPatterns
        )
        return (decision, client)
    }

    private func confirm(
        _ parameters: Parameters,
        _ client: Client?,
        _ session: Session?,
        _ decision: LogoutDecision?,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let browser = desk.browser(request)
        var page = SignOutConfirmPage(relyingParty: client?.metadata.displayName())
        page.hidden = [("request", parameters.encoded)]
        if let session, let account = try await accounts.find(session.account) {
            page.maskedAccount = account.username.map(Mask.username) ?? account.phone.map(Mask.phone)
        }
        page.formTargets = decision?.location.map { [$0] } ?? []
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    /// The question alone, for a person who comes by themselves.
    private func ask(_ request: Request, _ context: ProviderContext) async throws -> Response {
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)) else {
            return .seeOther("/logged-out")
        }
        return try await confirm(Parameters(), nil, session, nil, request, context)
    }

    /// 退出登录, from our own page or as the answer to the question above.
    private func leave(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            return .seeOther("/logout")
        }
        let session = try await sessions.find(desk.cookies.value(.session, in: request))
        var location: String?
        if case .once(let text) = form.occurrence(of: "request") {
            // What was asked is judged again from the start; the page only carried it.
            let asked = try? LogoutRequest(Parameters(query: text))
            if let asked { location = try? await decide(asked, session).0.location }
        }
        if let session { try await sessions.end(session, trace: Trace(context)) }
        return goodbye(to: location, request)
    }

    /// Nobody is logged in, and nothing proves whose request it was: the person goes back to the application by a link, if they want to.
    private func offer(_ way: String, _ client: Client?, _ request: Request, _ context: ProviderContext) -> Response {
        let browser = desk.browser(request)
        let name = client?.metadata.displayName(locales: ["zh-CN", "zh"])
        let page = SignedOutPage(relyingParty: name, returnURL: way)
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    /// Takes away the cookie that was brought, and no other: who brought none may be a request of another site's page,
    /// and the browser would lose a session that goes on here.
    private func goodbye(to location: String?, _ request: Request) -> Response {
        var response = Response.seeOther(location ?? "/logged-out")
        if desk.cookies.value(.session, in: request) != nil {
            response.setCookie(desk.cookies.header(.session, "", maxAge: 0))
        }
        return response
    }
}
