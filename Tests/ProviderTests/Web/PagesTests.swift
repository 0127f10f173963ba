import Testing

@testable import Provider

/// Every page in every face, looked at as markup.
@Suite struct `Every page` {
    static let site = Site(brand: Brand())
    /// What a stranger may have written wherever a page shows a value.
    static let hostile = "\"><script>alert(1)</script>'\"\u{301}"

    static func context(_ face: Face = .pc, textSize: TextSize = .standard) -> PageContext {
        var context = PageContext(
            site: site,
            csrf: "csrf-value",
            returnPath: "/login?next=\(hostile)",
            reference: "7KQ2MX9T4B6C"
        )
        context.face = face
        context.textSize = textSize
        context.isSandbox = true
        return context
    }

    static func pages(in context: PageContext) -> [(name: String, page: Page)] {
        let party = RelyingPartyLabel(name: hostile, organisation: hostile, domain: hostile)
        let signIn = SignInPage(
            relyingParty: party,
            hidden: [(name: hostile, value: hostile)],
            account: hostile,
            captcha: CaptchaChallenge(id: "abc"),
            asksConsent: context.face == .h5,
            faults: [FormFault(.captchaWrong), FormFault(.redirectURIMismatch(relyingParty: hostile))],
            notice: hostile,
            tabs: [.init(text: hostile, url: "/a", isCurrent: true), .init(text: "b", url: "/b", isCurrent: false)],
            thirdParties: [.init(text: hostile, url: "javascript:alert(1)", mark: Marks.shield)],
            registerURL: "/register",
            recoverURL: "/recover"
        )
        return [
            ("login", signIn.page(in: context)),
            (
                "consent",
                ConsentPage(
                    relyingParty: party,
                    items: [.init(hostile, reason: hostile, isSensitive: true)],
                    maskedAccount: hostile
                ).page(in: context)
            ),
            (
                "error",
                ErrorPage.misconfigured(
                    .redirectURIMismatch(relyingParty: hostile),
                    detail: .init(error: hostile, description: hostile, clientID: hostile)
                ).page(in: context)
            ),
            ("error", ErrorPage.expired(backTo: Brand.Link(hostile, "javascript:alert(1)")).page(in: context)),
            ("logout", SignOutConfirmPage(relyingParty: hostile, maskedAccount: hostile).page(in: context)),
            ("done", SignedOutPage(relyingParty: hostile, returnURL: "javascript:alert(1)").page(in: context)),
            (
                "account",
                WelcomePage(username: hostile, phone: hostile, name: hostile, level: hostile, signedInAt: hostile)
                    .page(in: context)
            ),
            (
                "form-post",
                FormPostPage(action: "https://rp.example/cb", values: [(hostile, hostile)], relyingParty: hostile)
                    .page(in: context)
            ),
        ] + TextPage.Kind.allCases.map { ($0.rawValue, TextPage($0, brand: site.brand).page(in: context)) }
    }

    static let all = Face.allCases.flatMap { face in
        TextSize.allCases.flatMap { pages(in: context(face, textSize: $0)) }
    }

    private func count(_ needle: String, in page: Page) -> Int {
        page.document.string.components(between: needle)
    }

