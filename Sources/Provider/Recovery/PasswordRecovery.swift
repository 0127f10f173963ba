// Recovery
// Owns: the way back to an account whose password is forgotten: name it, prove who you are, set a new password.
// Hands off: codes to Verification; passwords to Accounts; what a new one ends to AccountAccess; where the person is to Flows.
// Never: a page that tells whether an account exists, by words, status, picture or time; a step that is reached without the one before it.

import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// Recovery of a password (journeys.md P1 to P4; pages.md P5 to P8, H6 to H9).
///
/// What is asked follows from the level of the account, never from the page (trust.md 0): who is verified needs the number of the document as
/// well. An account that does not exist walks the same steps with invented masks, and no code is ever right for it.
struct PasswordRecovery: Sendable {
    let desk: PageDesk
    let accounts: Accounts
    let access: AccountAccess
    let codes: SMSCodes
    let journeys: Journeys
    let waiting: WaitingRequests
    let rules: PasswordRules
    /// Invents what an account that does not exist would look like, always the same for the same name.
    let mimicry: RecoveryMimicry

    /// The steps that are stored; the first form has none.
    enum Step: String, Sendable {
        case verify, password, done

        var path: String { "/recover/\(rawValue)" }
        /// Its place in the stepper.
        var place: Int {
            switch self {
            case .verify: 1
            case .password: 2
            case .done: 3
            }
        }
    }

