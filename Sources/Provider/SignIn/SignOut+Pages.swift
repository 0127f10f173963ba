/// Asks before the browser's session ends (OIDC RP-Initiated Logout 1.0 §2).
struct SignOutConfirmPage: Sendable {
    /// The application that sent the person here to log out, when it proved who it is.
    var relyingParty: String?
    var action = "/logout"
    var hidden: [(name: String, value: String)] = []
    /// The account, masked, so that the person sees whose session ends.
    var maskedAccount: String?
    /// Where 暂不退出 leads.
    var stayURL = "/account"
    /// Addresses the answer may redirect to (`Page.formTargets`).
    var formTargets: [String] = []

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "退出登录", page: "logout")
        return Page(
            status: 200,
            document: layout.document(content(in: context), in: context),
            formTargets: formTargets
        )
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(id: "logout-confirm", action: action, hidden: hidden)
        return """
            <div class="card">
            <h1>确认退出登录？</h1>
            <p class="lead">\(relyingParty.map { "<strong>\($0)</strong> 请求您退出统一身份认证。" as HTML })\
            退出后，在本浏览器中访问接入的应用需要重新登录。</p>
            \(maskedAccount.map { "<dl class=\"facts-list\"><div><dt>当前账号</dt><dd>\($0)</dd></div></dl>" as HTML })
            \(form.markup("<div class=\"actions pair\">\(Button.primary("退出登录", name: "decision", value: "logout"))\(Button.link("暂不退出", to: stayURL, isPrimary: false))</div>", in: context))
            </div>
            """
    }
}

/// 已退出登录: can be opened again without doing anything again (K15).
struct SignedOutPage: Sendable {
    /// The application the person may go back to, and its verified address.
    var relyingParty: String?
    var returnURL: String?
    var loginURL = "/login"

    func page(in context: PageContext) -> Page {
        DonePage(
            title: "已退出登录",
            lead: "您已安全退出统一身份认证。在公共设备上使用后，请关闭浏览器窗口。",
            primary: returnURL.map { Brand.Link("返回\(relyingParty ?? "应用")", $0) } ?? Brand.Link("重新登录", loginURL),
            secondary: returnURL == nil ? nil : Brand.Link("重新登录", loginURL)
        ).page(in: context)
    }
}
