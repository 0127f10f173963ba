extension AuthorizationRequest {
    /// One check of stage two.
    struct Check: Sendable {
        let name: String
        let run: @Sendable (inout AuthorizationRequest, Parameters, ProviderCapabilities) throws(OAuthError) -> Void
    }

    /// Stage two on one screen: what is looked at, in this order.
    static let checks: [Check] = [
        Check(name: "no parameter is repeated", run: checkRepetition),
        Check(name: "state can be echoed", run: checkState),
        Check(name: "no request object", run: checkRequestObject),
        Check(name: "pushed where it must be", run: checkArrival),
        Check(name: "response_type is supported and registered", run: checkResponseType),
        Check(name: "response_mode fits the response type", run: checkResponseMode),
        Check(name: "scope is well-formed and allowed", run: checkScope),
        Check(name: "nonce is there where it must be", run: checkNonce),
        Check(name: "PKCE by S256", run: checkPKCE),
        Check(name: "dpop_jkt is a thumbprint", run: checkKey),
        Check(name: "resource is one of the client's", run: checkResource),
        Check(name: "prompt is consistent", run: checkPrompt),
        Check(name: "max_age is a number of seconds", run: checkMaxAge),
        Check(name: "claims is a bounded object", run: checkClaims),
        Check(name: "hints are bounded", run: checkHints),
        Check(name: "acr values", run: checkAssurance),
        Check(name: "presentation", run: checkPresentation),
    ]

    /// RFC 6749 §3.1: request parameters MUST NOT be included more than once.
    private static func checkRepetition(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        try parameters.refuseRepetition()
    }

    /// RFC 6749 appendix A.5.
    private static func checkState(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard let state = try parameters.value("state"), !AuthorizationTarget.isState(state) else { return }
        throw OAuthError(.invalidRequest, "state must be visible ASCII of at most 2048 characters")
    }

    /// OpenID Connect Core §3.1.2.6 and §6: a server without request objects must say so. A pushed request (RFC 9126 §4) is resolved before
    /// this stage: its stored parameters come here in place of the `request_uri`.
    private static func checkRequestObject(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        if try parameters.value("request") != nil { throw OAuthError(.requestNotSupported, "request is not supported") }
        if try parameters.value("request_uri") != nil {
            // RFC 9126 §2.1: a push that refers to another request is refused.
            guard request.arrival != .pushed else { throw OAuthError(.invalidRequest, "request_uri cannot be pushed") }
            throw OAuthError(.requestURINotSupported, "request_uri is not supported")
        }
        // OpenID Connect Core §7.2.1: only self-issued providers take `registration`.
        if try parameters.value("registration") != nil {
            throw OAuthError(.registrationNotSupported, "registration is not supported")
        }
    }

    /// RFC 9126 §5 and §6.
    private static func checkArrival(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard request.arrival == .browser, request.client.requirePushedAuthorizationRequests else { return }
        throw OAuthError(.invalidRequest, "this client must push its authorization requests")
    }

    /// RFC 6749 §3.1.1 and §4.1.2.1.
    private static func checkResponseType(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        let text = try parameters.required("response_type")
        guard let type = ResponseType(parsing: text), capabilities.responseTypes.contains(type) else {
            throw OAuthError(.unsupportedResponseType, "response_type is not supported")
        }
        guard request.client.responseTypes.contains(type) else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for response_type \(type.rawValue)")
        }
        request.responseType = type
    }

    /// Multiple Response Types §2.1 and §3.0: an ID token never goes into a query.
    private static func checkResponseMode(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard let text = try parameters.value("response_mode") else { return }
        guard let mode = ResponseMode(rawValue: text), capabilities.responseModes.contains(mode) else {
            throw OAuthError(.invalidRequest, "response_mode is not supported")
        }
        guard mode != .query || !request.responseType.givesIDToken else {
            throw OAuthError(.invalidRequest, "response_mode query is not allowed for \(request.responseType.rawValue)")
        }
    }

    private static func checkScope(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        let mayRefresh = request.client.grantTypes.contains(.refreshToken) && request.responseType.givesCode
        let scope = try Scope(asked: parameters, by: request.client, capabilities, mayRefresh: mayRefresh)
        // OpenID Connect Core §3.2.2.1 and §3.3.2.1: an ID token is only for requests with openid.
        guard scope.contains(Scope.openID) || !request.responseType.givesIDToken else {
            throw OAuthError(.invalidScope, "response_type \(request.responseType.rawValue) needs scope openid")
        }
        request.scope = scope
    }

    /// OpenID Connect Core §3.2.2.1 and §3.3.2.1: required where the ID token comes through the browser.
    private static func checkNonce(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.nonce = try parameters.value("nonce")
        if let nonce = request.nonce {
            guard nonce.utf8.count <= 1024 else { throw OAuthError(.invalidRequest, "nonce is longer than 1024 bytes") }
        } else if request.responseType.givesIDToken {
            throw OAuthError(.invalidRequest, "nonce is missing")
        }
    }

    /// RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1.
    private static func checkPKCE(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        let required = request.responseType.givesCode && (request.client.requirePKCE || request.client.isPublic)
        request.codeChallenge = try CodeChallenge.parse(parameters, required: required)
    }

    /// RFC 9449 §10.
    private static func checkKey(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard !capabilities.dpopAlgorithms.isEmpty, let text = try parameters.value("dpop_jkt") else { return }
        guard DPoPProof.isThumbprint(text) else {
            throw OAuthError(.invalidRequest, "dpop_jkt is not the SHA-256 thumbprint of a key")
        }
        request.keyThumbprint = text
    }

    /// RFC 8707 §2.1.
    private static func checkResource(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.resources = try Resource.parse(parameters, for: request.client)
    }

    /// OpenID Connect Core §3.1.2.1; Initiating User Registration §4.1: a value that is not supported is refused.
    private static func checkPrompt(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard let text = try parameters.value("prompt") else { return }
        let prompt = try Prompt.parse(text)
        guard prompt.isSubset(of: capabilities.prompts) else {
            throw OAuthError(.invalidRequest, "prompt has a value that is not supported")
        }
        request.prompt = prompt
    }

    /// OpenID Connect Core §3.1.2.1: seconds, not negative. OpenID Connect Registration §2: default_max_age where it is not sent.
    private static func checkMaxAge(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.maxAge = request.client.defaultMaxAge
        guard let text = try parameters.value("max_age") else { return }
        guard text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(text),
            seconds <= longestMaxAge
        else { throw OAuthError(.invalidRequest, "max_age must be a number of seconds up to \(longestMaxAge)") }
        request.maxAge = seconds
    }

    /// OpenID Connect Core §5.5. Plain OAuth requests have no place for claims.
    private static func checkClaims(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard let text = try parameters.value("claims"), request.isOpenID else { return }
        request.claims = try ClaimsRequest(parsing: text)
    }

    /// OpenID Connect Core §3.1.2.1.
    private static func checkHints(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.loginHint = try parameters.value("login_hint")
        guard (request.loginHint?.utf8.count ?? 0) <= 256 else {
            throw OAuthError(.invalidRequest, "login_hint is longer than 256 bytes")
        }
        request.idTokenHint = try parameters.value("id_token_hint")
        guard (request.idTokenHint?.utf8.count ?? 0) <= IDTokenHint.longest else {
            throw OAuthError(.invalidRequest, "id_token_hint is too long")
        }
    }

    /// OpenID Connect Core §3.1.2.1 and §5.5.1.1.
    private static func checkAssurance(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.assurance = try RequestedAssurance(
            acrValues: try parameters.value("acr_values"),
            claims: request.claims,
            client: request.client
        )
    }

    /// OpenID Connect Core §3.1.2.1: display and ui_locales are preferences and never an error.
    private static func checkPresentation(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.display = try parameters.value("display").flatMap(Display.init(parsing:))
        let wanted = try parameters.value("ui_locales") ?? ""
        request.uiLocales = wanted.utf8.split(separator: UInt8(ascii: " ")).prefix(16)
            .compactMap { UILocale.match(String(decoding: $0, as: UTF8.self), in: capabilities.uiLocales) }
    }
}
