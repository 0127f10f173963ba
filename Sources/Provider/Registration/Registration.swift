// Registration
// Owns: the way to an account of one's own: form, proof of the phone, the account, the last page.
// Hands off: codes to Verification; the account and what was agreed to to Accounts; where the person is to Flows; the session to Sessions.
// Never: an account without a proved phone; a word about whose phone it is before the code was right.

import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// Registration (journeys.md R1, R2, R4, R5; pages.md P2, P4, H3, H5).
///
/// One form, two faces. The right code makes a journey on the server that holds the proved phone: whatever is still wrong in the form, the
/// person needs no second code for it.
struct Registration: Sendable {
    let desk: PageDesk
    let accounts: Accounts
    let sessions: Sessions
    let codes: SMSCodes
    let journeys: Journeys
    let waiting: WaitingRequests
    let rules: PasswordRules
    let sync: NationalSync
    /// The version of the user agreement that stands on the page.
    let termsVersion: String
    let preselects: Bool
    let landing: String

    /// What the box 同步成为国家政务服务平台用户 is (pages.md P2).
    enum NationalSync: String, CaseIterable, Sendable { case off, optional, required }

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("register", use: show)
        router.post("register", use: submit)
        router.get("register/done", use: done)
    }

    /// The empty form, or the one whose phone is proved.
    @Sendable func show(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let query = try Parameters.ofQuery(request)
        let transaction = query.field(named: "transaction")
        let waiting = try await waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true { return expired(waiting, request, context, browser) }
        var entry = RegistrationEntry(waiting: waiting, browser: browser)
        entry.agrees = preselects
        entry.wantsSync = preselects
        entry.phone = waiting?.loginHint.flatMap(MainlandMobile.canonical) ?? ""
        let name = query.field(named: "flow")
        if !name.isEmpty {
            guard let journey = try await journeys.find(name, .registration, browser: browser) else {
                return .seeOther(path("/register", waiting))
            }
            if journey.isFinished { return .seeOther("/register/done?flow=\(name)") }
            entry.take(journey)
        }
        return try await draw(entry, request, context)
    }

    /// A request for a code, or the whole form.
    @Sendable func submit(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let transaction = form.field(named: "transaction")
        let waiting = try await waiting.find(transaction, browser: browser)
        if !transaction.isEmpty, waiting?.isOpen != true { return expired(waiting, request, context, browser) }
        var entry = RegistrationEntry(waiting: waiting, browser: browser)
        entry.read(form, face: desk.face(request, display: waiting?.display))
        if let journey = try await journeys.find(form.field(named: "flow"), .registration, browser: browser) {
            // Sent twice: the first time made the account.
            if journey.isFinished { return .seeOther("/register/done?flow=\(journey.name)") }
            entry.take(journey)
        }
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            entry.faults = [FormFault(.csrfFailed, at: nil)]
            return try await draw(entry, request, context)
        }
        switch form.field(named: "op") {
        case "new-captcha":
            entry.captchaID = nil
            return try await draw(entry, request, context)
        case SMSCodeField.operation: return try await sendCode(entry, request, context)
        default: return try await register(entry, request, context)
        }
    }

    // MARK: Code

    private func sendCode(_ entry: RegistrationEntry, _ request: Request, _ context: ProviderContext) async throws
        -> Response
    {
        var entry = entry
        guard let phone = MainlandMobile.canonical(entry.phone) else {
            entry.faults = [FormFault(entry.phone.isEmpty ? .phoneRequired : .phoneFormat)]
            return try await draw(entry, request, context)
        }
        var ask = SMSCodes.Ask(
            phone: phone,
            purpose: .register,
            browser: entry.browser,
            network: ClientNetwork(address: context.clientAddress),
            trace: Trace(context)
        )
        ask.captcha = entry.captcha
        ask.captchaProof = entry.captchaProof
        ask.captchaID = entry.captchaID
        // A phone that has an account gets its code like any other (R5).
        switch try await codes.request(ask) {
        case .sent: entry.code.sentTo = Mask.phone(phone)
        case .refused(let fault): entry.faults = [fault]
        }
        if entry.faults.first?.fault.code != .captchaRequired {
            entry.captchaID = nil
            entry.captchaProof = ""
        }
        return try await draw(entry, request, context)
    }

    // MARK: Account

    private func register(_ entry: RegistrationEntry, _ request: Request, _ context: ProviderContext) async throws
        -> Response
    {
        var entry = entry
        entry.faults = RegistrationForm(entry, rules: rules, sync: sync).faults
        // A username may be told to be taken (R5); it is looked at before the code is spent.
        if let username = entry.username, entry.faults.isEmpty, try await accounts.isTaken(username: username) {
            entry.faults = [FormFault(.usernameTaken)]
        }
        guard entry.faults.isEmpty, let phone = MainlandMobile.canonical(entry.phone) else {
            return try await draw(entry, request, context)
        }
        if entry.journey == nil {
            if let fault = try await codes.check(entry.smsCode, phone: phone, .register, browser: entry.browser) {
                entry.faults = [FormFault(fault)]
                return try await draw(entry, request, context)
            }
            let name = try await journeys.beginRegistration(phone: phone, browser: entry.browser)
            guard let journey = try await journeys.find(name, .registration, browser: entry.browser) else {
                return .seeOther(path("/register", entry.waiting))
            }
            entry.take(journey)
        }
        // From here on the person has proved to hold the phone, and may know that it has an account.
        if try await accounts.find(phone: phone) != nil {
            entry.faults = [FormFault(.phoneRegistered)]
            return try await draw(entry, request, context)
        }
        do {
            let account = try await create(entry, phone: phone, context)
            return try await welcome(account, entry, request, context)
        } catch let taken as Accounts.Taken {
            entry.faults = [FormFault(taken.field == "username" ? .usernameTaken : .phoneRegistered)]
            return try await draw(entry, request, context)
        }
    }

    /// The account with everything that stands beside it, in one transaction.
    private func create(_ entry: RegistrationEntry, phone: String, _ context: ProviderContext) async throws -> Account {
        var new = NewAccount(phone: phone)
        do throws(PasswordHasherError) {
            new.passwordRecord = try await accounts.hasher.hash(entry.password)
        } catch {
            if case .busy = error { throw BusyError() }
            throw error
        }
        new.agreedTerms = termsVersion
        new.syncsToNationalPlatform = entry.wantsSync && sync != .off
        for _ in 0..<3 where entry.username == nil {
            // H5 asks for no username: a made one, to be changed later (R2).
            new.username = Self.madeUsername()
            do {
                return try await accounts.create(new, trace: Trace(context))
            } catch let taken as Accounts.Taken where taken.field == "username" {
                continue
            }
        }
        new.username = entry.username ?? Self.madeUsername()
        return try await accounts.create(new, trace: Trace(context))
    }

    /// Logged in, and to the last page.
    private func welcome(
        _ account: Account,
        _ entry: RegistrationEntry,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        guard let journey = entry.journey else { return .seeOther("/login") }
        var payload = JSONObject()
        payload["transaction"] = entry.waiting.map { .string($0.pending.name) } ?? .null
        _ = try await journeys.advance(
            journey,
            .registration,
            to: Journeys.RegistrationStep.done.rawValue,
            account: account.id,
            payload: .object(payload),
            isLast: true
        )
        let started = try await sessions.begin(
            account.id,
            methods: [.sms],
            replacing: desk.cookies.value(.session, in: request),
            browser: request.headers[.userAgent].map { String($0.prefix(200)) },
            trace: Trace(context)
        )
        var response = Response.seeOther("/register/done?flow=\(journey.name)")
        if let started { response.setCookie(desk.cookies.header(.session, started.cookie.reveal(), maxAge: nil)) }
        return response
    }

    private static func madeUsername() -> String {
        // Letters and digits that nobody confuses when reading them out; first a letter (C4).
        let alphabet = Array("23456789abcdefghjkmnpqrstvwxyz".utf8)
        return "u" + String(decoding: Random.bytes(9).map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }

    // MARK: End

    /// P4 and H5: reachable again without doing anything again.
    @Sendable func done(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "flow")
        guard let journey = try await journeys.find(name, .registration, browser: browser), journey.isFinished else {
            return .seeOther("/register")
        }
        let waiting = try await waiting.find(journey.payload["transaction"]?.string ?? "", browser: browser)
        let account = Brand.Link("进入个人中心", "/account")
        let onward =
            if let waiting, waiting.isOpen {
                Brand.Link("返回\(waiting.label.name)", waiting.resumePath)
            } else if landing != account.url {
                Brand.Link("进入网上办事大厅", landing)
            } else {
                account
            }
        let page = DonePage(
            title: "注册成功",
            lead: "您已登录。实名认证可以以后在个人中心办理，不影响现在使用。",
            primary: onward,
            secondary: onward == account ? nil : account,
            stepper: Stepper(steps: RegistrationPage.steps, current: 1)
        )
        let drawn = desk.context(request, context, browser: browser, display: waiting?.display)
        return desk.respond(page.page(in: drawn), browser: browser)
    }

    // MARK: Drawing

    private func draw(_ entry: RegistrationEntry, _ request: Request, _ context: ProviderContext) async throws
        -> Response
    {
        let captcha = try await codes.captchas.challenge(
            id: entry.captchaID,
            proof: entry.captchaProof,
            .register,
            browser: entry.browser
        )
        var code = entry.code
        if let phone = MainlandMobile.canonical(entry.phone) {
            code.resend = try await codes.resend(phone: phone, .register, browser: entry.browser)
        }
        code.minutes = codes.minutes
        if SendCodeAnswer.isWanted(by: request) {
            return code.answer(entry.faults.first, captcha: captcha).response
        }
        let waiting = entry.waiting
        let page = RegistrationPage(
            entry: entry,
            captcha: captcha,
            code: code,
            passwordRange: "\(rules.shortest)-\(rules.longest)",
            sync: sync,
            loginURL: path("/login", waiting),
            recoverURL: path("/recover", waiting)
        )
        var here = path("/register", waiting)
        if let journey = entry.journey { here += (here.contains("?") ? "&" : "?") + "flow=\(journey.name)" }
        let drawn = desk.context(
            request,
            context,
            browser: entry.browser,
            returnPath: here,
            display: waiting?.display
        )
        return desk.respond(page.page(in: drawn), browser: entry.browser)
    }

    private func path(_ path: String, _ waiting: WaitingRequest?) -> String {
        waiting.map { "\(path)?transaction=\($0.pending.name)" } ?? path
    }

    private func expired(
        _ waiting: WaitingRequest?,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) -> Response {
        let page = ErrorPage.expired(backTo: waiting?.wayBack ?? Brand.Link("重新注册", "/register"))
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }
}
