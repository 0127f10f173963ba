/// `/account` for a person who is signed in: who they are here, masked, and the way out.
struct WelcomePage: Sendable {
    /// All three masked already (`Mask`); nil when the account has none.
    var username: String?
    var phone: String?
    var name: String?
    /// The level in words, such as 初级认证.
    var level: String
    /// Full time of this sign-in, as `ClockTime.full` writes it.
    var signedInAt: String?
    var logoutAction = "/logout"

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "个人中心", page: "account", width: .reading)
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    /// The sections of the profile centre.
    private var doors: [Brand.Link] {
        [Brand.Link("登录设备", "/account/sessions"), Brand.Link("已授权的应用", "/account/authorizations")]
    }

    private func content(in context: PageContext) -> HTML {
        let logout = Form(id: "logout", action: logoutAction)
        let rows = [
            ("用户名", username), ("姓名", name), ("手机号码", phone), ("认证等级", level), ("本次登录", signedInAt),
        ].compactMap { label, value in value.map { (label, $0) } }
        return """
            <div class="card">
            <div class="card-head"><h1>个人中心</h1>
            \(logout.markup(Button.secondary("退出登录"), in: context))</div>
            <h2>个人信息</h2>
            <dl class="facts-list wide">\(HTML.each(rows) { label, value in
                "<div><dt>\(label)</dt><dd>\(value)</dd></div>"
            })</dl>
            <h2>安全与授权</h2>
            <ul class="doors">\(HTML.each(doors) { "<li><a href=\"\(url: $0.url)\">\($0.text)</a></li>" })</ul>
            \(context.brand.landingPage.map { "<div class=\"actions\">\(Button.link($0.text, to: $0.url))</div>" as HTML })
            \(HelpLine.markup(context.brand))
            </div>
            """
    }
}
