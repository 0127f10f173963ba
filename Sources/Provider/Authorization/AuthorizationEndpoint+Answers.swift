import FoundationEssentials
import Hummingbird
import Logging
import OAuth

/// What the authorization endpoint says on pages of our own.
extension AuthorizationEndpoint {
    /// Our own page for a request that proved nobody to answer to (RFC 6749 §4.1.2.1).
    func page(
        _ fault: AuthorizationPageFault,
        clientID: String?,
        client: Client?,
        _ request: Request,
        _ context: ProviderContext
    ) -> Response {
        if fault == .invalidRequestURI { return outdated(clientID, client, request, context) }
        let name = client?.metadata.displayName() ?? clientID ?? ""
        let shown: Fault =
            switch fault {
            case .unknownClient: .clientUnknown
            case .disabledClient: .clientDisabled(relyingParty: name)
            case .unregisteredRedirectURI: .redirectURIMismatch(relyingParty: name)
            case .malformedRequest, .missingClientID, .repeatedClientID, .missingRedirectURI, .repeatedRedirectURI,
                .invalidRequestURI:
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

    /// A person who came late, or twice, with a pushed request: nothing is wrong with the application, it has to begin again.
    private func outdated(_ clientID: String?, _ client: Client?, _ request: Request, _ context: ProviderContext)
        -> Response
    {
        let fault = AuthorizationPageFault.invalidRequestURI
        let detail = ErrorPage.DeveloperDetail(
            error: fault.oauthError.code.rawValue,
            description: fault.oauthError.explanation,
            clientID: clientID
        )
        context.logger.info("authorization request refused", metadata: ["reason": "\(fault.rawValue)"])
        let browser = desk.browser(request)
        let outdated = ErrorPage(.flowExpired, developerDetail: detail, wayOn: wayBack(to: client))
        var page = outdated.page(in: desk.context(request, context, browser: browser))
        page.status = fault.status
        return desk.respond(page, browser: browser)
    }

    private func wayBack(to client: Client?) -> Brand.Link {
        let name = client?.metadata.displayName() ?? "应用"
        return client?.metadata.homeAddress().map { Brand.Link("返回\(name)", $0) } ?? Brand.Link("重新登录", "/login")
    }

    func expired(_ client: Client?, _ request: Request, _ context: ProviderContext) -> Response {
        let browser = desk.browser(request)
        let page = ErrorPage.expired(backTo: wayBack(to: client)).page(
            in: desk.context(request, context, browser: browser)
        )
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
                relyingParty: answer.target.client.metadata.displayName()
            )
            return respond(page.page(in: self.context(request, context, browser: browser)), browser: browser)
        }
    }
}
