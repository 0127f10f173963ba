/// P5 and H6: which account.
struct RecoverAccountPage: Sendable {
    static let steps = ["填写账户名", "验证身份", "设置新密码", "完成"]
    static let journey = "找回密码"

    let entry: RecoveryEntry
    let captcha: CaptchaChallenge
    let loginURL: String

    func page(in context: PageContext) -> Page {
        let form = Form(
            id: "recover-account",
            action: "/recover",
            faults: entry.faults,
            hidden: entry.transaction.map { [("transaction", $0)] } ?? [],
            defaultButton: "下一步"
        )
        let account = TextField(
            name: .account,
            label: "账号",
            placeholder: "用户名/手机号/身份证号",
            value: entry.account,
            autocomplete: "username"
        )
        let fields: HTML = """
            \(Form.requiredNote)
            <div class="cells">\(account.markup(entry.faults))\(CaptchaField(challenge: captcha).markup(entry.faults))</div>
            <div class="actions">\(Button.primary("下一步"))</div>
            """
        return RecoverySheet(title: "找回密码", place: 0, faults: entry.faults).page(
            """
            <p class="lead">请填写您要找回密码的账号。</p>
            \(form.errorSummary)
            \(form.markup(fields, in: context))
            <p class="way-out"><span>想起密码了？<a class="textual" href="\(url: loginURL)">返回登录</a></span></p>
            """,
            in: context
        )
    }
}

/// P6 and H7: prove who you are. One page for every account: what it asks follows from the account's level.
struct RecoverVerifyPage: Sendable {
    let flow: String
    let subject: RecoverySubject
    let entry: RecoveryEntry
    let captcha: CaptchaChallenge
    let code: SMSCodeField
    let startURL: String

    func page(in context: PageContext) -> Page {
        let form = Form(
            id: "recover-verify",
            action: PasswordRecovery.Step.verify.path,
            faults: entry.faults,
            hidden: [("flow", flow)],
            defaultButton: "下一步"
        )
        return RecoverySheet(title: "验证身份", place: 1, faults: entry.faults).page(
            """
            <p class="lead">您正在为账号 <strong class="nowrap">\(subject.maskedName)</strong> 找回密码，\
            \(subject.asksNumber ? "通过手机号和证件号验证身份。" : "通过手机号验证身份。")</p>
            \(form.errorSummary)
            \(form.markup(fields, in: context))
            <p class="way-out"><a class="textual" href="\(url: startURL)">返回上一步</a>\
            <a class="textual" href="/help#phone-lost">当前手机号不再使用？</a></p>
            """,
            in: context
        )
    }

    private var fields: HTML {
        """
        \(Form.requiredNote)
        <dl class="facts-list"><div><dt>手机号码</dt><dd class="code">\(subject.maskedPhone)</dd></div></dl>
        <div class="cells">
        \(HTML.when(subject.asksNumber, number))
        \(HTML.when(!subject.isPhoneProved, proof))
        </div>
        \(HTML.when(subject.isPhoneProved, NoticeLine.markup("手机号已通过短信验证")))
        <div class="actions">\(Button.primary("下一步"))</div>
        """
    }

    private var number: HTML {
        TextField(
            name: .idNumber,
            label: "证件号",
            placeholder: "请输入完整的证件号",
            value: entry.idNumber,
            autocomplete: "off"
        ).markup(entry.faults)
    }

    private var proof: HTML {
        var code = code
        code.lostPhoneURL = "/help#phone-lost"
        return "\(CaptchaField.guarding(code, captcha).markup(entry.faults))\(code.markup(entry.faults))"
    }
}

/// P7 and H8: the new password.
struct RecoverPasswordPage: Sendable {
    let flow: String
    let faults: [FormFault]
    /// Such as 8-20.
    let range: String

    func page(in context: PageContext) -> Page {
        let form = Form(
            id: "recover-password",
            action: PasswordRecovery.Step.password.path,
            faults: faults,
            hidden: [("flow", flow)]
        )
        let first = PasswordField(
            name: .newPassword,
            label: "新密码",
            placeholder: "\(range)位字母、数字或特殊字符",
            autocomplete: "new-password",
            strength: PasswordStrength(range: range)
        )
        let second = PasswordField(
            name: .confirmPassword,
            label: "确认新密码",
            placeholder: "请再次输入新密码",
            autocomplete: "new-password"
        )
        return RecoverySheet(title: "设置新密码", place: 2, faults: faults).page(
            """
            \(form.errorSummary)
            \(form.markup(
                """
                \(Form.requiredNote)
                <div class="cells">\(first.markup(faults))\(second.markup(faults))</div>
                <div class="actions">\(Button.primary("下一步"))</div>
                """,
                in: context
            ))
            """,
            in: context
        )
    }
}

/// The frame of the steps.
private struct RecoverySheet {
    let title: String
    let place: Int
    let faults: [FormFault]

    func page(_ content: HTML, in context: PageContext) -> Page {
        let layout = Layout(
            step: title,
            journey: title == RecoverAccountPage.journey ? nil : RecoverAccountPage.journey,
            page: "recover",
            hasFaults: !faults.isEmpty
        )
        let document: HTML = """
            \(Stepper(steps: RecoverAccountPage.steps, current: place).markup)
            <section class="card sheet" aria-labelledby="title">
            <h1 id="title">\(title)</h1>
            \(content)
            \(HelpLine.markup(context.brand, anchor: "recover"))
            </section>
            """
        return Page(status: faults.status, document: layout.document(document, in: context))
    }
}
