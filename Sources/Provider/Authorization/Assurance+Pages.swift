import OAuth

/// P20: which level the relying party demands, which one the account has, and the way back.
struct AssurancePage: Sendable {
    var relyingParty: RelyingPartyLabel
    var wanted: AssuranceLevel
    var present: AssuranceLevel
    var hidden: [(name: String, value: String)] = []
    /// Addresses the answer may redirect to (`Page.formTargets`).
    var formTargets: [String] = []

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "需要更高认证等级", page: "assurance")
        return Page(
            status: 200,
            document: layout.document(content(in: context), in: context),
            formTargets: formTargets
        )
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(id: "assurance", action: "/assurance", hidden: hidden)
        let back = Button.primary("返回\(relyingParty.name)", name: "decision", value: "return")
        return """
            <div class="card">
            <h1>需要更高认证等级</h1>
            <p class="lead"><strong>\(relyingParty.name)</strong> 需要\(wanted.title)，您当前为\(present.title)。</p>
            <dl class="facts-list"><div><dt>需要等级</dt><dd>\(wanted.title)</dd></div>
            <div><dt>当前等级</dt><dd>\(present.title)</dd></div>
            \(relyingParty.organisation.map { "<div><dt>主体</dt><dd>\($0)</dd></div>" as HTML })</dl>
            <p class="note">目前不能在线办理\(wanted.title)。请返回该应用，选择其他办理方式。</p>
            \(form.markup("<div class=\"actions\">\(back)</div>", in: context))
            \(HelpLine.markup(context.brand))
            </div>
            """
    }
}
