// Authorization
// Owns: the authorization endpoint and its dispatcher, tables `authorization_grant` and `consent`, codes.
// Hands off: the waiting request to Flows, each step to its own room by redirect, what the answer is to OAuth.
// Never: a redirect built from anything but an `AuthorizationTarget`; a step that decides what comes next.

import Cryptography
import FoundationEssentials
import Hummingbird
import Logging
import OAuth

/// `GET` and `POST /oauth2/authorize` (OIDC Core §3.1.2, RFC 6749 §3.1) and the way back from the steps.
///
/// The dispatcher: whatever step was taken, the browser comes back here, the request is judged again from the start with
/// what is true now, and the next step follows from that alone (`OAuth.Interaction`).
struct AuthorizationEndpoint: Sendable {
    let desk: PageDesk
    let clients: ClientRegistry
    let sessions: Sessions
    let pending: PendingAuthorizations
    let consents: Consents
    let codes: AuthorizationCodes
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let clock: ServerClock
    /// Sandbox only: `:*` as the port of a registered loopback address.
    let sandboxPatterns: Bool

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("oauth2/authorize") { request, context in try await receive(request, context) }
        router.post("oauth2/authorize") { request, context in try await receivePosted(request, context) }
        router.get("oauth2/authorize/resume") { request, context in try await resume(request, context) }
    }

    /// A new request.
    private func receive(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters: Parameters
        do {
            parameters = try Parameters(query: request.uri.query ?? "")
        } catch {
            return page(.malformedRequest, clientID: nil, client: nil, request, context)
        }
        return try await judge(parameters, pending: nil, request, context)
    }

    /// The same by form (OIDC Core §3.1.2.1). It may come from the relying party's own page, and then without our
    /// cookies; a redirect to the same request by GET brings them along.
    private func receivePosted(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters: Parameters
        do {
            parameters = try await ProtocolForm.parameters(request, limit: desk.bodyLimit)
        } catch is OAuthError {
            return page(.malformedRequest, clientID: nil, client: nil, request, context)
        }
        guard parameters.encoded.utf8.count <= 8192 else {
            return page(.malformedRequest, clientID: nil, client: nil, request, context)
        }
        // Who cannot be answered is told here and now.
        if case .failure(let refused) = try await target(parameters, request, context) { return refused.page }
        return .seeOther("/oauth2/authorize?\(parameters.encoded)")
    }

    /// Back from a step.
    private func resume(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        let waiting = try await pending.find(name, browser: browser)
        guard let waiting, waiting.isOpen else {
            let client: Client? = if let waiting { try await clients.find(waiting.clientID)?.client } else { nil }
            return expired(client, request, context)
        }
        return try await judge(waiting.parameters, pending: waiting, request, context)
    }

    /// Stage one, stage two, and what the request needs next.
    private func judge(
        _ parameters: Parameters,
        pending: PendingAuthorization?,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let target: AuthorizationTarget
        switch try await self.target(parameters, request, context) {
        case .success(let proved): target = proved
        case .failure(let refused): return refused.page
        }
        do {
            let asked = try AuthorizationRequest(
                parameters,
                target: target,
                capabilities: capabilities,
                receivedAt: pending?.createdAt ?? clock.now
            )
            return try await dispatch(asked, parameters, pending: pending, request, context)
        } catch let error as OAuthError {
            return desk.deliver(AuthorizationResponse(to: target, error: error), request, context)
        }
    }

    /// A request that nobody proved to be answered to, and the page that says so.
    private struct Refused: Error { let page: Response }

    /// Stage one: who may hear the answer.
    private func target(_ parameters: Parameters, _ request: Request, _ context: ProviderContext) async throws
        -> Result<AuthorizationTarget, Refused>
    {
        var client: Client?
        do {
            let id = try AuthorizationTarget.clientID(in: parameters)
            client = try await clients.find(id.value)?.client
            return .success(
                try AuthorizationTarget(
                    parameters,
                    client: client,
                    capabilities: capabilities,
                    sandboxPatterns: sandboxPatterns
                )
            )
        } catch let fault as AuthorizationPageFault {
            let id = parameters.field(named: "client_id")
            return .failure(Refused(page: page(fault, clientID: id, client: client, request, context)))
        }
    }

    /// One step further.
    private func dispatch(
        _ asked: AuthorizationRequest,
        _ parameters: Parameters,
        pending: PendingAuthorization?,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let session = try await sessions.find(desk.cookies.value(.session, in: request))
        let situation = try await situation(asked, session, pending)
        switch Interaction.next(for: asked, in: situation, now: clock.now) {
        case .signIn, .selectAccount:
            return try await step("/login", asked, parameters, pending, request)
        case .askConsent:
            return try await step("/consent", asked, parameters, pending, request)
        case .raiseAssurance, .register:
            // Neither is announced: no level is attainable here, and `create` is no supported prompt.
            throw OAuthError(.unmetAuthenticationRequirements, "the account has not reached the level asked for")
        case .refuse(let error):
            throw error
        case .issue(let authentication):
            guard let session else { throw OAuthError(.loginRequired, "nobody is logged in") }
            let decision = AuthorizationCodes.Decision(
                request: asked,
                claimsText: try parameters.value("claims"),
                session: session,
                authentication: authentication,
                consentIsNew: situation.consent.isAnsweredForThisRequest
            )
            return try await issue(decision, closing: pending, request, context)
        }
    }

    /// What is true now about the person in this browser.
    private func situation(
        _ asked: AuthorizationRequest,
        _ session: Session?,
        _ pending: PendingAuthorization?
    ) async throws -> Interaction.Situation {
        var consent = GrantedConsent()
        if let session {
            let remembered = try await consents.find(session.account, clientID: asked.client.id.value)
            consent = GrantedConsent(
                scopes: remembered.scope,
                claims: remembered.claims,
                isAnsweredForThisRequest: pending?.consentedBy == session.account
            )
            if consent.isAnsweredForThisRequest {
                let agreed = GrantedConsent(agreeingTo: asked)
                consent.scopes = consent.scopes.union(agreed.scopes)
                consent.claims.formUnion(agreed.claims)
            }
        }
        return Interaction.Situation(
            session: session.map {
                SignedInSession(subject: Subject($0.subject), authentication: $0.authentication)
            },
            consent: consent,
            hintedSubject: try asked.verifiedHint(isOurs: isOurs)?.subject,
            // Nobody rises on this server yet: whoever has a level has it, who lacks it hears so.
            attainableLevels: []
        )
    }

    /// Whether one of this server's keys, retiring ones included, made the signature.
    private func isOurs(_ jws: ParsedJWS) -> Bool {
        jws.kid.flatMap { keyRing.verificationKey(kid: $0) }.map { jws.isSigned(by: $0) } ?? false
    }

    /// Everything is there: a code, and back to the relying party.
    private func issue(
        _ decision: AuthorizationCodes.Decision,
        closing pending: PendingAuthorization?,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        guard clock.isTrustworthy else { throw OAuthError(.temporarilyUnavailable, "the clock is being set") }
        let trace = Trace(context)
        guard let code = try await codes.issue(decision, closing: pending, trace: trace) else {
            // Answered before in this browser, or the account was closed in this very moment.
            return expired(decision.request.client, request, context)
        }
        return desk.deliver(AuthorizationResponse(to: decision.request.target, code: code.reveal()), request, context)
    }

    /// Stores the request, if it is not stored yet, and sends the browser to the step.
    private func step(
        _ path: String,
        _ asked: AuthorizationRequest,
        _ parameters: Parameters,
        _ pending: PendingAuthorization?,
        _ request: Request
    ) async throws -> Response {
        let browser = desk.browser(request)
        let name: String
        if let pending {
            name = pending.name
        } else {
            name = try await self.pending.store(parameters, clientID: asked.client.id.value, browser: browser)
        }
        var response = Response.seeOther("\(path)?transaction=\(name)")
        desk.setBrowserCookie(on: &response, browser)
        return response
    }

    // MARK: Answers

    /// Our own page for a request that proved nobody to answer to (RFC 6749 §4.1.2.1).
    private func page(
        _ fault: AuthorizationPageFault,
        clientID: String?,
        client: Client?,
        _ request: Request,
        _ context: ProviderContext
    ) -> Response {
        let name = client?.metadata.displayName(locales: ["zh-CN", "zh"]) ?? clientID ?? ""
        let shown: Fault =
            switch fault {
            case .unknownClient: .clientUnknown
            case .disabledClient: .clientDisabled(relyingParty: name)
            case .unregisteredRedirectURI: .redirectURIMismatch(relyingParty: name)
            case .malformedRequest, .missingClientID, .repeatedClientID, .missingRedirectURI, .repeatedRedirectURI:
                .authorizationRequestInvalid
            }
        let detail = ErrorPage.DeveloperDetail(
            error: "invalid_request",
            description: fault.rawValue,
            clientID: clientID
        )
        context.logger.info("authorization request refused", metadata: ["reason": "\(fault.rawValue)"])
        let browser = desk.browser(request)
        var page = ErrorPage.misconfigured(shown, detail: detail).page(
            in: desk.context(request, context, browser: browser)
        )
        page.status = fault.status
        return desk.respond(page, browser: browser)
    }

    private func expired(_ client: Client?, _ request: Request, _ context: ProviderContext) -> Response {
        let name = client?.metadata.displayName(locales: ["zh-CN", "zh"]) ?? "应用"
        let back = client?.clientURI.map { Brand.Link("返回\(name)", $0) } ?? Brand.Link("重新登录", "/login")
        let browser = desk.browser(request)
        let page = ErrorPage.expired(backTo: back).page(in: desk.context(request, context, browser: browser))
        return desk.respond(page, browser: browser)
    }
}

extension PageDesk {
    /// The answer of an authorization request: a redirect or the self-posting form, as its response mode has it.
    func deliver(_ answer: AuthorizationResponse, _ request: Request, _ context: ProviderContext) -> Response {
        switch answer.delivery {
        case .redirect(let location):
            return .seeOther(location)
        case .formPost(let action, let fields):
            let browser = browser(request)
            let page = FormPostPage(
                action: action,
                values: fields.map { ($0.name, $0.value) },
                relyingParty: answer.target.client.metadata.displayName(locales: ["zh-CN", "zh"])
            )
            return respond(page.page(in: self.context(request, context, browser: browser)), browser: browser)
        }
    }
}
