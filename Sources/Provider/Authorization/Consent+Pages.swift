/// P19: a relying party asks for the person's data; the person says yes or no.
struct ConsentPage: Sendable {
    var relyingParty: RelyingPartyLabel
    /// What is asked for, in words.
    var items: [Item]
    var action = "/consent"
    var hidden: [(name: String, value: String)] = []
    /// What the application says of its terms and of what it does with data: its own addresses (OIDC Registration §2).
    var termsURL: String?
    var policyURL: String?
    /// The account whose data it is, masked.
    var maskedAccount: String?
    /// Addresses the answer may redirect to (`Page.formTargets`).
    var formTargets: [String] = []

    /// One kind of data.
    struct Item: Sendable, Equatable {
        var title: String
        /// Why the application needs it, from its registration, or what the data is.
        var reason: String?
        /// Sensitive personal information (个人信息保护法 art. 28), marked in words.
        var isSensitive = false

        init(_ title: String, reason: String? = nil, isSensitive: Bool = false) {
            self.title = title
            self.reason = reason
            self.isSensitive = isSensitive
        }
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "授权确认", page: "consent")
        return Page(
            status: 200,
            document: layout.document(content(in: context), in: context),
            formTargets: formTargets
        )
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(id: "consent", action: action, hidden: hidden)
        return """
            <div class="card">
            <h1>授权确认</h1>
            <p class="lead"><strong>\(relyingParty.name)</strong> 申请获取您的以下信息：</p>
            <ul class="claims">\(HTML.each(items) { $0.markup })</ul>
            <dl class="facts-list">
            \(relyingParty.organisation.map { "<div><dt>主体</dt><dd>\($0)</dd></div>" as HTML })
            \(relyingParty.domain.map { "<div><dt>网址</dt><dd class=\"domain\">\($0)</dd></div>" as HTML })
            \(link("应用条款", termsURL))\(link("应用隐私政策", policyURL))
            \(maskedAccount.map { "<div><dt>当前账号</dt><dd>\($0)</dd></div>" as HTML })
            </dl>
            <p class="note">同意后，上述信息将提供给该应用。拒绝不会影响您的账号，但可能无法使用该应用的服务。</p>
            \(form.markup("<div class=\"actions pair\">\(Button.primary("同意并继续", name: "decision", value: "allow"))\(Button.secondary("拒绝", name: "decision", value: "deny"))</div>", in: context))
            \(HelpLine.markup(context.brand))
            </div>
            """
    }

    private func link(_ title: String, _ address: String?) -> HTML? {
        address.map {
            """
            <div><dt>\(title)</dt><dd class="domain">\
            <a href="\(url: $0)" rel="noopener noreferrer">\($0)</a></dd></div>
            """
        }
    }
}

extension ConsentPage.Item {
    /// The line of the list.
    var markup: HTML {
        """
        <li>\(Marks.tick)<span><span class="claim">\(title)\
        \(HTML.when(isSensitive, " <span class=\"tag\">敏感个人信息</span>"))</span>\
        \(reason.map { "<span class=\"reason\">\($0)</span>" as HTML })</span></li>
        """
    }
}
