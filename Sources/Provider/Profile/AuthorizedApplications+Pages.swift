/// 已授权的应用: each with what it may see, and 取消授权.
struct AuthorizedApplicationsPage: Sendable {
    var applications: [Application]
    var hasWithdrawn = false

    struct Application: Sendable {
        let clientID: String
        let name: String
        let organisation: String?
        /// What it may see, in words.
        let titles: [String]
        let grantedAt: String

        /// The page that asks before it is taken back.
        var withdrawURL: String {
            AuthorizedApplications.path + "/withdraw?client_id=" + QueryText.escaped(clientID)
        }
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "已授权的应用 - 个人中心", page: "account", width: .reading)
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        """
        \(ProfileTrail.markup("已授权的应用"))
        <div class="card">
        <h1>已授权的应用</h1>
        <p class="lead">您同意向以下应用提供信息。取消授权后，该应用立即不能再读取您的信息。</p>
        \(HTML.when(hasWithdrawn, ProfileTrail.notice("已取消授权")))
        \(HTML.when(applications.isEmpty, "<p class=\"empty\">您还没有授权过任何应用。</p>"))
        \(HTML.when(!applications.isEmpty, "<ul class=\"entries\">\(HTML.each(applications, row))</ul>"))
        \(HelpLine.markup(context.brand))
        </div>
        """
    }

    private func row(_ application: Application) -> HTML {
        """
        <li><div class="entry"><h2>\(application.name)</h2>
        \(application.organisation.map { "<p class=\"note\">\($0)</p>" as HTML })
        <p>\(application.titles.joined(separator: "、"))</p>
        <p class="note">授权时间 \(application.grantedAt)</p></div>
        <a class="button secondary" href="\(url: application.withdrawURL)" aria-label="取消授权：\(application.name)">取消授权</a></li>
        """
    }
}

/// Asks before an authorisation is taken back (pages.md K14): what follows, and the safe way out.
struct WithdrawalPage: Sendable {
    var application: AuthorizedApplicationsPage.Application

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "取消授权 - 个人中心", page: "account")
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        let form = Form(
            id: "withdraw",
            action: AuthorizedApplications.path + "/withdraw",
            hidden: [("client_id", application.clientID)]
        )
        return """
            \(ProfileTrail.markup("取消授权"))
            <div class="card">
            <h1>取消对“\(application.name)”的授权？</h1>
            <ul class="plain"><li>该应用立即不能再读取您的信息，在各设备上的登录凭证一并失效。</li>
            <li>该应用此前已经取得的信息由其依法保存或删除，请向该应用提出。</li>
            <li>以后再次登录该应用时，需要您重新授权。</li></ul>
            \(form.markup("<div class=\"actions pair\">\(Button.link("我再想想", to: AuthorizedApplications.path))\(Button.secondary("取消授权", name: "decision", value: "withdraw"))</div>", in: context))
            </div>
            """
    }
}

/// A value within a query.
enum QueryText {
    /// Escaped byte by byte (RFC 3986 §2.1).
    static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return out
    }
}
