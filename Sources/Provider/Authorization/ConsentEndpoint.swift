import FoundationEssentials
import Hummingbird
import OAuth

/// 授权确认 (pages.md P19): what a relying party asks for, and the citizen's answer.
struct ConsentEndpoint: Sendable {
    let desk: PageDesk
    let sessions: Sessions
    let accounts: Accounts
    let waiting: WaitingRequests
    let pending: PendingAuthorizations
    let consents: Consents
    let capabilities: ProviderCapabilities
    let sandboxPatterns: Bool

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("consent") { request, context in try await show(request, context) }
        router.post("consent") { request, context in try await answer(request, context) }
    }

    private func show(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        guard let waiting = try await waiting.find(name, for: .authorization, browser: browser), waiting.isOpen else {
            return expired(request, context, browser)
        }
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)),
            let account = try await accounts.find(session.account)
        else { return .seeOther(waiting.resumePath) }
        do {
            return try draw(waiting, account, request, context, browser)
        } catch {
            // The client's registration changed meanwhile: the dispatcher judges the request anew and answers it.
            return .seeOther(waiting.resumePath)
        }
    }

    private func draw(
        _ waiting: WaitingRequest,
        _ account: Account,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) throws -> Response {
        let asked = try AuthorizationRequest(
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
        var page = ConsentPage(relyingParty: waiting.label, items: ClaimWords.items(for: asked))
        page.hidden = [("transaction", waiting.pending.name)]
        page.termsURL = waiting.client.metadata.termsAddress()
        page.policyURL = waiting.client.metadata.policyAddress()
        page.maskedAccount = account.username.map(Mask.username) ?? account.phone.map(Mask.phone)
        page.formTargets = [waiting.redirectURI]
        let drawn = desk.context(request, context, browser: browser, display: waiting.display)
        return desk.respond(page.page(in: drawn), browser: browser)
    }

    private func answer(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let name = form.field(named: "transaction")
        guard let waiting = try await waiting.find(name, for: .authorization, browser: browser), waiting.isOpen
        else { return expired(request, context, browser) }
        // Without a session, or with a form that is not ours, the dispatcher asks again instead of stopping here.
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser),
            let session = try await sessions.find(desk.cookies.value(.session, in: request))
        else { return .seeOther(waiting.resumePath) }
        switch form.field(named: "decision") {
        case "allow":
            _ = try await self.waiting.consent(waiting, by: session.account)
            return .seeOther(waiting.resumePath)
        case "deny":
            return try await refuse(waiting, session, request, context, browser)
        default:
            return .seeOther("/consent?transaction=\(waiting.pending.name)")
        }
    }

    /// 拒绝: the relying party hears `access_denied` (RFC 6749 §4.1.2.1).
    private func refuse(
        _ waiting: WaitingRequest,
        _ session: Session,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) async throws -> Response {
        let proved = try? AuthorizationTarget(
            waiting.pending.parameters,
            client: waiting.client,
            capabilities: capabilities,
            sandboxPatterns: sandboxPatterns
        )
        // The client's addresses changed meanwhile: nothing is closed, and the dispatcher says what became of the request.
        guard let target = proved else { return .seeOther(waiting.resumePath) }
        let record = AuditRecord(event: .consentRefused, account: session.account, client: waiting.client.id.value)
        guard try await pending.refuse(waiting.pending, record: record, trace: Trace(context)) else {
            return expired(request, context, browser)
        }
        let denied = OAuthError(.accessDenied, "the person refused")
        return desk.deliver(AuthorizationResponse(to: target, error: denied), request, context)
    }

    private func expired(_ request: Request, _ context: ProviderContext, _ browser: BrowserIdentity) -> Response {
        let page = ErrorPage.expired().page(in: desk.context(request, context, browser: browser))
        return desk.respond(page, browser: browser)
    }
}

/// What claims are called on the consent page.
enum ClaimWords {
    /// One line for each kind of data the request asks for.
    static func items(for request: AuthorizationRequest) -> [ConsentPage.Item] {
        var items = items(for: request.scope, of: request.client)
        let covered = UserInfo.claims(of: request.scope)
        let allowed = UserInfo.allowedClaims(of: request.client)
        for claim in request.claims.names where allowed.contains(claim) && !covered.contains(claim) {
            items.append(
                .init(ClaimTitles.ofClaim(claim) ?? claim, isSensitive: UserInfo.realNameClaims.contains(claim))
            )
        }
        return items
    }

    /// One line for each kind of data that a scope stands for.
    static func items(for scope: Scope, of client: Client) -> [ConsentPage.Item] {
        var items: [ConsentPage.Item] = []
        for scope in scope.names {
            let title = ClaimTitles.ofScope(scope)
            switch scope {
            case Scope.openID: items.append(.init(title, reason: "用于识别您是同一位用户"))
            case "profile": items.append(.init(title, reason: "姓名或昵称、用户名、性别、出生日期等您填写的资料"))
            case "phone", "address": items.append(.init(title, isSensitive: true))
            case Scope.realName: items.append(contentsOf: realName(client))
            case Scope.offlineAccess: items.append(.init(title, reason: "您可以随时在个人中心取消授权"))
            default: items.append(.init(title))
            }
        }
        return items
    }

    private static func realName(_ client: Client) -> [ConsentPage.Item] {
        client.realnameClaims.compactMap { claim in ClaimTitles.ofClaim(claim).map { .init($0, isSensitive: true) } }
    }
}
