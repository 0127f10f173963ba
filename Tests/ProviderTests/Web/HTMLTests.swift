import Testing

@testable import Provider

@Suite struct `Markup` {
    static let specials = ["&", "<", ">", "\"", "'"]
    /// Combining marks, a variation selector, a joiner: each fuses with the sign before it into one Character.
    static let marks = ["\u{301}", "\u{338}", "\u{20DD}", "\u{FE0F}", "\u{200D}", "\u{E0101}", "\u{1F3FB}"]

    @Test(arguments: specials)
    func `a special character is escaped whatever follows it`(special: String) {
        for mark in Self.marks {
            for text in [special + mark, "a" + special + mark + "b", mark + special + mark, special + special + mark] {
                let markup: HTML = "<p title=\"\(text)\">\(text)</p>"
                let inside = markup.string.utf8.dropFirst("<p title=\"".utf8.count).dropLast("</p>".utf8.count)
                let specials = inside.filter { "<>'\"".utf8.contains($0) }
                // The quote and the bracket of our own tag are all that is left.
                #expect(specials.map { UnicodeScalar($0) } == ["\"", ">"], "\(text.unicodeScalars.map(\.value))")
            }
        }
    }

    @Test func `every ampersand of a value becomes a reference, so that a value reads back as itself`() {
        let markup: HTML = "\("&lt;&amp;&")"
        #expect(markup.string == "&amp;lt;&amp;amp;&amp;")
    }

    @Test func `text without specials passes as it is, Chinese and rare characters too`() {
        let markup: HTML = "\("王𫘜·䶮 abc 123")"
        #expect(markup.string == "王𫘜·䶮 abc 123")
    }

    @Test func `a NUL, which is no character of HTML, becomes the replacement character`() {
        let markup: HTML = "\("a\0b")"
        #expect(markup.string == "a\u{FFFD}b")
    }

    @Test func `markup inside markup is not escaped again, raw text only by its word`() {
        let inner: HTML = "<b>\("<")</b>"
        let outer: HTML = "<p>\(inner)\(raw: "<hr>")\(HTML?.none)</p>"
        #expect(outer.string == "<p><b>&lt;</b><hr></p>")
    }

    @Test func `an attribute without value leaves nothing behind`() {
        let markup: HTML =
            "<a\(attribute: "id", nil)\(attribute: "title", "\"x\"")\(flag: "hidden", false)\(flag: "required", true)>"
        #expect(markup.string == "<a title=\"&quot;x&quot;\" required>")
    }

    @Test(
        arguments: [
            "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "\u{1}javascript:x",
            "  data:text/html,x",
            "vbscript:x", "java\tscript\t:x",
        ]
    )
    func `an address that would run as script becomes a dead link`(address: String) {
        let markup: HTML = "<a href=\"\(url: address)\">"
        #expect(markup.string == "<a href=\"#\">")
    }

    @Test(arguments: ["https://a.example/?x=1&y=2", "/login", "#top", "com.example.app:/callback", "datacenter:/x"])
    func `other addresses stay`(address: String) {
        let markup: HTML = "\(url: address)"
        #expect(markup == HTML(text: address))
    }
}
