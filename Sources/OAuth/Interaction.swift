import Cryptography
public import FoundationEssentials

/// What an authorization request needs next. A pure decision: the server executes it and asks again (house.md, one dispatcher).
public enum Interaction: Sendable, Hashable {
    /// The person must log in.
    case signIn(SignInReason)
    /// The person asked to be registered, or to log in after all.
    case register
    /// The person must choose an account, or confirm the one that is there.
    case selectAccount
    /// The person must rise to this level.
    case raiseAssurance(to: AssuranceLevel)
    /// The person would have to be of this level, and there is no way to it here: they are told, and the request fails when they leave.
    case explainAssurance(lacking: AssuranceLevel)
    /// The person must agree.
    case askConsent(ConsentQuestion)
    /// Everything is there. Tokens state this authentication: its level is the one asked for, where one was.
    case issue(AuthenticationContext)
    /// The request ends with an error, redirected to the target.
    case refuse(OAuthError)

    /// Why a login page is shown.
    public enum SignInReason: Sendable, Hashable {
        /// Nobody is logged in.
        case nobody
        /// The request wants a fresh login (`prompt=login`).
        case prompted
        /// The login is older than `max_age`.
        case tooOld
        /// Somebody else than the person hinted at is logged in.
        case otherPerson
    }
}

/// The login session that a browser brought.
public struct SignedInSession: Sendable, Hashable {
    /// The person, as this client knows them.
    public let subject: Subject
    /// When and how they logged in, and the account's level now.
    public let authentication: AuthenticationContext

    /// A valid session. One that is expired or ended is no session.
    public init(subject: Subject, authentication: AuthenticationContext) {
        self.subject = subject
        self.authentication = authentication
    }
}

extension Interaction {
    /// All that the decision looks at beside the request.
    public struct Situation: Sendable, Hashable {
        /// Who is logged in, if anybody.
        public var session: SignedInSession?
        /// What they agreed to.
        public var consent: GrantedConsent
        /// The subject of a verified `id_token_hint`.
        public var hintedSubject: Subject?
        /// The person chose the account within this very request. The server proves it by a record bound to the request.
        public var isAccountChosen: Bool
        /// Levels that can be reached on this server.
        public var attainableLevels: [AssuranceLevel]

        /// A situation.
        public init(
            session: SignedInSession?,
            consent: GrantedConsent = GrantedConsent(),
            hintedSubject: Subject? = nil,
            isAccountChosen: Bool = false,
            attainableLevels: [AssuranceLevel]
        ) {
            self.session = session
            self.consent = consent
            self.hintedSubject = hintedSubject
            self.isAccountChosen = isAccountChosen
            self.attainableLevels = attainableLevels
        }
    }

    /// Decides. The order is that of a person's way: who is it, is it fresh, is it the right one, is it sure enough, do they agree.
    ///
    /// - Parameters:
    ///   - request: a checked request.
    ///   - situation: everything else.
    ///   - now: the present moment.
    /// - Returns: the one thing to do now.
    public static func next(for request: AuthorizationRequest, in situation: Situation, now: Date) -> Interaction {
        let step = step(for: request, situation, now)
        return request.prompt.contains(.none) ? step.withoutPerson : step
    }

    private static func step(
        for request: AuthorizationRequest,
        _ situation: Situation,
        _ now: Date
    ) -> Interaction {
        // Initiating User Registration §4.1: create offers registration before anything else.
        let offersRegistration = request.prompt.contains(.create)
        guard let session = situation.session else { return offersRegistration ? .register : .signIn(.nobody) }
        // A login within this request answers every wish for a fresh one. Strictly newer: the login comes after the request.
        let isFresh = session.authentication.time > request.receivedAt
        if !isFresh, let step = freshness(request, situation, session, now) { return step }
        if let step = rightPerson(request, situation, session, isFresh: isFresh) { return step }

        let level = session.authentication.level
        switch request.assurance.verdict(for: level, attainable: situation.attainableLevels) {
        case .raise(let wanted): return .raiseAssurance(to: wanted)
        case .unattainable(let wanted?): return .explainAssurance(lacking: wanted)
        case .unattainable(nil): return .refuse(RequestedAssurance.unmet)
        case .satisfied(let reported):
            if let question = ConsentQuestion(request, remembered: situation.consent) { return .askConsent(question) }
            var authentication = session.authentication
            authentication.level = reported
            return .issue(authentication)
        }
    }

    /// OpenID Connect Core §3.1.2.1: prompt and max_age, for a session that is older than the request.
    private static func freshness(
        _ request: AuthorizationRequest,
        _ situation: Situation,
        _ session: SignedInSession,
        _ now: Date
    ) -> Interaction? {
        if request.prompt.contains(.create) { return .register }
        if request.prompt.contains(.selectAccount), !situation.isAccountChosen { return .selectAccount }
        if request.prompt.contains(.login) { return .signIn(.prompted) }
        if let maxAge = request.maxAge {
            let age = now.timeIntervalSince(session.authentication.time)
            // max_age=0 is prompt=login in other words (OpenID Connect Core §3.1.2.1, errata set 2).
            if maxAge == 0 || age > Double(maxAge) { return .signIn(.tooOld) }
        }
        return nil
    }

    /// OpenID Connect Core §3.1.2.1 (id_token_hint) and §5.5.1 (a `sub` asked for by value): the answer is for that person or an error.
    private static func rightPerson(
        _ request: AuthorizationRequest,
        _ situation: Situation,
        _ session: SignedInSession,
        isFresh: Bool
    ) -> Interaction? {
        var isRight = situation.hintedSubject.map { $0 == session.subject } ?? true
        if let wish = request.claims.idToken["sub"], !wish.accepts(.string(session.subject.value)) { isRight = false }
        if let wish = request.claims.userInfo["sub"], !wish.accepts(.string(session.subject.value)) { isRight = false }
        guard !isRight else { return nil }
        // Somebody who has just logged in, and is still another person, has answered the question.
        guard isFresh else { return .signIn(.otherPerson) }
        return .refuse(OAuthError(.loginRequired, "the person logged in is not the one hinted at"))
    }

    /// OpenID Connect Core §3.1.2.6: what each step becomes where the request forbids to show anything.
    private var withoutPerson: Interaction {
        switch self {
        case .issue, .refuse: self
        case .signIn: .refuse(OAuthError(.loginRequired, "the person must log in"))
        case .register: .refuse(OAuthError(.interactionRequired, "the person must register"))
        case .selectAccount: .refuse(OAuthError(.accountSelectionRequired, "the person must choose an account"))
        case .explainAssurance: .refuse(RequestedAssurance.unmet)
        case .raiseAssurance: .refuse(OAuthError(.interactionRequired, "the person must raise the level"))
        case .askConsent: .refuse(OAuthError(.consentRequired, "the person must consent"))
        }
    }
}
