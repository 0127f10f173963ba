/// What the person is asked on the consent page.
public struct ConsentQuestion: Sendable, Hashable {
    /// Scopes to agree to.
    public let scopes: Scope
    /// Single claims to agree to, sorted: those asked for one by one that no scope of the request covers, and each claim of identity data.
    public let claims: [String]

    /// Everything that the request asks for and the client may have.
    public init(everythingIn request: AuthorizationRequest) {
        self.init(request.scope, claims: request.claims, of: request.client)
    }

    /// Everything that a request of this scope and these claims asks for and the client may have.
    init(_ scope: Scope, claims asked: ClaimsRequest, of client: Client) {
        scopes = scope
        let allowed = UserInfo.allowedClaims(of: client)
        let covered = UserInfo.claims(of: scope).subtracting(UserInfo.realNameClaims)
        var claims = Set(asked.names).intersection(allowed).subtracting(covered)
        // The scope realname stands for what the client is entitled to today. Each claim is agreed to by name, so that an entitlement that
        // is widened later asks again.
        if scope.contains(Scope.realName) { claims.formUnion(allowed.intersection(UserInfo.realNameClaims)) }
        self.claims = claims.sorted()
    }

    private init(scopes: Scope, claims: [String]) {
        self.scopes = scopes
        self.claims = claims
    }

    /// What is left to ask; nil if nothing is (protocol.md I4: asked again only for what is new; OpenID Connect Core §3.1.2.4).
    init?(_ request: AuthorizationRequest, remembered consent: GrantedConsent) {
        // The page showed the whole request, so its answer covers the whole request.
        guard !consent.isAnsweredForThisRequest else { return nil }
        let everything = ConsentQuestion(everythingIn: request)
        guard !request.prompt.contains(.consent) else {
            self = everything
            return
        }
        let covered = UserInfo.claims(of: consent.scopes).subtracting(UserInfo.realNameClaims)
        var scopes = everything.scopes.subtracting(consent.scopes)
        var claims = everything.claims.filter { !consent.claims.contains($0) && !covered.contains($0) }
        if request.client.consent == .firstParty {
            // Identity data leaves only with the person's consent, whoever asks (protocol.md I2).
            scopes = scopes.filter { $0 == Scope.realName }
            claims = claims.filter(UserInfo.realNameClaims.contains)
        }
        guard !scopes.isEmpty || !claims.isEmpty else { return nil }
        self.init(scopes: scopes, claims: claims)
    }
}

/// What a person has agreed to for a client, remembered from before (protocol.md I4) and answered within this request.
public struct GrantedConsent: Sendable, Hashable {
    /// Scopes agreed to.
    public var scopes: Scope
    /// Single claims agreed to.
    public var claims: Set<String>
    /// The person answered the consent page of this very request with yes. The server proves it by a record bound to the request.
    public var isAnsweredForThisRequest: Bool

    /// A consent; by default none.
    public init(scopes: Scope = [], claims: Set<String> = [], isAnsweredForThisRequest: Bool = false) {
        self.scopes = scopes
        self.claims = claims
        self.isAnsweredForThisRequest = isAnsweredForThisRequest
    }

    /// The consent of a person who says yes to the whole request: what is to be remembered, and no name beyond what the page showed.
    public init(agreeingTo request: AuthorizationRequest) {
        self.init(agreeingTo: ConsentQuestion(everythingIn: request))
    }

    /// The consent of a person who says yes to a question.
    public init(agreeingTo question: ConsentQuestion) {
        self.init(scopes: question.scopes, claims: Set(question.claims), isAnsweredForThisRequest: true)
    }
}
