import Cryptography
import Hummingbird
import Logging
import OAuth
import Postgres

/// The rooms and routes of pages, journeys and short messages.
extension Rooms {
    static func desk(_ configuration: Configuration, secrets: KeySecrets) -> PageDesk {
        PageDesk(
            site: Site(brand: Brand(configuration)),
            cookies: CookieJar(isSecure: configuration.issuer.hasPrefix("https:")),
            antiForgery: AntiForgery(key: derived("anti-forgery", secrets)),
            isSandbox: configuration.mode == .sandbox,
            bodyLimit: configuration.http.bodyBytes
        )
    }

    static func captchas(_ configuration: Configuration, oneTime: OneTime, secrets: KeySecrets) -> Captchas {
        Captchas(
            oneTime: oneTime,
            key: derived("captcha", secrets),
            lifetime: configuration.lifetimes.captcha.wholeSeconds,
            proofBits: configuration.captcha.proofBits,
            fixedAnswer: configuration.sandbox.captchaAnswer
        )
    }

    static func journeys(
        _ lifetimes: Configuration.Lifetimes,
        database: Database,
        clock: ServerClock,
        secrets: KeySecrets
    ) -> Journeys {
        Journeys(
            database: database,
            clock: clock,
            key: derived("journey", secrets),
            lifetime: lifetimes.journey.wholeSeconds,
            stepLifetime: lifetimes.journeyProof.wholeSeconds
        )
    }

    /// Nil when no vendor is configured: then nothing is offered that needs a code by SMS.
    static func smsCodes(
        _ configuration: Configuration,
        database: Database,
        clock: ServerClock,
        captchas: Captchas,
        secrets: KeySecrets,
        logger: Logger
    ) -> SMSCodes? {
        let settings = configuration.sms
        guard let generation = settings.generation else { return nil }
        let isSandbox = configuration.mode == .sandbox
        var outbound = OutboundFetch(mayReachInside: isSandbox)
        outbound.deadline = settings.deadline
        let wire = ChuanglanProtocol(
            generation: generation,
            account: settings.account,
            password: settings.password ?? Secret(Configuration.sandboxSMSPassword),
            signature: settings.signature,
            codeTemplate: settings.codeTemplate,
            noticeTemplate: settings.noticeTemplate,
            callbackURL: configuration.issuer + SMSReports.path(reportSecret(secrets))
        )
        return SMSCodes(
            ledger: SMSLedger(
                database: database,
                clock: clock,
                limits: SMSLedger.Limits(
                    network: settings.mostPerNetwork,
                    browser: settings.mostPerBrowser,
                    budget: settings.mostPerHour
                )
            ),
            gateway: ChuanglanGateway(
                wire: wire,
                baseURL: settings.baseURL ?? generation.defaultBaseURL,
                outbound: outbound,
                pause: settings.retryPause,
                clock: clock,
                logger: logger
            ),
            captchas: captchas,
            database: database,
            clock: clock,
            key: derived("sms", secrets),
            lifetime: configuration.lifetimes.smsCode.wholeSeconds,
            boundTo: settings.isDomainBound ? Page.host(of: configuration.issuer) : nil,
            refusedPrefixes: settings.refusedPrefixes,
            exemptPhones: Set(configuration.sandbox.unlimitedAccounts),
            exemptsLoopback: !configuration.sandbox.limitsLoopback,
            logger: logger
        )
    }

    private static func reportSecret(_ secrets: KeySecrets) -> Secret<String> {
        Secret(Base64URL.encode(derived("sms-report", secrets).reveal()))
    }

    /// Where a journey ends that no relying party waits for.
    private var landing: String { configuration.brand.landingPage ?? "/account" }

    var hall: SignInHall {
        SignInHall(
            desk: desk,
            sessions: sessions,
            waiting: waiting,
            landing: landing,
            preselectsConsent: configuration.consent.preselected,
            offersSMS: smsCodes != nil,
            offersQR: configuration.miniProgram.isOffered
        )
    }

    /// One rule for every page (journeys.md C5).
    var passwordRules: PasswordRules {
        PasswordRules(shortest: configuration.passwords.shortest, longest: configuration.passwords.longest)
    }

    /// What needs codes by SMS, if there are any.
    func addMessageRoutes(to router: Router<ProviderContext>) {
        guard let smsCodes else { return }
        addReportRoute(smsCodes, to: router)
        SMSSignIn(hall: hall, accounts: accounts, codes: smsCodes, journeys: journeys).addRoutes(to: router)
        Registration(
            desk: desk,
            accounts: accounts,
            sessions: sessions,
            codes: smsCodes,
            journeys: journeys,
            waiting: waiting,
            rules: passwordRules,
            sync: configuration.registration.nationalSync,
            termsVersion: termsVersion,
            preselects: configuration.consent.preselected,
            landing: landing
        ).addRoutes(to: router)
        PasswordRecovery(
            desk: desk,
            accounts: accounts,
            access: access,
            codes: smsCodes,
            journeys: journeys,
            waiting: waiting,
            rules: passwordRules,
            mimicry: RecoveryMimicry(key: Self.derived("recovery-mimicry", secrets))
        ).addRoutes(to: router)
    }

    /// The version that the user agreement bears, or the hash of its words where it bears none.
    var termsVersion: String {
        let markdown = configuration.brand.userAgreement ?? TextPage.Kind.terms.defaultMarkdown
        if let version = Markdown(markdown).version { return version }
        return Base64URL.encode(Array(Digest.sha256(Array(markdown.utf8)).prefix(9)))
    }

    private func addReportRoute(_ smsCodes: SMSCodes, to router: Router<ProviderContext>) {
        let settings = configuration.sms
        let isFromVendor: @Sendable (String) -> Bool = { address in
            settings.reportAddresses.isEmpty
                || IPAddress(address).map { ip in settings.reportAddresses.contains { $0.contains(ip) } } == true
        }
        SMSReports(
            codes: smsCodes,
            secret: Self.reportSecret(secrets),
            receiver: settings.reportReceiver,
            password: settings.reportPassword,
            isFromVendor: isFromVendor
        ).addRoutes(to: router)
    }
}
