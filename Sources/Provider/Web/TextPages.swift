/// P22 and P24: help centre, user agreement, privacy policy, accessibility statement. The words are Markdown; an
/// operator's file takes the place of ours (journeys C11).
struct TextPage: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case terms, privacy, accessibility, help

        /// Where the page is served.
        var path: String { "/\(rawValue)" }

        /// Our own words, in Markdown with `{product}`, `{city}`, `{phone}` and `{hours}` for the brand's.
        var defaultMarkdown: String {
            switch self {
            case .terms: TermsText.markdown
            case .privacy: PrivacyText.markdown
            case .accessibility: AccessibilityText.markdown
            case .help: HelpText.markdown
            }
        }

        /// Name of the page in its title.
        var title: String {
            switch self {
            case .terms: "用户协议"
            case .privacy: "隐私政策"
            case .accessibility: "无障碍声明"
            case .help: "帮助中心"
            }
        }
    }

    let kind: Kind
    /// Read once, when the server starts or its texts are reloaded.
    let text: Markdown

    /// - Parameters:
    ///   - kind: which of the four.
    ///   - markdown: the operator's text; ours when nil.
    ///   - brand: whose names stand for the braces.
    init(_ kind: Kind, markdown: String? = nil, brand: Brand) {
        self.kind = kind
        text = Markdown(TextPage.filled(markdown ?? kind.defaultMarkdown, brand))
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: kind.title, page: kind.rawValue, width: .reading)
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        """
        <article class="card prose">
        <h1>\(text.title.isEmpty ? "\(kind.title)" : text.title)</h1>
        \(text.version.map { "<p class=\"note\">版本 \($0)</p>" as HTML })
        \(contents)
        \(text.body)
        </article>
        """
    }

    private var contents: HTML {
        guard text.sections.count > 2 else { return HTML() }
        return """
            <nav class="contents" aria-label="本页目录"><ul>\(HTML.each(text.sections) { section in
                "<li><a href=\"#\(section.anchor)\">\(section.title)</a></li>"
            })</ul></nav>
            """
    }

    private static func filled(_ markdown: String, _ brand: Brand) -> String {
        let host = brand.footer.host.isEmpty ? brand.cityName + "政务服务主管部门" : brand.footer.host
        return Template.filled(
            markdown,
            [
                ("product", brand.productName), ("city", brand.cityName), ("phone", brand.supportPhone),
                ("hours", brand.supportHours), ("host", host),
            ]
        )
    }
}
