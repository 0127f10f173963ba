import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// 需要更高认证等级 (pages.md P20): the relying party demands a level that the account lacks (I1; RFC 9470 §5).
///
/// What is demanded and what would do is `OAuth.RequestedAssurance`'s to say, here as in the dispatcher.
struct AssuranceEndpoint: Sendable {
    let desk: PageDesk
    let sessions: Sessions
    let waiting: WaitingRequests
    let pending: PendingAuthorizations
    let capabilities: ProviderCapabilities
    /// Levels a person can rise to here.
    let attainableLevels: [AssuranceLevel]
    let sandboxPatterns: Bool

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("assurance") { request, context in try await show(request, context) }
        router.post("assurance") { request, context in try await leave(request, context) }
    }

    private func show(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        guard let waiting = try await waiting.find(name, for: .authorization, browser: browser), waiting.isOpen else {
            return expired(request, context, browser)
        }
        // Whoever logged out meanwhile, or has risen, is led on by the dispatcher.
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)),
            let asked = try? asked(waiting), let wanted = wanted(asked, session)
        else { return .seeOther(waiting.resumePath) }
        var page = AssurancePage(relyingParty: waiting.label, wanted: wanted, present: session.authentication.level)
        page.hidden = [("transaction", waiting.pending.name)]
        page.formTargets = [waiting.redirectURI]
        let drawn = desk.context(request, context, browser: browser, display: waiting.display)
        return desk.respond(page.page(in: drawn), browser: browser)
    }

    /// 返回: the relying party hears why there is no login.
    private func leave(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let name = form.field(named: "transaction")
        guard let waiting = try await waiting.find(name, for: .authorization, browser: browser), waiting.isOpen
        else { return expired(request, context, browser) }
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser),
            form.field(named: "decision") == "return",
            let session = try await sessions.find(desk.cookies.value(.session, in: request)),
            let asked = try? asked(waiting),
            let refusal = asked.assurance.refusal(of: session.authentication.level, attainable: attainableLevels)
        else { return .seeOther(waiting.resumePath) }
        var record = AuditRecord(
            event: .assuranceRefused,
            account: session.account,
            client: waiting.client.id.value,
            outcome: refusal.code.rawValue
        )
        record.detail = ["level": .integer(Int64(session.authentication.level.rawValue))]
        guard try await pending.refuse(waiting.pending, record: record, trace: Trace(context)) else {
            return expired(request, context, browser)
        }
        return desk.deliver(AuthorizationResponse(to: asked.target, error: refusal), request, context)
    }

    private func asked(_ waiting: WaitingRequest) throws -> AuthorizationRequest {
        try AuthorizationRequest(
            waiting.pending.parameters,
            target: AuthorizationTarget(
                waiting.pending.parameters,
                client: waiting.client,
                capabilities: capabilities,
                sandboxPatterns: sandboxPatterns
            ),
            capabilities: capabilities,
            arrival: .stored,
            receivedAt: waiting.pending.createdAt
        )
    }

    private func wanted(_ asked: AuthorizationRequest, _ session: Session) -> AssuranceLevel? {
        switch asked.assurance.verdict(for: session.authentication.level, attainable: attainableLevels) {
        case .satisfied: nil
        case .raise(let level): level
        case .unattainable(let level): level
        }
    }

    private func expired(_ request: Request, _ context: ProviderContext, _ browser: BrowserIdentity) -> Response {
        let page = ErrorPage.expired().page(in: desk.context(request, context, browser: browser))
        return desk.respond(page, browser: browser)
    }
}
