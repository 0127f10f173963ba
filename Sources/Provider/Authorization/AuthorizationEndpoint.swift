// Authorization
// Owns: the authorization endpoint and its dispatcher, what a person is asked, what an authorization code is.
// Hands off: the waiting request to Flows, the grant to Grants, each step to its own room by redirect, what the answer is to OAuth.
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
    let pushed: PushedAuthorizationRequests
    let idTokens: IDTokens
    let subjects: SubjectIdentifiers
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let clock: ServerClock
    /// Levels a person can rise to here.
    let attainableLevels: [AssuranceLevel]
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
        if let reference = PushedAuthorizationRequest.reference(in: parameters) {
            return try await receivePushed(reference, parameters, request, context)
        }
        return try await judge(parameters, .browser, pending: nil, request, context)
    }

    /// A request by reference (RFC 9126 §4): what was pushed counts, and nothing that stands beside it.
    private func receivePushed(
        _ reference: String,
        _ parameters: Parameters,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let id: ClientID
        do {
            id = try AuthorizationTarget.clientID(in: parameters)
        } catch {
            return page(error, clientID: nil, client: nil, request, context)
        }
        guard let kept = try await pushed.spend(reference, of: id) else {
            let client = try await clients.find(id.value)?.client
            return page(.invalidRequestURI, clientID: id.value, client: client, request, context)
        }
        return try await judge(kept, .pushed, pending: nil, request, context)
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
        // Who cannot be answered is told here and now; a request by reference proves itself when it is spent.
        if PushedAuthorizationRequest.reference(in: parameters) == nil,
            case .failure(let refused) = try await target(parameters, request, context)
        {
            return refused.page
        }
        return .seeOther("/oauth2/authorize?\(parameters.encoded)")
    }

    /// Back from a step.
    private func resume(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        let waiting = try await pending.find(name, browser: browser)
        guard let waiting, waiting.purpose == .authorization, waiting.isOpen else {
            let client: Client? = if let waiting { try await clients.find(waiting.clientID)?.client } else { nil }
            return expired(client, request, context)
        }
        return try await judge(waiting.parameters, .stored, pending: waiting, request, context)
    }

    /// Stage one, stage two, and what the request needs next.
    private func judge(
        _ parameters: Parameters,
        _ arrival: AuthorizationRequest.Arrival,
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
                arrival: arrival,
                receivedAt: pending?.createdAt ?? clock.now
            )
            return try await dispatch(asked, parameters, pending: pending, request, context)
        } catch let error as OAuthError {
            return desk.deliver(AuthorizationResponse(to: target, error: error), request, context)
        } catch  where error.isUnexpected {
            // RFC 6749 §4.1.2.1: a browser cannot bring a status 500 back, so the client is told by redirect.
            context.logger.error("request failed", metadata: ["error": "\(error)", "error_type": "\(type(of: error))"])
            let refusal = OAuthError(.serverError, "something unexpected; name \(context.requestID) when you ask")
            return desk.deliver(AuthorizationResponse(to: target, error: refusal), request, context)
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
        case .raiseAssurance, .explainAssurance:
            return try await step("/assurance", asked, parameters, pending, request)
        case .register:
            // Asked for by `prompt=create`, which is taken only where there is registration.
            return try await step("/register", asked, parameters, pending, request)
        case .refuse(let error):
            throw error
        case .issue(let authentication):
            guard let session else { throw OAuthError(.loginRequired, "nobody is logged in") }
            let decision = AuthorizationCodes.Decision(
                request: asked,
                claimsText: try parameters.value("claims"),
                session: session,
                subject: subjects.subject(session.subject, for: asked.client),
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
                SignedInSession(
                    subject: subjects.subject($0.subject, for: asked.client),
                    authentication: $0.authentication
                )
            },
            consent: consent,
            hintedSubject: try asked.verifiedHint { keyRing.hasSigned($0) }?.subject,
            attainableLevels: attainableLevels
        )
    }

    /// Everything is there: a code, an ID token or both, and back to the relying party.
    private func issue(
        _ decision: AuthorizationCodes.Decision,
        closing pending: PendingAuthorization?,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        guard clock.isTrustworthy else { throw OAuthError(.temporarilyUnavailable, "the clock is being set") }
        let trace = Trace(context)
        guard let issued = try await codes.issue(decision, closing: pending, trace: trace) else {
            // Answered before in this browser, or the account was closed in this very moment.
            return expired(decision.request.client, request, context)
        }
        let answer = AuthorizationResponse(
            to: decision.request.target,
            code: issued.code?.reveal(),
            idToken: try await idToken(decision.request, issued)
        )
        return desk.deliver(answer, request, context)
    }

    /// The ID token that goes through the browser (OIDC Core §3.2.2.5, §3.3.2.5); nil for the code flow.
    private func idToken(_ asked: AuthorizationRequest, _ issued: AuthorizationCodes.Issued) async throws -> String? {
        guard asked.responseType.givesIDToken else { return nil }
        return try await idTokens.token(
            of: issued.grant,
            issued.grant.scope,
            nonce: asked.nonce,
            for: asked.client,
            with: issued.code.map { .code($0) } ?? .nothing
        )
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
}
