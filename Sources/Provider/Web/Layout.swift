/// The frame of every page (pages.md K1–K3): head, header with the modes, one `main`, footer.
///
/// Order in the document and of focus: skip link, brand, letter size, help, the page's own content, footer.
struct Layout {
    /// Name of the step, first in the title.
    var step: String
    /// Name of the journey in the title when it has several steps.
    var journey: String?
    /// `data-page` of `main` (operations.md 1.5).
    var page: String
    /// The catalogue's code on error pages.
    var errorCode: String?
    /// Puts 错误： in front of the title: the form came back with faults.
    var hasFaults = false
    /// A header picture on H5, as the entrance of the house.
    var hasHero = false
    var width: Width = .narrow

    enum Width: String {
        /// One form column, 420 px.
        case narrow
        /// The two-panel card of the login page.
        case wide
        /// Reading width of texts and the profile centre.
        case reading
    }

    /// The whole document around the content of `main`, which holds the one `h1`.
    func document(_ content: HTML, in context: PageContext) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="zh-CN" data-face="\(context.face.rawValue)" data-ui="\(context.textSize.rawValue)" \
        data-theme="\(context.theme.rawValue)"\(attribute: "class", context.face == .h5 ? "h5" : nil)>
        \(head(context))
        <body\(attribute: "class", hasHero ? "has-hero" : nil)>
        <a class="skip" href="#main">跳到主要内容</a>
        \(header(context))
        \(HTML.when(hasHero, hero(context)))
        <main id="main" class="\(width.rawValue)" tabindex="-1" data-page="\(page)"\(attribute: "data-error", errorCode)>
        \(content)
        </main>
        \(footer(context))
        </body>
        </html>

        """
    }

    private func head(_ context: PageContext) -> HTML {
        let parts = [step, journey, context.brand.productName].compactMap { $0 }.joined(separator: " - ")
        let footer = context.brand.footer
        return """
            <head>
            <meta charset="utf-8">
            <title>\(hasFaults ? "错误：" : "")\(parts)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
            <meta name="color-scheme" content="light dark">
            <meta name="format-detection" content="telephone=no">
            <meta name="SiteName" content="\(context.brand.productName)">
            <meta name="SiteDomain" content="\(context.brand.domain)">
            \(HTML.when(!footer.siteCode.isEmpty, "<meta name=\"SiteIDCode\" content=\"\(footer.siteCode)\">"))
            <link rel="stylesheet" href="\(context.site.assets.stylesheet.path)">
            <link rel="icon" type="image/svg+xml" href="\(context.site.assets.icon.path)">
            <script src="\(context.site.assets.script.path)" defer></script>
            </head>
            """
    }

    private static let sandboxBanner: HTML = """
        <p class="sandbox"><strong>测试环境</strong>：数据均为模拟，请勿填写真实的个人信息</p>
        """

    private func header(_ context: PageContext) -> HTML {
        """
        <header class="top">\(HTML.when(context.isSandbox, Layout.sandboxBanner))<div class="bar">
        <div class="brand">\(Marks.brand(context.brand))\
        <span class="names"><span class="name">\(context.brand.breakableName)</span> \
        <span class="audience">\(context.brand.audience)</span></span></div>
        <nav class="tools" aria-label="页面工具">
        \(sizeSwitch(context))
        <a class="tool" href="/help">\(Marks.help)<span>帮助中心</span></a>
        </nav>
        </div></header>
        """
    }

    /// Letter size by a form of its own: works without script; the script changes it in place, so that nothing typed is lost.
    private func sizeSwitch(_ context: PageContext) -> HTML {
        let choices: [(TextSize, String, HTML)] =
            switch context.textSize {
            case .standard: [(.care, "长辈模式", Marks.letterSize)]
            case .care: [(.careLarge, "特大字", HTML()), (.standard, "标准模式", HTML())]
            case .careLarge: [(.care, "大字", HTML()), (.standard, "标准模式", HTML())]
            }
        return modeForm(
            context,
            name: "ui",
            buttons: HTML.each(choices) { size, label, mark in
                """
                <button class="tool" type="submit" name="ui" value="\(size.rawValue)">\(mark)<span>\(label)</span></button>
                """
            }
        )
    }

    private func themeSwitch(_ context: PageContext) -> HTML {
        let choices: [(Theme, String)] = [(.auto, "跟随系统"), (.light, "浅色"), (.dark, "深色")]
        return modeForm(
            context,
            name: "theme",
            buttons: HTML.each(choices) { theme, label in
                """
                <button type="submit" name="theme" value="\(theme.rawValue)" \
                aria-pressed="\(theme == context.theme ? "true" : "false")">\(label)</button>
                """
            }
        )
    }

    private func modeForm(_ context: PageContext, name: String, buttons: HTML) -> HTML {
        """
        <form class="mode" method="post" action="/ui" data-mode="\(name)">\
        <input type="hidden" name="csrf" value="\(context.csrf)">\
        <input type="hidden" name="return" value="\(context.returnPath)">\(buttons)</form>
        """
    }

    private func hero(_ context: PageContext) -> HTML {
        """
        <div class="hero" aria-hidden="true"><span class="hero-name">\(context.brand.breakableName)</span>\
        <span class="hero-audience">（\(context.brand.audience)）</span>\(Marks.skyline)</div>
        """
    }

    private func footer(_ context: PageContext) -> HTML {
        let footer = context.brand.footer
        var lines: [HTML] = []
        func line(_ text: String, _ markup: HTML) { if !text.isEmpty { lines.append("<li>\(markup)</li>") } }
        line(footer.host, "主办单位：\(footer.host)")
        line(footer.operatedBy, "承办单位：\(footer.operatedBy)")
        line(footer.siteCode, "网站标识码：\(footer.siteCode)")
        line(footer.icpNumber, "<a href=\"\(url: footer.icpLink)\">\(footer.icpNumber)</a>")
        line(footer.policeNumber, "<a href=\"\(url: footer.policeLink)\">\(Marks.shield)\(footer.policeNumber)</a>")
        let links =
            [
                Brand.Link("用户协议", "/terms"), Brand.Link("隐私政策", "/privacy"), Brand.Link("无障碍声明", "/accessibility"),
                footer.contact,
            ] + [footer.reportFault, footer.governmentMark].compactMap { $0 }
        return """
            <footer class="foot"><div class="bar">
            <ul class="links">\(HTML.each(links) { "<li><a href=\"\(url: $0.url)\">\($0.text)</a></li>" })</ul>
            <div class="themes"><span id="theme-label">外观</span>\(themeSwitch(context))</div>
            <ul class="facts">\(HTML.each(lines) { $0 })</ul>
            </div></footer>
            """
    }
}

extension Brand {
    /// The name with one place to break it, after the city, where a line is too short for the whole.
    fileprivate var breakableName: HTML {
        guard productName.hasPrefix(cityName) else { return "\(productName)" }
        return "\(cityName)<wbr>\(String(productName.dropFirst(cityName.count)))"
    }
}
