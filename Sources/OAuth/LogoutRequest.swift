/// RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0 §2): a client sends the browser here to end the login.
///
/// `logout_hint` decides nothing: `id_token_hint` proves more, and without one the person is asked whatever it says.
public struct LogoutRequest: Sendable, Hashable {
    /// `id_token_hint`, not yet verified.
    public let idTokenHint: String?
    /// `client_id`
    public let clientID: ClientID?
    /// `post_logout_redirect_uri`, not yet proved.
    public let postLogoutRedirectURI: String?
    /// `state`
    public let state: String?
    /// `ui_locales`, as sent.
    public let uiLocales: String?

    /// Reads a request from query or form.
    ///
    /// - Throws: `invalid_request` for a repeated or impossible parameter. There is no redirect for it: it goes to our own page.
    public init(_ parameters: Parameters) throws(OAuthError) {
        try parameters.refuseRepetition()
        idTokenHint = try parameters.value("id_token_hint")
        if let text = try parameters.value("client_id") {
            guard let id = ClientID(text) else { throw OAuthError(.invalidRequest, "client_id is unknown") }
            clientID = id
        } else {
            clientID = nil
        }
        postLogoutRedirectURI = try parameters.value("post_logout_redirect_uri")
        state = try parameters.value("state")
        if let state, !AuthorizationTarget.isState(state) {
            throw OAuthError(.invalidRequest, "state must be visible ASCII of at most 2048 characters")
        }
        uiLocales = try parameters.value("ui_locales")
    }

    /// The client that the request speaks for: named, or the audience of the verified hint.
    ///
    /// - Throws: `invalid_request` if both are there and disagree (§2).
    public func client(hint: IDTokenHint?) throws(OAuthError) -> ClientID? {
        guard let hint else { return clientID }
        guard let clientID else { return hint.audience.count == 1 ? hint.audience.first : nil }
        guard hint.isFor(clientID) else {
            throw OAuthError(.invalidRequest, "client_id is not the audience of id_token_hint")
        }
        return clientID
    }
}

/// What to do about a logout request.
public struct LogoutDecision: Sendable, Hashable {
    /// The person must be asked: the request does not prove that it comes from a client of the login that is open (§2, §6).
    public let needsConfirmation: Bool
    /// Where the browser goes once the person has agreed, with `state`; nil stays on our own page. Only ever a URI that the client registered.
    public let location: String?
    /// The client proved itself by an ID token made for it: the browser may go to ``location`` without a word of the person (§3). Without
    /// that proof nobody is sent anywhere unasked, or every page of the world could bounce people off this server.
    public let isProved: Bool

    /// The session in a browser, as the client of the request knows it.
    public struct OpenSession: Sendable, Hashable {
        /// The person.
        public let subject: Subject
        /// The session; nil where the client has none.
        public let sessionID: SessionID?

        /// A session.
        public init(subject: Subject, sessionID: SessionID?) {
            self.subject = subject
            self.sessionID = sessionID
        }
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - hint: the verified hint, if one was sent.
    ///   - client: the registered client of ``LogoutRequest/client(hint:)``.
    ///   - session: the open login; nil if nobody is logged in.
    ///   - sandboxPatterns: sandbox mode is on, see ``RedirectMatchingRules``.
    /// - Throws: `invalid_request` if a post-logout URI was sent that no known client registered (§3): nothing is redirected there.
    public init(
        _ request: LogoutRequest,
        hint: IDTokenHint?,
        client: Client?,
        session: OpenSession?,
        sandboxPatterns: Bool = false
    ) throws(OAuthError) {
        location = try Self.location(request, client, sandboxPatterns)
        isProved = hint.map { hint in client.map { hint.isFor($0.id) } ?? false } ?? false
        guard let session else {
            needsConfirmation = false
            return
        }
        // §2: with a hint of the same person and the same session the person has nothing to decide.
        guard let hint, hint.subject == session.subject else {
            needsConfirmation = true
            return
        }
        needsConfirmation = hint.sessionID != nil && hint.sessionID != session.sessionID
    }

    /// §3: the value must have been registered by the client, exactly.
    private static func location(
        _ request: LogoutRequest,
        _ client: Client?,
        _ sandboxPatterns: Bool
    ) throws(OAuthError) -> String? {
        guard let presented = request.postLogoutRedirectURI else { return nil }
        guard let client, client.isEnabled else {
            throw OAuthError(.invalidRequest, "post_logout_redirect_uri without a known client")
        }
        let rules = RedirectMatchingRules(
            anyLoopbackPort: client.redirectLoopbackAnyPort,
            sandboxPatterns: sandboxPatterns
        )
        guard let uri = RedirectURI(presented, registered: client.postLogoutRedirectURIs, rules: rules) else {
            throw OAuthError(.invalidRequest, "post_logout_redirect_uri is not registered")
        }
        guard let state = request.state else { return uri.value }
        return AuthorizationResponse.appending([(name: "state", value: state)], toQueryOf: uri.value)
    }
}
