import FoundationEssentials
import Hummingbird
import OAuth

/// Login by phone and code (journeys.md L5; pages.md P1 and H2). A phone without an account is led to registration, once the code
/// proved that it is in the person's hand; before that, nothing tells whether it has one.
struct SMSSignIn: Sendable {
    let hall: SignInHall
    let accounts: Accounts
    let codes: SMSCodes
    let journeys: Journeys

    private var desk: PageDesk { hall.desk }

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("login/sms", use: show)
        router.post("login/sms", use: submit)
    }

    /// The empty page.
    @Sendable func show(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let transaction = try Parameters.ofQuery(request).field(named: "transaction")
        let waiting = try await hall.waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true { return hall.expired(waiting, request, context, browser) }
        if waiting == nil, try await hall.sessions.find(desk.cookies.value(.session, in: request)) != nil {
            return .seeOther(hall.landing)
        }
        var attempt = Attempt(waiting: waiting, browser: browser)
        attempt.phone = waiting?.loginHint.flatMap(MainlandMobile.canonical) ?? ""
        attempt.hasConsented = hall.preselectsConsent
        return try await draw(attempt, request, context)
    }

    /// A request for a code, or a try.
    @Sendable func submit(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let transaction = form.field(named: "transaction")
        let waiting = try await hall.waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true { return hall.expired(waiting, request, context, browser) }
        var attempt = Attempt(waiting: waiting, browser: browser)
        attempt.phone = form.field(.phone)
        attempt.hasConsented = !form.field(.consent).isEmpty
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            attempt.faults = [FormFault(.csrfFailed, at: nil)]
            return try await draw(attempt, request, context)
        }
        attempt.captchaID = form.field(.captchaID)
        attempt.captchaProof = form.field(.captchaProof)
        switch form.field(named: "op") {
        case "new-captcha":
            attempt.captchaID = nil
            return try await draw(attempt, request, context)
        case SMSCodeField.operation: return try await sendCode(form, attempt, request, context)
        default: return try await logIn(form, attempt, request, context)
        }
    }

    // MARK: Steps of one try

    private struct Attempt {
        let waiting: WaitingRequest?
        let browser: BrowserIdentity
        var phone = ""
        var captchaID: String?
        var captchaProof = ""
        var hasConsented = false
        var code = SMSCodeField()
        var faults: [FormFault] = []
    }

    private func sendCode(
        _ form: Parameters,
        _ attempt: Attempt,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        var attempt = attempt
        if let phone = MainlandMobile.canonical(attempt.phone) {
            var ask = SMSCodes.Ask(
                phone: phone,
                purpose: .signIn,
                browser: attempt.browser,
                network: ClientNetwork(address: context.clientAddress),
                trace: Trace(context)
            )
            ask.captcha = form.field(.captcha)
            ask.captchaProof = attempt.captchaProof
            ask.captchaID = attempt.captchaID
            switch try await codes.request(ask) {
            case .sent: attempt.code.sentTo = Mask.phone(phone)
            case .refused(let fault): attempt.faults = [fault]
            }
            if attempt.faults.first?.fault.code != .captchaRequired {
                attempt.captchaID = nil
                attempt.captchaProof = ""
            }
        } else {
            attempt.faults = [FormFault(attempt.phone.isEmpty ? .phoneRequired : .phoneFormat)]
        }
        return try await draw(attempt, request, context)
    }

    private func logIn(_ form: Parameters, _ attempt: Attempt, _ request: Request, _ context: ProviderContext)
        async throws -> Response
    {
        var attempt = attempt
        let phone = MainlandMobile.canonical(attempt.phone)
        if phone == nil { attempt.faults.append(FormFault(attempt.phone.isEmpty ? .phoneRequired : .phoneFormat)) }
        if form.field(.smsCode).isEmpty { attempt.faults.append(FormFault(.smsCodeRequired)) }
        if hall.asksConsent(attempt.waiting, request), !attempt.hasConsented {
            attempt.faults.append(FormFault(.consentRequired))
        }
        guard attempt.faults.isEmpty, let phone else { return try await draw(attempt, request, context) }
        if let fault = try await codes.check(form.field(.smsCode), phone: phone, .signIn, browser: attempt.browser) {
            attempt.faults = [FormFault(fault)]
            return try await draw(attempt, request, context)
        }
        guard let account = try await accounts.find(phone: phone) else {
            let journey = try await journeys.beginRegistration(phone: phone, browser: attempt.browser)
            let way = hall.path("/register", attempt.waiting)
            return .seeOther("\(way)\(way.contains("?") ? "&" : "?")flow=\(journey)")
        }
        if account.state == .active {
            let entered = try await hall.enter(
                account.id,
                methods: [.sms],
                waiting: attempt.waiting,
                hasConsented: attempt.hasConsented,
                request,
                context
            )
            if let entered { return entered }
        }
        attempt.faults = [hall.disabled(context, at: .phone)]
        return try await draw(attempt, request, context)
    }

    // MARK: Drawing

    private func draw(_ attempt: Attempt, _ request: Request, _ context: ProviderContext) async throws -> Response {
        let captcha = try await codes.captchas.challenge(
            id: attempt.captchaID,
            proof: attempt.captchaProof,
            .smsSignIn,
            browser: attempt.browser
        )
        var code = attempt.code
        if let phone = MainlandMobile.canonical(attempt.phone) {
            code.resend = try await codes.resend(phone: phone, .signIn, browser: attempt.browser)
        }
        code.minutes = codes.minutes
        if SendCodeAnswer.isWanted(by: request) {
            return code.answer(attempt.faults.first, captcha: captcha).response
        }
        let waiting = attempt.waiting
        var page = SignInPage()
        page.phone = attempt.phone
        page.captcha = captcha
        page.smsCode = code
        page.asksConsent = hall.asksConsent(waiting, request)
        page.isConsentTicked = attempt.hasConsented
        page.faults = attempt.faults
        let drawn = desk.context(
            request,
            context,
            browser: attempt.browser,
            returnPath: hall.path("/login/sms", waiting),
            display: waiting?.display
        )
        hall.furnish(&page, .sms, waiting, drawn.face)
        return desk.respond(page.page(in: drawn), browser: attempt.browser)
    }
}
