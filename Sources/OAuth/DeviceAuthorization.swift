public import Cryptography
public import FoundationEssentials

/// What a device asks for that has no browser of its own (RFC 8628 §3.1). Who asks is settled before, by ``ClientAuthentication``.
public struct DeviceAuthorizationRequest: Sendable {
    /// The client.
    public let client: Client
    /// `scope`, without names that mean nothing here.
    public internal(set) var scope: Scope = []
    /// `resource` (RFC 8707 §2.1).
    public internal(set) var resources: [String] = []
    /// The wished and demanded level: `acr_values`, or what the client registered.
    public internal(set) var assurance = RequestedAssurance()
    private var acrValues: String?

    /// One check of a request.
    struct Check: Sendable {
        let name: String
        let run:
            @Sendable (inout DeviceAuthorizationRequest, Parameters, ProviderCapabilities) throws(OAuthError) -> Void
    }

    /// The request on one screen: what is looked at, in this order.
    static let checks: [Check] = [
        Check(name: "no parameter is repeated", run: checkRepetition),
        Check(name: "the client is registered for the grant", run: checkGrant),
        Check(name: "scope is well-formed and allowed", run: checkScope),
        Check(name: "resource is one of the client's", run: checkResource),
        Check(name: "acr values", run: checkAssurance),
    ]

    /// Checks a request; the first of ``checks`` that fails decides the error.
    public init(_ parameters: Parameters, client: Client, capabilities: ProviderCapabilities) throws(OAuthError) {
        self.client = client
        for check in Self.checks { try check.run(&self, parameters, capabilities) }
    }

    /// What is kept of the request while the person walks to a browser.
    public var parameters: Parameters {
        let assurance = acrValues.map { [(name: "acr_values", value: $0)] } ?? []
        return Parameters(
            [(name: "scope", value: scope.description)] + resources.map { (name: "resource", value: $0) } + assurance
        )
    }

    /// A refresh token may be given: asked for and allowed.
    public var wantsRefreshToken: Bool { scope.contains(Scope.offlineAccess) }

    /// What the person is asked. Everything, whatever was agreed to before: that somebody else reads a code to them over the phone is the
    /// danger of this grant (RFC 8628 §5.4), and a page that says what is given away is what stands against it.
    public var question: ConsentQuestion { ConsentQuestion(scope, claims: ClaimsRequest(), of: client) }

    /// RFC 6749 §3.1, §3.2.
    private static func checkRepetition(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        try parameters.refuseRepetition()
    }

    /// RFC 8628 §3.2: the errors are those of the token endpoint (RFC 6749 §5.2).
    private static func checkGrant(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        guard request.client.grantTypes.contains(.deviceCode), capabilities.grantTypes.contains(.deviceCode) else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for the device grant")
        }
    }

    private static func checkScope(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        let mayRefresh = request.client.grantTypes.contains(.refreshToken)
        request.scope = try Scope(asked: parameters, by: request.client, capabilities, mayRefresh: mayRefresh)
    }

    private static func checkResource(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.resources = try Resource.parse(parameters, for: request.client)
    }

    private static func checkAssurance(
        _ request: inout Self,
        _ parameters: Parameters,
        _ capabilities: ProviderCapabilities
    ) throws(OAuthError) {
        request.acrValues = try parameters.value("acr_values")
        request.assurance = try RequestedAssurance(
            acrValues: request.acrValues,
            claims: ClaimsRequest(),
            client: request.client
        )
    }
}

extension DeviceAuthorizationRequest {
    /// What the person at the browser must do next. A pure decision, as ``Interaction`` is.
    public enum Step: Sendable, Hashable {
        /// Log in.
        case signIn
        /// Nothing can be given: the account has not reached the level below which the client takes nobody.
        case refuse(lacking: AssuranceLevel?)
        /// Say yes or no. Tokens would state this authentication.
        case confirm(AuthenticationContext)
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - session: who is logged in, if anybody.
    ///   - enteredAt: when the code was entered: a login after that is fresh (`default_max_age`).
    ///   - now: the present moment.
    /// - Returns: the one thing to do now.
    public func step(for session: SignedInSession?, enteredAt: Date, now: Date) -> Step {
        guard let session else { return .signIn }
        let loggedIn = session.authentication.time
        // OpenID Connect Core §3.1.2.1.
        if loggedIn <= enteredAt, let maxAge = client.defaultMaxAge,
            maxAge == 0 || now.timeIntervalSince(loggedIn) > Double(maxAge)
        {
            return .signIn
        }
        // Nobody rises in the middle of this: whoever lacks the level hears what is missing, and the device goes without.
        switch assurance.verdict(for: session.authentication.level, attainable: []) {
        case .raise, .unattainable: return .refuse(lacking: assurance.minimum)
        case .satisfied(let reported):
            var authentication = session.authentication
            authentication.level = reported
            return .confirm(authentication)
        }
    }
}

/// The answer to a device (RFC 8628 §3.2).
public struct DeviceAuthorizationResponse: Sendable {
    /// What the device polls with; nobody else sees it.
    public let deviceCode: Secret<String>
    /// What it shows.
    public let userCode: UserCode
    /// Where the person types the code.
    public let verificationURI: String
    /// Seconds until both codes end.
    public let expiresIn: Int
    /// Seconds between two polls.
    public let interval: Int

    /// An answer.
    public init(deviceCode: Secret<String>, userCode: UserCode, verificationURI: String, expiresIn: Int, interval: Int)
    {
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.verificationURI = verificationURI
        self.expiresIn = expiresIn
        self.interval = interval
    }

    /// The JSON body.
    public func body() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("device_code", deviceCode.reveal())
        writer.member("user_code", userCode.shown)
        writer.member("verification_uri", verificationURI)
        writer.member("verification_uri_complete", "\(verificationURI)?user_code=\(userCode.shown)")
        writer.member("expires_in", expiresIn)
        writer.member("interval", interval)
        writer.endObject()
        return writer.bytes
    }
}

/// What became of a device code, as the poll of its own client finds it (RFC 8628 §3.5).
public struct DeviceCodeStatus: Sendable, Hashable {
    /// The states; each leads only to the next ones of ``mayBecome``.
    public enum State: String, Sendable, CaseIterable {
        /// Nobody has decided.
        case pending
        /// The person said yes: the next poll gets the tokens.
        case approved
        /// The person said no.
        case denied
        /// The tokens were given.
        case redeemed

        /// Where a state leads. The store moves one by a condition on the other; time alone ends `pending` and `approved`.
        public var mayBecome: [State] {
            switch self {
            case .pending: [.approved, .denied]
            case .approved: [.redeemed]
            case .denied, .redeemed: []
            }
        }
    }

    /// Where it stands.
    public let state: State
    /// Its time is over.
    public let isExpired: Bool
    /// The poll came before the interval was over.
    public let isHasty: Bool

    /// A status.
    public init(state: State, isExpired: Bool, isHasty: Bool) {
        self.state = state
        self.isExpired = isExpired
        self.isHasty = isHasty
    }

    /// What a device hears that gets no tokens. A state that is final goes before the clock, and both before the manner of asking.
    public var error: OAuthError {
        switch state {
        case .redeemed: OAuthError(.invalidGrant, "the device code was used before")
        case .denied: OAuthError(.accessDenied, "the person refused")
        case .pending, .approved:
            if isExpired {
                OAuthError(.expiredToken, "the device code has expired; begin again")
            } else if isHasty {
                OAuthError(.slowDown, "the poll came too early: wait 5 seconds longer from now on")
            } else {
                OAuthError(.authorizationPending, "the person has not decided yet")
            }
        }
    }
}
