import Cryptography
import Hummingbird
import OAuth

extension PasswordRecovery {
    func drawAccount(_ entry: RecoveryEntry, _ request: Request, _ context: ProviderContext) async throws -> Response {
        let captcha = try await codes.captchas.challenge(
            id: entry.captchaID,
            proof: entry.captchaProof,
            .recover,
            browser: entry.browser
        )
        let page = RecoverAccountPage(entry: entry, captcha: captcha, loginURL: path("/login", entry.transaction))
        return respond(returnPath: path("/recover", entry.transaction), entry.browser, request, context) {
            page.page(in: $0)
        }
    }

    func drawVerify(
        _ journey: Journey,
        _ subject: RecoverySubject,
        _ entry: RecoveryEntry,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let captcha = try await codes.captchas.challenge(
            id: entry.captchaID,
            proof: entry.captchaProof,
            .recoverVerify,
            browser: entry.browser
        )
        var code = entry.code
        code.minutes = codes.minutes
        code.resend = try await codes.resend(
            phone: subject.phone,
            .recover,
            browser: entry.browser,
            isPretence: subject.account == nil
        )
        if SendCodeAnswer.isWanted(by: request) {
            return code.answer(entry.faults.first, captcha: captcha).response
        }
        let page = RecoverVerifyPage(
            flow: journey.name,
            subject: subject,
            entry: entry,
            captcha: captcha,
            code: code,
            startURL: path("/recover", journey.payload["transaction"]?.string)
        )
        let here = "\(Step.verify.path)?flow=\(journey.name)"
        return respond(returnPath: here, entry.browser, request, context) { page.page(in: $0) }
    }

    func drawPassword(_ journey: Journey, _ entry: RecoveryEntry, _ request: Request, _ context: ProviderContext)
        -> Response
    {
        let page = RecoverPasswordPage(
            flow: journey.name,
            faults: entry.faults,
            range: "\(rules.shortest)-\(rules.longest)"
        )
        let here = "\(Step.password.path)?flow=\(journey.name)"
        return respond(returnPath: here, entry.browser, request, context) { page.page(in: $0) }
    }

    func drawDone(
        _ journey: Journey,
        _ browser: BrowserIdentity,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response {
        let waiting = try await waiting.find(journey.payload["transaction"]?.string ?? "", browser: browser)
        let login = waiting?.isOpen == true ? waiting?.loginPath : nil
        let page = DonePage(
            title: "密码已重置",
            lead: "为了安全，您在所有设备上的登录都已退出，并已短信通知您的手机。请用新密码重新登录。",
            primary: Brand.Link("立即登录", login ?? "/login"),
            stepper: Stepper(steps: RecoverAccountPage.steps, current: Step.done.place)
        )
        return respond(returnPath: "\(Step.done.path)?flow=\(journey.name)", browser, request, context) {
            page.page(in: $0)
        }
    }

    private func respond(
        returnPath: String,
        _ browser: BrowserIdentity,
        _ request: Request,
        _ context: ProviderContext,
        _ page: (PageContext) -> Page
    ) -> Response {
        let drawn = desk.context(request, context, browser: browser, returnPath: returnPath)
        return desk.respond(page(drawn), browser: browser)
    }

    private func path(_ path: String, _ transaction: String?) -> String {
        transaction.map { "\(path)?transaction=\($0)" } ?? path
    }
}
