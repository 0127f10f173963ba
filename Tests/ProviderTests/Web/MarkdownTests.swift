import Testing

@testable import Provider

@Suite struct `Markdown subset` {
    @Test func `headings, paragraphs, lists, bold and links`() {
        let text = Markdown(
            """
            version: 2026-11-24
            # 标题

            第一段
            同一段，**重点**和[帮助](/help#sms)。

            ## 第一节 {#one}
            - 甲
            - 乙
              续行
            1. 一
            2. 二
            ### 小节
            ## 第二节
            """
        )
        #expect(text.version == "2026-11-24")
        #expect(text.title.string == "标题")
        #expect(text.sections.map(\.anchor) == ["one", "section-2"])
        #expect(
            text.body.string == """
                <p>第一段
                同一段，<strong>重点</strong>和<a href="/help#sms">帮助</a>。</p>
                <h2 id="one">第一节</h2>
                <ul>
                <li>甲</li>
                <li>乙
                续行</li>
                </ul>
                <ol>
                <li>一</li>
                <li>二</li>
                </ol>
                <h3>小节</h3>
                <h2 id="section-2">第二节</h2>

                """
        )
    }

    @Test(
        arguments: [
            "<script>alert(1)</script>", "**<img src=x onerror=1>**", "[<b>](/x)", "## <h1> {#a\"b}", "- <li>",
            "\"\u{301} onload=\u{301}'", "# <title>",
        ]
    )
    func `markup in the source is shown, never obeyed`(source: String) {
        let text = Markdown(source)
        let markup = text.title.string + text.body.string
        for tag in ["<script", "<img", "<b>", "<h1", "<li><", "<title"] { #expect(!markup.contains(tag), "\(markup)") }
        let values = markup.utf8.filter { $0 == UInt8(ascii: "\"") }
        // Quotes are our own attributes' only: none, or a pair for an anchor or an address.
        #expect(values.count % 2 == 0)
    }

    @Test(
        arguments: [
            "javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//evil.example", "/\\evil.example",
            "mailto:a@b.c",
            "ftp://x", "h ttp://x", " /x", "",
        ]
    )
    func `an address that is not http, https, a path or a fragment stays text`(address: String) {
        let text = Markdown("[x](\(address))")
        #expect(!text.body.string.contains("<a"), "\(text.body.string)")
    }

    @Test(arguments: ["https://a.example/x?y=1&z=2", "http://a.example", "/terms#one", "#one"])
    func `the others are followed`(address: String) {
        let text = Markdown("[x](\(address))")
        #expect(text.body == "<p><a href=\"\(address)\">x</a></p>\n")
    }

    @Test(arguments: [
        "**", "[", "[x", "[x]", "[x](", "**x", "]( **", "1.", "-", "#", "##", "version:", "{#", "\r\n\r\n",
    ])
    func `a fragment of its signs is text`(source: String) {
        #expect(!Markdown(source).body.string.contains("<a"))
    }

    @Test(arguments: ["[", "[x](", "**", "**x", "[]", "(", "*", "[x", "# ", "- ", "1. "])
    func `a long row of one sign is read in good time`(sign: String) {
        let source = String(repeating: sign, count: 20_000)
        #expect(ContinuousClock().measure { _ = Markdown(source) } < .seconds(5))
    }

    @Test(arguments: TextPage.Kind.allCases)
    func `our own texts have a title, sections with anchors of their own, and no brace left`(kind: TextPage.Kind) {
        let page = TextPage(kind, brand: Brand())
        #expect(!page.text.title.isEmpty)
        #expect(page.text.sections.count > 2)
        #expect(Set(page.text.sections.map(\.anchor)).count == page.text.sections.count)
        #expect(!page.text.body.string.utf8.contains { "{}".utf8.contains($0) })
    }

    @Test func `a brand's value is escaped and not filled twice`() {
        var brand = Brand()
        brand.productName = "<{phone}>"
        let page = TextPage(.help, markdown: "{product} {phone} {other}", brand: brand)
        #expect(page.text.body.string == "<p>&lt;{phone}&gt; 12345 {other}</p>\n")
    }
}
