import OAuth

/// `/device`: the code from the device's screen.
struct DeviceCodePage: Sendable {
    /// As it was typed, or came with the address.
    var code = ""
    var faults: [FormFault] = []

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "输入代码", journey: "设备登录", page: "device", hasFaults: !faults.isEmpty)
        return Page(status: faults.status, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(id: "user-code", action: DeviceVerification.path, faults: faults)
        let field = TextField(
            name: .userCode,
            label: "设备上的代码",
            placeholder: "如 WDJB-MJHT",
            hint: "8个字母，大小写均可，横线可以不输",
            value: code,
            autocomplete: "off"
        )
        return """
            <div class="card">
            <h1>设备登录</h1>
            <p class="lead">电视、自助终端等设备请您登录时，屏幕上会显示一个代码。请在这里输入。</p>
            \(form.errorSummary)
            \(form.markup("\(field.markup(faults))\(DeviceWords.beforeEntering)<div class=\"actions\">\(Button.primary("下一步"))</div>", in: context))
            \(HelpLine.markup(context.brand, anchor: "device"))
            </div>
            """
    }
}

/// The question: this device, this application, this data (RFC 8628 §5.4).
struct DeviceConfirmPage: Sendable {
    enum Question: Sendable {
        /// Everything is there but the person's word; what the application gets, in words.
        case mayEnter([ConsentPage.Item])
        /// Nothing can be given to the application.
        case levelTooLow(AssuranceLevel?)
    }

    var relyingParty: RelyingPartyLabel
    /// As the device shows it.
    var code: String
    var question = Question.mayEnter([])
    var hidden: [(name: String, value: String)] = []
    /// Whose account it is, masked.
    var maskedAccount: String?
    /// The login page, for somebody with another account.
    var otherAccountURL = "/login"

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "确认", journey: "设备登录", page: "device")
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(id: "device-confirm", action: DeviceVerification.path + "/confirm", hidden: hidden)
        let body: HTML =
            switch question {
            case .mayEnter(let items): ask(items, form, context)
            case .levelTooLow(let level): refuse(level, form, context)
            }
        return """
            <div class="card">
            \(body)
            \(HelpLine.markup(context.brand, anchor: "device"))
            </div>
            """
    }

    private func ask(_ items: [ConsentPage.Item], _ form: Form, _ context: PageContext) -> HTML {
        let buttons: HTML = """
            <div class="actions pair">\(Button.primary("允许", name: "decision", value: "allow"))\
            \(Button.secondary("拒绝", name: "decision", value: "deny"))</div>
            """
        return """
            <h1>允许这台设备登录吗？</h1>
            <p class="lead"><strong>\(relyingParty.name)</strong> 请求在一台设备上登录您的账号。</p>
            <div class="matching"><p id="matching-label">请核对：设备屏幕上显示的是不是这个代码</p>
            <p class="device-code" aria-labelledby="matching-label device-code" id="device-code">\(code)</p></div>
            \(DeviceWords.beforeAllowing)
            <h2 class="gains">允许后，该应用将获得</h2>
            <ul class="claims">\(HTML.each(items) { $0.markup })</ul>
            \(facts)
            \(form.markup(buttons, in: context))
            """
    }

    private func refuse(_ level: AssuranceLevel?, _ form: Form, _ context: PageContext) -> HTML {
        let buttons: HTML = """
            <div class="actions">\(Button.primary("结束这次登录", name: "decision", value: "deny"))</div>
            """
        return """
            <h1>认证等级不足</h1>
            <p class="lead"><strong>\(relyingParty.name)</strong> 要求账号完成\(DeviceWords.name(of: level))，\
            您的账号还没有达到，这台设备暂时不能登录。</p>
            <div class="matching"><p>设备上显示的代码</p><p class="device-code">\(code)</p></div>
            \(facts)
            \(form.markup(buttons, in: context))
            """
    }

    private var facts: HTML {
        """
        <dl class="facts-list">
        \(relyingParty.organisation.map { "<div><dt>主体</dt><dd>\($0)</dd></div>" as HTML })
        \(relyingParty.domain.map { "<div><dt>网址</dt><dd class=\"domain\">\($0)</dd></div>" as HTML })
        \(maskedAccount.map { account in
            "<div><dt>当前账号</dt><dd>\(account) <a class=\"textual other\" href=\"\(url: otherAccountURL)\">使用其他账号</a></dd></div>" as HTML
        })
        </dl>
        """
    }
}

/// RFC 8628 §5.4: the danger is somebody who reads a code of theirs to another person.
private enum DeviceWords {
    static let beforeEntering = warning("只有设备就在您身边时才输入代码。他人通过电话、短信、聊天或网页发给您的代码，请不要输入：对方会借此登录您的账号。")
    static let beforeAllowing = warning("只有设备就在您身边，并且代码一致，才选择“允许”。代码是他人发给您的，请选择“拒绝”：对方会借此登录您的账号。")

    private static func warning(_ text: String) -> HTML {
        "<p class=\"warning\">\(Marks.warning)<span>\(text)</span></p>"
    }

    static func name(of level: AssuranceLevel?) -> String {
        switch level {
        case .l2: "初级认证（实名认证）"
        case .l3: "中级认证"
        case .l4: "高级认证"
        case .l1, nil: "更高等级的认证"
        }
    }
}

extension DonePage {
    static func deviceAllowed(_ relyingParty: String) -> DonePage {
        DonePage(
            title: "已允许登录",
            lead: "请回到您的设备，\(relyingParty)会自动继续。您可以关闭本页面。",
            primary: Brand.Link("进入个人中心", "/account")
        )
    }

    static func deviceDenied(_ relyingParty: String) -> DonePage {
        DonePage(
            title: "已拒绝登录",
            lead: "设备没有登录，您的信息没有提供给\(relyingParty)。您可以关闭本页面。",
            primary: Brand.Link("进入个人中心", "/account")
        )
    }
}
