import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `What an authorization request needs next` {
    /// Who is there when the decision is made, 100 seconds after the request came in.
    enum Person: CaseIterable, Sendable {
        /// Nobody.
        case nobody
        /// Logged in an hour before the request.
        case early
        /// Logged in within the request.
        case fresh

        var session: SignedInSession? {
            switch self {
            case .nobody: nil
            case .early: session(at: -3600)
            case .fresh: session(at: 50)
            }
        }

        private func session(at offset: Double) -> SignedInSession {
            SignedInSession(
                subject: Subject("s1"),
                authentication: AuthenticationContext(
                    time: Example.now.addingTimeInterval(offset),
                    level: .l2,
                    methods: [.password]
                )
            )
        }
    }

    static let everything = GrantedConsent(scopes: ["openid", "profile"])

    private func decide(
        _ changes: [String: String?] = [:],
        _ person: Person = .early,
        client: Client? = nil,
        consent: GrantedConsent = everything,
        hint: String? = nil,
        isAccountChosen: Bool = false
    ) throws -> Interaction {
        Interaction.next(
            for: try Example.request(changes, client: client),
            in: .init(
                session: person.session,
                consent: consent,
                hintedSubject: hint.map(Subject.init),
                isAccountChosen: isAccountChosen,
                attainableLevels: [.l1, .l2, .l3]
            ),
            now: Example.now.addingTimeInterval(100)
        )
    }

    /// One word for each outcome, so that the table can be read.
    private func word(_ interaction: Interaction) -> String {
        switch interaction {
        case .signIn(let reason): "signIn(\(reason))"
        case .register: "register"
        case .selectAccount: "selectAccount"
        case .raiseAssurance(let level): "raise(\(level))"
        case .explainAssurance(let level): "explain(\(level))"
        case .askConsent(let question): "ask(\(question.scopes)\(question.claims.map { " +\($0)" }.joined()))"
        case .issue(let context): "issue(\(context.level))"
        case .refuse(let error): error.code.rawValue
        }
    }

    /// prompt, max_age → nobody, early, fresh; consent is there and the level is right.
    static let freshness: [(prompt: String?, maxAge: String?, nobody: String, early: String, fresh: String)] = [
        (nil, nil, "signIn(nobody)", "issue(l2)", "issue(l2)"),
        (nil, "3700", "signIn(nobody)", "issue(l2)", "issue(l2)"),
        (nil, "3699", "signIn(nobody)", "signIn(tooOld)", "issue(l2)"),
        (nil, "0", "signIn(nobody)", "signIn(tooOld)", "issue(l2)"),
        (nil, "10", "signIn(nobody)", "signIn(tooOld)", "issue(l2)"),
        ("login", nil, "signIn(nobody)", "signIn(prompted)", "issue(l2)"),
        ("login", "99999", "signIn(nobody)", "signIn(prompted)", "issue(l2)"),
        ("select_account", nil, "signIn(nobody)", "selectAccount", "issue(l2)"),
        ("select_account login", nil, "signIn(nobody)", "selectAccount", "issue(l2)"),
        ("create", nil, "register", "register", "issue(l2)"),
        ("create login", nil, "register", "register", "issue(l2)"),
        ("consent", nil, "signIn(nobody)", "ask(openid profile)", "ask(openid profile)"),
        ("login consent", nil, "signIn(nobody)", "signIn(prompted)", "ask(openid profile)"),
        ("none", nil, "login_required", "issue(l2)", "issue(l2)"),
        ("none", "3700", "login_required", "issue(l2)", "issue(l2)"),
        ("none", "3699", "login_required", "login_required", "issue(l2)"),
        ("none", "0", "login_required", "login_required", "issue(l2)"),
    ]

    @Test(arguments: freshness.indices)
    func `who is it, and is it fresh (OpenID Connect Core §3.1.2.1, §3.1.2.3)`(row: Int) throws {
        let line = Self.freshness[row]
        let changes: [String: String?] = ["prompt": line.prompt, "max_age": line.maxAge]
        #expect(try word(decide(changes, .nobody)) == line.nobody)
        #expect(try word(decide(changes, .early)) == line.early)
        #expect(try word(decide(changes, .fresh)) == line.fresh)
    }

    @Test func `a login of the very moment of the request is not newer than it`() throws {
        let request = try Example.request(["prompt": "login"])
        let session = SignedInSession(
            subject: Subject("s1"),
            authentication: AuthenticationContext(time: Example.now, level: .l2, methods: [])
        )
        let situation = Interaction.Situation(session: session, consent: Self.everything, attainableLevels: [.l2])
        #expect(Interaction.next(for: request, in: situation, now: Example.now) == .signIn(.prompted))
    }

    @Test func `an account chosen for this request is not asked for again`() throws {
        #expect(try word(decide(["prompt": "select_account"], isAccountChosen: true)) == "issue(l2)")
        #expect(try word(decide(["prompt": "select_account login"], isAccountChosen: true)) == "signIn(prompted)")
    }

    /// hint → early, fresh, early with prompt=none.
    @Test(
        arguments: [
            ("s1", "issue(l2)", "issue(l2)", "issue(l2)"),
            ("s2", "signIn(otherPerson)", "login_required", "login_required"),
        ]
    )
    func `the answer is about the person hinted at or an error`(
        hint: String,
        early: String,
        fresh: String,
        silent: String
    ) throws {
        #expect(try word(decide([:], .early, hint: hint)) == early)
        #expect(try word(decide([:], .fresh, hint: hint)) == fresh)
        #expect(try word(decide(["prompt": "none"], .early, hint: hint)) == silent)
        #expect(try word(decide(["prompt": "none"], .nobody, hint: hint)) == "login_required")
        for place in ["id_token", "userinfo"] {
            let claims = "{\"\(place)\":{\"sub\":{\"value\":\"\(hint)\"}}}"
            #expect(try word(decide(["claims": claims], .early)) == early)
            #expect(try word(decide(["claims": claims, "prompt": "none"], .early)) == silent)
        }
    }

    /// acr_values → outcome, outcome with prompt=none, for a person of L2 where L4 cannot be reached.
    @Test(
        arguments: [
            ("L1", "issue(l1)", "issue(l1)"), ("L2", "issue(l2)", "issue(l2)"),
            ("L3", "raise(l3)", "interaction_required"), ("L4", "issue(l2)", "issue(l2)"),
            ("L3 L2", "issue(l2)", "issue(l2)"), ("L4 L3", "raise(l3)", "interaction_required"),
            ("L9", "issue(l2)", "issue(l2)"),
        ]
    )
    func `a wished level leads to the missing step, an impossible one is let go (OpenID Connect Core §3.1.2.1)`(
        values: String,
        open: String,
        silent: String
    ) throws {
        let acr = values.split(separator: " ").map { "urn:citygate:acr:\($0)" }.joined(separator: " ")
        #expect(try word(decide(["acr_values": acr])) == open)
        #expect(try word(decide(["acr_values": acr, "prompt": "none"])) == silent)
    }

    @Test(
        arguments: [
            ("L1", "issue(l1)", "issue(l1)"), ("L2", "issue(l2)", "issue(l2)"),
            ("L3", "raise(l3)", "interaction_required"),
            ("L4", "explain(l4)", "unmet_authentication_requirements"),
            ("L9", "unmet_authentication_requirements", "unmet_authentication_requirements"),
        ]
    )
    func `a demanded level is reached or the request fails (OpenID Connect Core §5.5.1.1)`(
        value: String,
        open: String,
        silent: String
    ) throws {
        let claims = "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:citygate:acr:\(value)\"]}}}"
        #expect(try word(decide(["claims": claims])) == open)
        #expect(try word(decide(["claims": claims, "prompt": "none"])) == silent)
    }

    @Test func `a client's own floor holds whatever the request says`() throws {
        let client = try Example.client(["minimum_acr": "urn:citygate:acr:L3"])
        #expect(try word(decide(client: client)) == "raise(l3)")
        #expect(try word(decide(["acr_values": "urn:citygate:acr:L1"], client: client)) == "raise(l3)")
        #expect(try word(decide(["prompt": "none"], client: client)) == "interaction_required")
        let wishing = try Example.client(["default_acr_values": ["urn:citygate:acr:L3"]])
        #expect(try word(decide(client: wishing)) == "raise(l3)")
    }

    /// What was agreed → what is asked, for scope `openid profile` and the claim email.
    @Test(
        arguments: [
            ([], [], "ask(openid profile +email)"), (["openid"], [], "ask(profile +email)"),
            (["openid", "profile"], [], "ask( +email)"), (["openid", "profile"], ["email"], "issue(l2)"),
            (["openid", "profile", "email"], [], "issue(l2)"), (["openid", "phone"], ["email"], "ask(profile)"),
        ] as [([String], [String], String)]
    )
    func `consent is asked only for what is new`(scopes: [String], claims: [String], outcome: String) throws {
        let consent = GrantedConsent(scopes: Scope(scopes), claims: Set(claims))
        let changes: [String: String?] = ["claims": "{\"userinfo\":{\"email\":null,\"name\":null,\"odd\":null}}"]
        #expect(try word(decide(changes, consent: consent)) == outcome)
        let silent = try word(decide(changes.merging(["prompt": "none"]) { $1 }, consent: consent))
        #expect(silent == (outcome == "issue(l2)" ? outcome : "consent_required"))
    }

    @Test func `consent asked again by prompt=consent is asked once in a request`() throws {
        var consent = Self.everything
        #expect(try word(decide(["prompt": "consent"], consent: consent)) == "ask(openid profile)")
        consent.isAnsweredForThisRequest = true
        #expect(try word(decide(["prompt": "consent"], consent: consent)) == "issue(l2)")
    }

    @Test func `the city's own client is not asked about, but identity data always is (protocol.md I2)`() throws {
        let none = GrantedConsent()
        let own = try Example.client(["consent": "first_party"])
        #expect(try word(decide(client: own, consent: none)) == "issue(l2)")
        #expect(try word(decide(["prompt": "consent"], client: own, consent: none)) == "ask(openid profile)")
        let identity = try Example.client([
            "consent": "first_party", "scope": "openid profile realname", "realname_claims": ["real_name"],
        ])
        let changes: [String: String?] = ["scope": "openid profile realname"]
        #expect(try word(decide(changes, client: identity, consent: none)) == "ask(realname +real_name)")
        let agreed = GrantedConsent(scopes: ["realname"], claims: ["real_name"])
        #expect(try word(decide(changes, client: identity, consent: agreed)) == "issue(l2)")
        let claim: [String: String?] = ["claims": "{\"userinfo\":{\"real_name\":null,\"id_number\":null}}"]
        #expect(try word(decide(claim, client: identity, consent: none)) == "ask( +real_name)")
    }

    @Test func `an entitlement that was widened asks again, for the new claim alone`() throws {
        let before = try Example.client(["scope": "openid realname", "realname_claims": ["real_name"]])
        let changes: [String: String?] = ["scope": "openid realname", "claims": #"{"userinfo":{"id_number":null}}"#]
        var agreed = try GrantedConsent(agreeingTo: Example.request(changes, client: before))
        #expect(agreed.scopes == ["openid", "realname"])
        #expect(agreed.claims == ["real_name"])
        #expect(try word(decide(changes, client: before, consent: agreed)) == "issue(l2)")
        agreed.isAnsweredForThisRequest = false
        #expect(try word(decide(changes, client: before, consent: agreed)) == "issue(l2)")
        let after = try Example.client(["scope": "openid realname", "realname_claims": ["real_name", "id_number"]])
        #expect(try word(decide(changes, client: after, consent: agreed)) == "ask( +id_number)")
    }

    @Test func `the steps come in a person's order`() throws {
        let changes: [String: String?] = [
            "prompt": "login consent", "acr_values": "urn:citygate:acr:L3", "scope": "openid email",
        ]
        #expect(try word(decide(changes, .nobody)) == "signIn(nobody)")
        #expect(try word(decide(changes, .early)) == "signIn(prompted)")
        #expect(try word(decide(changes, .fresh)) == "raise(l3)")
    }

    @Test func `with prompt=none nothing is ever shown`() throws {
        for person in Person.allCases {
            for maxAge in ["0", "10", nil] {
                for acr in ["urn:citygate:acr:L3", "urn:citygate:acr:L4", nil] {
                    for consent in [GrantedConsent(), Self.everything] {
                        let changes: [String: String?] = ["prompt": "none", "max_age": maxAge, "acr_values": acr]
                        switch try decide(changes, person, consent: consent) {
                        case .issue, .refuse: break
                        case let shown: Issue.record("\(shown) for \(changes)")
                        }
                    }
                }
            }
        }
    }
}

@Suite struct `Requested assurance` {
    @Test func `who leaves where there was a way has refused; where there was none, nothing could be done`() {
        let wish = RequestedAssurance(levels: [.l3], isEssential: true)
        #expect(wish.refusal(of: .l1, attainable: [])?.code == .unmetAuthenticationRequirements)
        #expect(wish.refusal(of: .l1, attainable: [.l2])?.code == .unmetAuthenticationRequirements)
        #expect(wish.refusal(of: .l1, attainable: [.l3])?.code == .accessDenied)
        #expect(wish.refusal(of: .l3, attainable: []) == nil)
        #expect(RequestedAssurance(levels: [.l3]).refusal(of: .l1, attainable: []) == nil)
    }

    @Test func `what is satisfied is true and what was asked for, for every level and wish`() {
        let all = AssuranceLevel.allCases
        for level in all {
            for bits in 0..<16 {
                let levels = all.filter { bits & (1 << ($0.rawValue - 1)) != 0 }
                for floor in [nil] + all.map(Optional.some) {
                    for isEssential in [false, true] {
                        let wish = RequestedAssurance(levels: levels, isEssential: isEssential, minimum: floor)
                        switch wish.verdict(for: level, attainable: [.l1, .l2, .l3]) {
                        case .satisfied(let reported):
                            #expect(reported <= level)
                            #expect(level >= floor ?? .l1)
                            #expect(!isEssential || levels.contains(reported))
                        case .raise(let next):
                            #expect(next > level && next < .l4)
                            #expect(next >= floor ?? .l1)
                            #expect(floor == next || levels.contains(next))
                        case .unattainable(let wanted):
                            #expect(isEssential || floor == .l4)
                            #expect(wanted.map { $0 > level } ?? levels.isEmpty)
                            #expect(wish.refusal(of: level, attainable: [.l1, .l2, .l3]) == RequestedAssurance.unmet)
                        }
                    }
                }
            }
        }
    }
}
