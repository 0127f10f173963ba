/// P2 (PC) and H3 (phone): the form of registration.
struct RegistrationPage: Sendable {
    /// 实名认证 comes later, from the profile centre: the stepper says so by having no such step.
    static let steps = ["注册账号", "完成"]

    let entry: RegistrationEntry
    let captcha: CaptchaChallenge
    let code: SMSCodeField
    /// Such as 8-20.
    let passwordRange: String
    let sync: Registration.NationalSync
    let loginURL: String
    let recoverURL: String

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "注册账号", page: "register", hasFaults: !entry.faults.isEmpty)
        return Page(status: entry.faults.status, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        let submit = context.face == .pc ? "注册" : "下一步"
        var hidden = entry.waiting.map { [(name: "transaction", value: $0.pending.name)] } ?? []
        if let journey = entry.journey { hidden.append((name: "flow", value: journey.name)) }
        let form = Form(
            id: "register",
            action: "/register",
            faults: entry.faults,
            hidden: hidden,
            defaultButton: submit
        )
        return """
            \(Stepper(steps: Self.steps, current: 0).markup)
            <section class="card sheet" aria-labelledby="title">
            <h1 id="title">注册账号</h1>
            \(entry.waiting.map { "<p class=\"bound-for\">注册后继续前往：<strong>\($0.label.name)</strong></p>" as HTML })
            \(form.errorSummary)
            \(registered)
            \(form.markup(fields(in: context, submit: submit), in: context))
            <p class="way-out"><span>已有账号？<a class="textual" href="\(url: loginURL)">直接登录</a></span></p>
            \(HelpLine.markup(context.brand, anchor: "register"))
            </section>
            """
    }

    /// R6: somebody who proved the phone is told that it has an account, and where to go.
    private var registered: HTML {
        guard entry.faults.contains(where: { $0.fault.code == .phoneRegistered }) else { return HTML() }
        return """
            <p class="pair">\(Button.link("直接登录", to: loginURL))\(Button.link("找回密码", to: recoverURL, isPrimary: false))</p>
            """
    }

    private func fields(in context: PageContext, submit: String) -> HTML {
        """
        \(Form.requiredNote)
        <div class="cells">
        \(HTML.when(context.face == .pc, username))
        \(phone)
        \(HTML.when(entry.journey == nil, proof))
        \(password(in: context))
        </div>
        \(agreement(in: context))
        \(HTML.when(sync != .off, syncBox))
        <div class="actions">\(Button.primary(submit))</div>
        """
    }

    private var username: HTML {
        TextField(
            name: .username,
            label: "用户名",
            placeholder: "请输入用户名",
            hint: "用户名长度6-20个字符，第1位必须是字母，支持数字、字母、下划线的组合",
            value: entry.username ?? "",
            autocomplete: "username"
        ).markup(entry.faults)
    }

    private var phone: HTML {
        var field = TextField(
            name: .phone,
            label: "手机号",
            placeholder: "请输入您的手机号码",
            value: entry.phone,
            autocomplete: "tel-national",
            inputmode: "numeric"
        )
        if entry.journey != nil {
            field.isReadOnly = true
            field.hint = "该手机号已通过短信验证"
        }
        return field.markup(entry.faults)
    }

    private var proof: HTML {
        """
        \(CaptchaField.guarding(code, captcha).markup(entry.faults))
        \(code.markup(entry.faults))
        """
    }

    private func password(in context: PageContext) -> HTML {
        let first = PasswordField(
            label: context.face == .pc ? "设置密码" : "密码",
            placeholder: "\(passwordRange)位字母、数字或特殊字符",
            autocomplete: "new-password",
            strength: PasswordStrength(range: passwordRange)
        )
        let second = PasswordField(
            name: .confirmPassword,
            label: "确认密码",
            placeholder: "请再次输入密码",
            autocomplete: "new-password"
        )
        return "\(first.markup(entry.faults))\(HTML.when(context.face == .pc, second.markup(entry.faults)))"
    }

    private func agreement(in context: PageContext) -> HTML {
        let terms = Self.textLink("《用户协议》", "/terms")
        let privacy = Self.textLink("《隐私政策》", "/privacy")
        return TickBox(name: .agree, label: "我已阅读并同意\(terms)和\(privacy)", isTicked: entry.agrees).markup(entry.faults)
    }

    /// In a window of its own: what was typed stays where it is.
    private static func textLink(_ text: String, _ path: String) -> HTML {
        "<a href=\"\(url: path)\" target=\"_blank\" rel=\"noopener\">\(text)<span class=\"sr\">（在新窗口打开）</span></a>"
    }

    private var syncBox: HTML {
        let label: HTML = """
            同步成为国家政务服务平台用户\(HTML.when(sync == .required, "<span class=\"star\" aria-hidden=\"true\">*</span>"))\
            <span class="reason">勾选后，将您的用户名和手机号提供给国家政务服务平台\
            \(sync == .required ? "" : "；不勾选不影响注册")</span>
            """
        return TickBox(name: .syncNational, label: label, isTicked: entry.wantsSync).markup(entry.faults)
    }
}