    @Test func `each says which it is, has one h1 and one main, and the skip link first`() {
        for (name, page) in Self.all {
            #expect(count("<h1", in: page) == 1, "\(name)")
            #expect(count("<main ", in: page) == 1, "\(name)")
            #expect(count("data-page=\"\(name)\"", in: page) == 1, "\(name)")
            #expect(
                count("<body class=\"has-hero\">\n<a class=\"skip\"", in: page)
                    + count("<body>\n<a class=\"skip\"", in: page) == 1,
                "\(name)"
            )
        }
    }

    @Test func `no value of a stranger becomes markup or a live script address`() {
        for (name, page) in Self.all {
            #expect(count("<script>", in: page) == 0, "\(name)")
            #expect(count("javascript:", in: page) == 0, "\(name)")
            #expect(count("\"\u{301}", in: page) == 0, "\(name)")
        }
    }

    @Test func `nothing is inline: the policy would stop it`() {
        for (name, page) in Self.all {
            for inline in [" style=", "<style", " onclick=", " onload=", " onsubmit="] {
                #expect(count(inline, in: page) == 0, "\(name) \(inline)")
            }
            #expect(count("<script ", in: page) == 1, "\(name)")
        }
    }

    @Test func `every form to ourselves carries the anti-forgery field, a form to others does not`() {
        for (name, page) in Self.all {
            let toOthers = name == "form-post" ? 1 : 0
            #expect(count("<form ", in: page) == count("name=\"csrf\"", in: page) + toOthers, "\(name)")
            #expect(count("<form ", in: page) == count("method=\"post\"", in: page), "\(name)")
        }
    }

    @Test func `ids are unique and every described-by, label and fragment finds its element`() {
        for (name, page) in Self.all {
            let ids = page.document.string.values(of: " id=\"")
            #expect(Set(ids).count == ids.count, "\(name) \(ids)")
            let text = page.document.string
            let references =
                text.values(of: " aria-describedby=\"").flatMap { $0.split(separator: " ").map(String.init) }
                + text.values(of: " for=\"") + text.values(of: " aria-labelledby=\"") + text.values(of: " href=\"#")
            // A script address is replaced by a bare "#".
            for reference in references where !reference.isEmpty {
                #expect(ids.contains(reference), "\(name) \(reference)")
            }
        }
    }

    @Test func `the policy names the relying party and nothing that could widen it`() {
        let page = FormPostPage(action: "https://rp.example:8443/cb?x=1", values: []).page(in: Self.context())
        #expect(page.contentSecurityPolicy.contains("form-action 'self' https://rp.example:8443;"))
        let tricky = Page(
            status: 200,
            document: HTML(),
            formTargets: ["https://a.example; script-src *", "https://a@b", "com.example.app:/cb", "not a uri"]
        )
        #expect(tricky.contentSecurityPolicy.contains("form-action 'self' com.example.app:;"))
        #expect(!tricky.contentSecurityPolicy.contains("*"))
    }

    @Test func `the host of an issuer is what people see in the address line`() {
        #expect(Page.host(of: "https://id.example.cn") == "id.example.cn")
        #expect(Page.host(of: "http://localhost:8080/x") == "localhost:8080")
        #expect(Page.host(of: "com.example.app:/cb") == nil)
    }

    @Test func `without a landing page, phone or footer of its own, a page has no empty place for it`() {
        var brand = Brand()
        brand.supportPhone = ""
        let site = Site(brand: brand)
        let context = PageContext(site: site, csrf: "c", returnPath: "/", reference: "R")
        let page = WelcomePage(level: "初级认证").page(in: context)
        for absent in ["客服电话", "主办单位", "beian", "SiteIDCode", "class=\"actions\""] {
            #expect(count(absent, in: page) == 0, "\(absent)")
        }
    }

    @Test func `the sign-in form has the names that others rely on (operations 1.5)`() {
        let page = SignInPage(captcha: CaptchaChallenge(id: "abc"), asksConsent: true).page(in: Self.context(.h5))
        for needle in [
            "<form id=\"password-login\"", "name=\"account\"", "name=\"password\"", "name=\"captcha\"",
            "name=\"captcha_id\" data-captcha=\"id\" value=\"abc\"", "name=\"consent\"", "授权并登录",
        ] {
            #expect(count(needle, in: page) >= 1, "\(needle)")
        }
        #expect(page.status == 200)
        #expect(count(" checked", in: page) == 0)
    }

    @Test func `a form with faults says so in title, summary, field and status`() {
        let faults = [FormFault(.accountRequired), FormFault(.captchaWrong)]
        let page = SignInPage(captcha: CaptchaChallenge(id: "x"), faults: faults).page(in: Self.context())
        #expect(page.status == 422)
        #expect(count("<title>错误：登录 - ", in: page) == 1)
        #expect(count("aria-invalid=\"true\"", in: page) == 2)
        #expect(count("<a href=\"#captcha\">图形验证码不正确，已为您换了一张</a>", in: page) == 1)
        #expect(count("id=\"captcha-err\"", in: page) == 1)
    }

    @Test func `a typed password never comes back`() {
        let page = SignInPage(account: "zhangsan", faults: [FormFault(.badCredentials(remaining: 2))]).page(
            in: Self.context()
        )
        #expect(count("value=\"zhangsan\"", in: page) == 1)
        #expect(page.document.string.values(of: "type=\"password\"").allSatisfy { !$0.contains("value=") })
    }

    @Test func `ways that do not exist are not shown`() {
        let page = SignInPage().page(in: Self.context())
        for absent in ["立即注册", "忘记密码", "第三方授权登录", "class=\"tabs\"", "captcha"] {
            #expect(count(absent, in: page) == 0, "\(absent)")
        }
    }

    @Test(arguments: Fault.Code.allCases)
    func `an error page carries code, status and reference`(code: Fault.Code) throws {
        let fault = try #require(`Error catalogue`.faults.first { $0.code == code })
        let page = ErrorPage(fault).page(in: Self.context())
        #expect(count("data-error=\"\(code.rawValue)\"", in: page) == 1)
        #expect(count("7KQ2MX9T4B6C", in: page) == 1)
        #expect((400...599).contains(page.status))
    }

    @Test func `letter size and theme stand on the root, unknown cookies mean the standard`() {
        #expect(TextSize(cookie: "care") == .care)
        #expect(TextSize(cookie: "\"><script>") == .standard)
        #expect(Theme(cookie: nil) == .auto)
        let page = SignInPage().page(in: Self.context(.h5, textSize: .care))
        #expect(count("data-face=\"h5\" data-ui=\"care\" data-theme=\"auto\"", in: page) == 1)
    }
}

extension String {
    /// How often `needle` occurs.
    fileprivate func components(between needle: String) -> Int {
        values(of: needle, until: nil).count
    }

    /// What follows each `prefix` up to the next quote.
    fileprivate func values(of prefix: String, until end: UInt8? = UInt8(ascii: "\"")) -> [String] {
        let (bytes, prefix) = (Array(utf8), Array(prefix.utf8))
        guard let first = prefix.first else { return [] }
        return bytes.indices.compactMap { index in
            guard bytes[index] == first, bytes[index...].starts(with: prefix) else { return nil }
            let rest = bytes[(index + prefix.count)...]
            return String(decoding: rest.prefix { end != nil && $0 != end }, as: UTF8.self)
        }
    }
}