    /// Wrong document numbers that end a journey.
    static let numberTries = 5

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("recover", use: showAccount)
        router.post("recover", use: takeAccount)
        router.get("recover/verify") { request, context in try await show(.verify, request, context) }
        router.post("recover/verify", use: verify)
        router.get("recover/password") { request, context in try await show(.password, request, context) }
        router.post("recover/password", use: setPassword)
        router.get("recover/done") { request, context in try await show(.done, request, context) }
    }

    // MARK: 1 填写账户名

    @Sendable func showAccount(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let query = try Parameters.ofQuery(request)
        let waiting = try await waiting.find(query.field(named: "transaction"), browser: browser)
        var entry = RecoveryEntry(browser: browser, transaction: waiting?.pending.name)
        entry.account = waiting?.loginHint ?? ""
        return try await drawAccount(entry, request, context)
    }

    @Sendable func takeAccount(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let waiting = try await waiting.find(form.field(named: "transaction"), browser: browser)
        var entry = RecoveryEntry(browser: browser, transaction: waiting?.pending.name)
        entry.read(form)
        if let early = entry.early(form, desk) { return try await drawAccount(early, request, context) }
        if entry.account.isEmpty { entry.faults.append(FormFault(.accountRequired)) }
        if entry.captcha.isEmpty, entry.captchaProof.isEmpty { entry.faults.append(FormFault(.captchaRequired)) }
        guard entry.faults.isEmpty else { return try await drawAccount(entry, request, context) }
        switch try await codes.captchas.check(
            entry.captcha,
            proof: entry.captchaProof,
            id: entry.captchaID,
            .recover,
            browser: browser
        ) {
        case .right: break
        case .wrong: entry.refuse(.captchaWrong)
        case .expired: entry.refuse(.captchaExpired)
        }
        guard entry.faults.isEmpty else { return try await drawAccount(entry, request, context) }
        let subject = try await subject(of: entry.account)
        let name = try await journeys.begin(
            .recovery,
            step: Step.verify.rawValue,
            account: subject.account,
            payload: subject.payload(transaction: entry.transaction),
            isProved: false,
            browser: browser
        )
        return .seeOther("\(Step.verify.path)?flow=\(name)")
    }

    /// Whom the journey is about: an account that can be recovered, or one that is only imagined.
    private func subject(of typed: String) async throws -> RecoverySubject {
        let identifier = AccountIdentifier(typed: typed)
        let found = try await accounts.find(identifier)?.account
        guard let found, found.state == .active, let phone = found.phone else {
            return mimicry.subject(identifier, typed)
        }
        return RecoverySubject(
            account: found.id,
            phone: phone,
            maskedName: mimicry.maskedName(identifier, typed),
            maskedPhone: Mask.phone(phone),
            asksNumber: found.level > .l1
        )
    }

    // MARK: 2 验证身份

    @Sendable func verify(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        guard let journey = try await open(form.field(named: "flow"), at: .verify, browser) else {
            return try await elsewhere(form.field(named: "flow"), browser, request, context)
        }
        let subject = RecoverySubject(journey)
        var entry = RecoveryEntry(browser: browser, transaction: nil)
        entry.read(form)
        if let early = entry.early(form, desk) {
            return try await drawVerify(journey, subject, early, request, context)
        }
        if form.field(named: "op") == SMSCodeField.operation {
            return try await sendCode(journey, subject, entry, request, context)
        }
        if subject.asksNumber, entry.idNumber.isEmpty { entry.faults.append(FormFault(.idNumberRequired)) }
        if entry.smsCode.isEmpty, !subject.isPhoneProved { entry.faults.append(FormFault(.smsCodeRequired)) }
        guard entry.faults.isEmpty else { return try await drawVerify(journey, subject, entry, request, context) }
        return try await judge(journey, subject, entry, request, context)
    }

    private func sendCode(
        _ journey: Journey,
        _ subject: RecoverySubject,
        _ entry: RecoveryEntry,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        var entry = entry
        var ask = SMSCodes.Ask(
            phone: subject.phone,
            purpose: .recover,
            browser: entry.browser,
            network: ClientNetwork(address: context.clientAddress),
            trace: Trace(context)
        )
        ask.captcha = entry.captcha
        ask.captchaProof = entry.captchaProof
        ask.captchaID = entry.captchaID
        switch try await codes.requestQuietly(ask, isPretence: subject.account == nil) {
        case .sent: entry.code.sentTo = subject.maskedPhone
        case .refused(let fault): entry.faults = [fault]
        }
        if entry.faults.first?.fault.code != .captchaRequired { entry.forgetCaptcha() }
        return try await drawVerify(journey, subject, entry, request, context)
    }

    /// The code first: only who holds the phone hears whether the number of the document is right.
    private func judge(
        _ journey: Journey,
        _ subject: RecoverySubject,
        _ entry: RecoveryEntry,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        var (journey, subject, entry) = (journey, subject, entry)
        if !subject.isPhoneProved {
            let fault = try await codes.check(
                entry.smsCode,
                phone: subject.phone,
                .recover,
                browser: entry.browser,
                isPretence: subject.account == nil
            )
            if let fault {
                entry.faults = [FormFault(fault)]
                return try await drawVerify(journey, subject, entry, request, context)
            }
        }
        guard let account = journey.account, let person = try await accounts.find(account) else {
            return .seeOther("/recover")
        }
        if subject.asksNumber, !RecoverySubject.isNumber(entry.idNumber, of: person) {
            // The phone stays proved: the next try of the number needs no other code.
            if !subject.isPhoneProved {
                subject.isPhoneProved = true
                let kept = subject.payload(transaction: journey.payload["transaction"]?.string)
                guard try await journeys.advance(journey, .recovery, to: Step.verify.rawValue, payload: kept),
                    let moved = try await journeys.find(journey.name, .recovery, browser: entry.browser)
                else { return .seeOther("\(Step.verify.path)?flow=\(journey.name)") }
                journey = moved
            }
            guard try await journeys.countTry(journey, .recovery, of: Self.numberTries) > 0 else {
                return expired(request, context, entry.browser)
            }
            entry.faults = [FormFault(.idNumberWrong)]
            return try await drawVerify(journey, subject, entry, request, context)
        }
        let payload = subject.payload(transaction: journey.payload["transaction"]?.string)
        _ = try await journeys.advance(journey, .recovery, to: Step.password.rawValue, payload: payload)
        return .seeOther("\(Step.password.path)?flow=\(journey.name)")
    }

    // MARK: 3 设置新密码

    @Sendable func setPassword(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        guard let journey = try await open(form.field(named: "flow"), at: .password, browser),
            let id = journey.account, let account = try await accounts.find(id)
        else { return try await elsewhere(form.field(named: "flow"), browser, request, context) }
        var entry = RecoveryEntry(browser: browser, transaction: nil)
        if let early = entry.early(form, desk) { return drawPassword(journey, early, request, context) }
        let password = form.field(.newPassword)
        if let fault = NewPassword.fault(password, rules: rules, username: account.username, phone: account.phone) {
            entry.faults.append(FormFault(fault, at: .newPassword))
        } else if form.field(.confirmPassword) != password {
            entry.faults.append(FormFault(.passwordsDiffer))
        } else if try await isPresent(password, of: account) {
            entry.faults.append(FormFault(.passwordReused, at: .newPassword))
        }
        guard entry.faults.isEmpty else { return drawPassword(journey, entry, request, context) }
        let record: String
        do throws(PasswordHasherError) {
            record = try await accounts.hasher.hash(password)
        } catch {
            if case .busy = error { throw BusyError() }
            throw error
        }
        // The journey's last move is what may change the password: it is made once, whoever presses twice.
        let end: JSON = ["transaction": journey.payload["transaction"] ?? .null]
        guard
            try await journeys.advance(journey, .recovery, to: Step.done.rawValue, payload: end, isLast: true)
        else { return try await elsewhere(journey.name, browser, request, context) }
        try await access.resetPassword(of: id, to: record, trace: Trace(context))
        if let phone = account.phone { codes.notify(phone, event: "重置密码，所有设备上的登录已退出") }
        return .seeOther("\(Step.done.path)?flow=\(journey.name)")
    }

    private func isPresent(_ password: String, of account: Account) async throws -> Bool {
        let record = try await accounts.passwordRecord(of: account.id)
        do throws(PasswordHasherError) {
            if case .matches = try await accounts.hasher.verify(password, against: record) { return record != nil }
            return false
        } catch {
            if case .busy = error { throw BusyError() }
            throw error
        }
    }

    // MARK: Steps

    /// The open journey of this browser, if it stands at that very step.
    private func open(_ name: String, at step: Step, _ browser: BrowserIdentity) async throws -> Journey? {
        guard let journey = try await journeys.find(name, .recovery, browser: browser), journey.step == step.rawValue,
            !journey.isFinished
        else { return nil }
        return journey
    }

    /// A stored step's page; somebody who comes in at another step is led to the one that is open (C9).
    private func show(_ step: Step, _ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "flow")
        guard let journey = try await journeys.find(name, .recovery, browser: browser), journey.step == step.rawValue
        else { return try await elsewhere(name, browser, request, context) }
        let entry = RecoveryEntry(browser: browser, transaction: nil)
        switch step {
        case .verify: return try await drawVerify(journey, RecoverySubject(journey), entry, request, context)
        case .password: return drawPassword(journey, entry, request, context)
        case .done: return try await drawDone(journey, browser, request, context)
        }
    }

    /// To the first open step of a journey, or to the beginning.
    private func elsewhere(
        _ name: String,
        _ browser: BrowserIdentity,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        guard !name.isEmpty else { return .seeOther("/recover") }
        guard let journey = try await journeys.find(name, .recovery, browser: browser),
            let step = Step(rawValue: journey.step)
        else { return expired(request, context, browser) }
        return .seeOther("\(step.path)?flow=\(name)")
    }

    private func expired(_ request: Request, _ context: ProviderContext, _ browser: BrowserIdentity) -> Response {
        let page = ErrorPage.expired(backTo: Brand.Link("重新找回密码", "/recover"))
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }
}
