/// P1 (PC) and H1, H2 (phone): sign in with account and password, or with phone and code.
struct SignInPage: Sendable {
    var way = SignInHall.Way.password
    /// The application that waits for this sign-in; nil when the person came by themselves.
    var relyingParty: RelyingPartyLabel?
    /// Where the form goes.
    var action = "/login"
    /// Hidden values that travel along, such as the handle of the waiting authorization.
    var hidden: [(name: String, value: String)] = []
    /// The account as it was typed before.
    var account = ""
    /// The phone as it was typed before.
    var phone = ""
    var smsCode = SMSCodeField()
    /// Nil when no captcha is asked.
    var captcha: CaptchaChallenge?
    /// On H5, for a waiting application: ☐授权并登录后将读取您的身份信息 (journeys L4).
    var asksConsent = false
    var isConsentTicked = false
    var faults: [FormFault] = []
    /// A sentence above the form about what happened before, such as 密码已重置，请登录.
    var notice: String?
    /// The other ways to sign in with the present one among them; none are drawn when there is only one way.
    var tabs: [Tab] = []
    /// The QR code on PC; nil where it is not offered or another tab was opened.
    var qr: QRPanel?
    /// Whether the QR code is what is seen first.
    var showsQR = false
    /// Sign-in through other platforms; the block is absent when there is none.
    var thirdParties: [ThirdParty] = []
    var registerURL: String?
    var recoverURL: String?
    /// Addresses the answer to this form may redirect to (`Page.formTargets`).
    var formTargets: [String] = []

    struct Tab: Sendable {
        var text: String
        var url: String
        var isCurrent: Bool
        /// The part of this page it shows, for the script; nil when it leads to another page.
        var panel: String?
    }

    struct ThirdParty: Sendable {
        var text: String
        var url: String
        /// Picture of the platform, 24 units square.
        var mark: HTML
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(
            step: "登录",
            page: "login",
            hasFaults: !faults.isEmpty,
            hasHero: true,
            width: .wide
        )
        return Page(
            status: faults.status,
            document: layout.document(content(in: context), in: context),
            formTargets: formTargets
        )
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(
            id: way == .password ? "password-login" : "sms-login",
            action: action,
            faults: faults,
            hidden: hidden,
            defaultButton: submitText(context)
        )
        return """
            <div class="gatehouse\(HTML.when(qr != nil, " twin"))">
            \(HTML.when(context.face == .pc, panel(context.brand)))
            <section class="entrance" aria-labelledby="title">
            <h1 id="title">登录</h1>
            \(relyingParty.map { "<p class=\"bound-for\">正在登录：<strong>\($0.name)</strong></p>" as HTML })
            \(form.errorSummary)
            \(notice.map { "<p class=\"notice\" role=\"status\">\(Marks.tick)<span>\($0)</span></p>" as HTML })
            \(tabList)
            \(qr.map { "<div id=\"qr-panel\"\(flag: "hidden", !showsQR)>\($0.markup(in: context))</div>" as HTML })
            <div id="password-panel"\(flag: "hidden", qr != nil && showsQR)>\(form.markup(way == .password ? fields(in: context) : smsFields(in: context), in: context))</div>
            \(wayOut)
            \(thirdPartyBlock)
            \(HelpLine.markup(context.brand))
            </section>
            </div>
            """
    }

    private func fields(in context: PageContext) -> HTML {
        let account = TextField(
            name: .account,
            label: "账号",
            placeholder: context.face == .pc ? "用户名/手机号/身份证号" : "请输入手机号",
            value: account,
            autocomplete: "username"
        )
        return """
            \(Form.requiredNote)
            <div class="cells">
            \(account.markup(faults))
            \(PasswordField().markup(faults))
            \(captcha.map { CaptchaField(challenge: $0).markup(faults) })
            </div>
            \(HTML.when(asksConsent, TickBox(name: .consent, label: "授权并登录后将读取您的身份信息", isTicked: isConsentTicked).markup(faults)))
            <div class="actions">\(Button.primary(submitText(context)))</div>
            """
    }

    private func smsFields(in context: PageContext) -> HTML {
        let phone = TextField(
            name: .phone,
            label: "手机号",
            placeholder: "请输入手机号",
            value: phone,
            autocomplete: "tel-national",
            inputmode: "numeric"
        )
        return """
            \(Form.requiredNote)
            <div class="cells">
            \(phone.markup(faults))
            \(captcha.map { CaptchaField.guarding(smsCode, $0).markup(faults) })
            \(smsCode.markup(faults))
            </div>
            \(HTML.when(asksConsent, TickBox(name: .consent, label: "授权并登录后将读取您的身份信息", isTicked: isConsentTicked).markup(faults)))
            <div class="actions">\(Button.primary(submitText(context)))</div>
            """
    }

    private func submitText(_ context: PageContext) -> String {
        asksConsent ? "授权并登录" : "登录"
    }

    private var tabList: HTML {
        guard tabs.count > 1 else { return HTML() }
        return """
            <nav aria-label="登录方式"><ul class="tabs">\(HTML.each(tabs) { tab in
                "<li><a href=\"\(url: tab.url)\"\(attribute: "aria-current", tab.isCurrent ? "page" : nil)\(attribute: "data-panel", tab.panel)>\(tab.text)</a></li>"
            })</ul></nav>
            """
    }

    private var wayOut: HTML {
        let links = [("立即注册", registerURL), ("忘记密码", recoverURL)].compactMap { text, url in url.map { (text, $0) } }
        guard !links.isEmpty else { return HTML() }
        return """
            <p class="way-out">\(HTML.each(links) { text, url in "<a class=\"textual\" href=\"\(url: url)\">\(text)</a>" })</p>
            """
    }

    private var thirdPartyBlock: HTML {
        guard !thirdParties.isEmpty else { return HTML() }
        return """
            <section class="others" aria-labelledby="others-title"><h2 id="others-title">第三方授权登录</h2>
            <ul>\(HTML.each(thirdParties) { other in
                "<li><a href=\"\(url: other.url)\">\(other.mark)<span>\(other.text)</span></a></li>"
            })</ul></section>
            """
    }

    /// The brand's panel beside the form on PC, drawn below it in the document order of phones by leaving it out.
    private func panel(_ brand: Brand) -> HTML {
        """
        <div class="panel">
        <p class="slogan">\(brand.slogan)</p>
        <ul class="promises">\(HTML.each(brand.promises) { "<li>\(Marks.tick)<span>\($0)</span></li>" })</ul>
        \(Marks.skyline)
        </div>
        """
    }
}
