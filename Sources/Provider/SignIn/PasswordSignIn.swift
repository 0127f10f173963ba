// SignIn
// Owns: the login page and the ways in: account and password, phone and code by SMS.
// Hands off: the waiting request to Flows, back to the dispatcher by redirect; sessions to Sessions; counting to Accounts.
// Never: an answer that tells whether an account exists, by words, status, time or picture.

import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// Login by username, phone or ID number with a password (journeys.md L2; pages.md P1 and H1).
struct PasswordSignIn: Sendable {
    let hall: SignInHall
    let accounts: Accounts
    let captchas: Captchas
    let guessing: SignInGuard
    /// The other tab on PC; nil where no mini-program can scan.
    let qr: QRSignIn?
    let clock: ServerClock

    private var desk: PageDesk { hall.desk }

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("login", use: show)
        router.post("login", use: submit)
    }

    /// The empty page.
    @Sendable func show(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let parameters = try Parameters.ofQuery(request)
        let transaction = parameters.field(named: "transaction")
        let waiting = try await hall.waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true {
            return hall.expired(waiting, request, context, browser)
        }
        if waiting == nil, try await hall.sessions.find(desk.cookies.value(.session, in: request)) != nil {
            return .seeOther(hall.landing)
        }
        var attempt = Attempt(waiting: waiting, browser: browser)
        attempt.account = waiting?.loginHint ?? ""
        attempt.hasConsented = hall.preselectsConsent
        attempt.showsQR = parameters.field(named: "way") != "password"
        attempt.qrID = parameters.field(named: "qr")
        return try await draw(attempt, request, context)
    }

    /// One try.
    @Sendable func submit(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let transaction = form.field(named: "transaction")
        let waiting = try await hall.waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true { return hall.expired(waiting, request, context, browser) }
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            // The cookie is gone or the form is old: draw the page anew instead of an error nobody can leave.
            var attempt = Attempt(waiting: waiting, browser: browser)
            attempt.account = form.field(.account)
            attempt.faults = [FormFault(.csrfFailed, at: nil)]
            return try await draw(attempt, request, context)
        }
        var attempt = Attempt(waiting: waiting, browser: browser)
        attempt.account = form.field(.account)
        attempt.hasConsented = !form.field(.consent).isEmpty
        attempt.captchaID = form.field(.captchaID)
        attempt.captchaProof = form.field(.captchaProof)
        if form.field(named: "op") == "new-captcha" {
            attempt.captchaID = nil
            return try await draw(attempt, request, context)
        }
        attempt.faults = missing(in: form, attempt, request)
        guard attempt.faults.isEmpty else { return try await draw(attempt, request, context) }
        switch try await check(form, attempt, context) {
        case .refused(let faults):
            attempt.faults = faults
            attempt.captchaID = nil
            return try await draw(attempt, request, context)
        case .proved(let account):
            return try await enter(account, attempt, request, context)
        }
    }

    // MARK: Steps of one try

    /// What a try carries from field to page.
    private struct Attempt {
        let waiting: WaitingRequest?
        let browser: BrowserIdentity
        var account = ""
        var captchaID: String?
        var captchaProof = ""
        var hasConsented = false
        /// 扫码登录 is the tab that is open.
        var showsQR = false
        var qrID = ""
        var faults: [FormFault] = []
    }

    private enum Outcome {
        case proved(Account)
        case refused([FormFault])
    }

    private func missing(in form: Parameters, _ attempt: Attempt, _ request: Request) -> [FormFault] {
        var faults: [FormFault] = []
        if form.field(.account).isEmpty { faults.append(FormFault(.accountRequired)) }
        if form.field(.password).isEmpty { faults.append(FormFault(.passwordRequired)) }
        if form.field(.captcha).isEmpty, attempt.captchaProof.isEmpty { faults.append(FormFault(.captchaRequired)) }
        if hall.asksConsent(attempt.waiting, request), !attempt.hasConsented {
            faults.append(FormFault(.consentRequired))
        }
        return faults
    }

    /// Captcha, then the count, then the password: whoever fails earlier learns nothing about what comes later.
    private func check(_ form: Parameters, _ attempt: Attempt, _ context: ProviderContext) async throws -> Outcome {
        switch try await captchas.check(
            form.field(.captcha),
            proof: attempt.captchaProof,
            id: attempt.captchaID,
            .signIn,
            browser: attempt.browser
        ) {
        case .right: break
        case .wrong: return .refused([FormFault(.captchaWrong)])
        case .expired: return .refused([FormFault(.captchaExpired)])
        }
        let identifier = AccountIdentifier(typed: form.field(.account))
        let network = ClientNetwork(address: context.clientAddress)
        let found = try await accounts.find(identifier)
        let ticket: SignInGuard.Ticket
        switch try await guessing.admit(identifier, network: network) {
        case .admitted(let admitted): ticket = admitted
        case .paused(let until): return .refused([FormFault(.locked(until: clockTime(until)), at: .password)])
        case .busy: throw BusyError()
        }
        let verification: PasswordHasher.Verification
        do throws(PasswordHasherError) {
            verification = try await accounts.hasher.verify(form.field(.password), against: found?.password)
        } catch {
            switch error {
            case .busy:
                try await guessing.withdrawn(ticket)
                throw BusyError()
            case .passwordTooLong: verification = .differs
            default: throw error
            }
        }
        guard case .matches(let needsRehash) = verification, let found, let record = found.password else {
            try await guessing.refused(ticket, account: found?.account.id, trace: Trace(context))
            return .refused([FormFault(.badCredentials(remaining: ticket.remaining), at: .password)])
        }
        try await guessing.succeeded(ticket)
        guard found.account.state == .active else {
            return .refused([hall.disabled(context, at: .account)])
        }
        if needsRehash { try? await accounts.rehash(form.field(.password), of: found.account, from: record) }
        return .proved(found.account)
    }

    /// A new session in this browser, and on to whoever waits.
    private func enter(_ account: Account, _ attempt: Attempt, _ request: Request, _ context: ProviderContext)
        async throws -> Response
    {
        let entered = try await hall.enter(
            account.id,
            methods: [.password],
            waiting: attempt.waiting,
            hasConsented: attempt.hasConsented,
            request,
            context
        )
        if let entered { return entered }
        var attempt = attempt
        attempt.faults = [hall.disabled(context, at: .account)]
        attempt.captchaID = nil
        return try await draw(attempt, request, context)
    }

    // MARK: Drawing

    private func draw(_ attempt: Attempt, _ request: Request, _ context: ProviderContext) async throws -> Response {
        let captcha = try await captchas.challenge(
            id: attempt.captchaID,
            proof: attempt.captchaProof,
            .signIn,
            browser: attempt.browser
        )
        let waiting = attempt.waiting
        var page = SignInPage()
        page.account = attempt.account
        page.captcha = captcha
        page.asksConsent = hall.asksConsent(waiting, request)
        page.isConsentTicked = attempt.hasConsented
        page.faults = attempt.faults
        let drawn = desk.context(
            request,
            context,
            browser: attempt.browser,
            returnPath: waiting?.loginPath ?? "/login",
            display: waiting?.display
        )
        if let qr, drawn.face == .pc {
            page.showsQR = attempt.showsQR
            if attempt.showsQR {
                page.qr = try await qr.panel(attempt.qrID, waiting, browser: attempt.browser, request, context)
            }
        }
        hall.furnish(&page, .password, waiting, drawn.face)
        return desk.respond(page.page(in: drawn), browser: attempt.browser)
    }

    private func clockTime(_ date: Date) -> ClockTime {
        ClockTime(Int64(date.timeIntervalSince1970.rounded(.up)), now: clock.seconds)
    }
}
