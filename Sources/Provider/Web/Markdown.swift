/// The subset of Markdown in which operators write their texts (journeys C11): `#` title, `##` and `###` headings with
/// an optional `{#anchor}`, paragraphs, `-` and `1.` lists, `**bold**`, `[text](address)`. Everything else is text.
///
/// Markup in the source is shown, never obeyed; an address is followed only if it is http, https, a path or a fragment.
struct Markdown: Sendable {
    /// The `#` line, escaped.
    private(set) var title = HTML()
    /// Value of a first line `version: …`; what a person agreed to is recorded by it.
    private(set) var version: String?
    /// The `##` headings in order.
    private(set) var sections: [Section] = []
    private(set) var body = HTML()

    struct Section: Sendable, Equatable {
        var anchor: String
        var title: HTML
    }

    init(_ text: String) {
        var paragraph: [[UInt8]] = []
        var list: (isOrdered: Bool, items: [[UInt8]])?
        func join(_ lines: [[UInt8]]) -> [UInt8] { Array(lines.joined(separator: "\n".utf8)) }
        func close(_ markdown: inout Markdown) {
            if !paragraph.isEmpty { markdown.body += "<p>\(Markdown.inline(join(paragraph)))</p>\n" }
            if let list { markdown.body += Markdown.list(list.items, isOrdered: list.isOrdered) }
            paragraph = []
            list = nil
        }
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = Markdown.trimmed(line)
            if line.isEmpty {
                close(&self)
            } else if let value = Markdown.after("version:", line), version == nil, body.isEmpty {
                version = String(decoding: value, as: UTF8.self)
            } else if let value = Markdown.after("### ", line) {
                close(&self)
                heading(value, isSection: false)
            } else if let value = Markdown.after("## ", line) {
                close(&self)
                heading(value, isSection: true)
            } else if let value = Markdown.after("# ", line) {
                close(&self)
                title = Markdown.inline(value)
            } else if let item = Markdown.item(line) {
                if list?.isOrdered != item.isOrdered { close(&self) }
                list = (item.isOrdered, (list?.items ?? []) + [item.text])
            } else if let open = list, let last = open.items.last {
                list = (open.isOrdered, open.items.dropLast() + [last + [UInt8(ascii: "\n")] + line])
            } else {
                paragraph.append(line)
            }
        }
        close(&self)
    }

    private mutating func heading(_ value: [UInt8], isSection: Bool) {
        var text = value
        var anchor: String?
        if text.last == UInt8(ascii: "}"), let open = text.lastIndex(of: UInt8(ascii: "{")),
            text[(open + 1)...].first == UInt8(ascii: "#")
        {
            let name = text[(open + 2)..<(text.count - 1)]
            if !name.isEmpty, name.allSatisfy(Markdown.isAnchor) { anchor = String(decoding: name, as: UTF8.self) }
            text = Markdown.trimmed(text[..<open])
        }
        let words = Markdown.inline(text)
        if isSection {
            let name = anchor ?? "section-\(sections.count + 1)"
            sections.append(Section(anchor: name, title: words))
            body += "<h2 id=\"\(name)\">\(words)</h2>\n"
        } else {
            body += "<h3\(attribute: "id", anchor)>\(words)</h3>\n"
        }
    }

    private static func list(_ items: [[UInt8]], isOrdered: Bool) -> HTML {
        let entries = HTML.each(items) { "<li>\(inline($0))</li>\n" }
        return isOrdered ? "<ol>\n\(entries)</ol>\n" : "<ul>\n\(entries)</ul>\n"
    }

    /// `- text`, `* text` or `1. text`.
    private static func item(_ line: [UInt8]) -> (isOrdered: Bool, text: [UInt8])? {
        if let text = after("- ", line) ?? after("* ", line) { return (false, text) }
        let digits = line.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...3).contains(digits.count), let text = after(". ", Array(line[digits.count...])) else { return nil }
        return (true, text)
    }

    // MARK: Inline

    /// Bold and links; the rest escaped. Each sign is looked at a bounded number of times: the text of a link holds no
    /// `[`, its address no `(`, and a `**` without a twin is remembered.
    static func inline(_ text: [UInt8]) -> HTML {
        var markup = HTML()
        var plainStart = 0
        var index = 0
        var hasLoneStars = false
        func flush(to end: Int, _ markup: inout HTML) {
            markup += HTML(text: String(decoding: text[plainStart..<end], as: UTF8.self))
        }
        while index < text.count {
            if !hasLoneStars, isBold(text, at: index) {
                if let end = (index + 2..<text.count).first(where: { isBold(text, at: $0) }) {
                    if end > index + 2 {
                        flush(to: index, &markup)
                        markup +=
                            "<strong>\(HTML(text: String(decoding: text[index + 2..<end], as: UTF8.self)))</strong>"
                        plainStart = end + 2
                    }
                    index = end + 2
                    continue
                }
                hasLoneStars = true
            }
            if let (words, middle) = enclosed(text, from: index, by: "[", and: "]"),
                let (address, next) = enclosed(text, from: middle, by: "(", and: ")"), isFollowed(address)
            {
                flush(to: index, &markup)
                markup += """
                    <a href="\(url: String(decoding: address, as: UTF8.self))">\
                    \(HTML(text: String(decoding: words, as: UTF8.self)))</a>
                    """
                index = next
                plainStart = next
                continue
            }
            index += 1
        }
        flush(to: text.count, &markup)
        return markup
    }

    private static func isBold(_ text: [UInt8], at index: Int) -> Bool {
        index + 1 < text.count && text[index] == UInt8(ascii: "*") && text[index + 1] == UInt8(ascii: "*")
    }

    /// The bytes between `open` at `index` and the next `close` without another `open` between them, and where the text
    /// goes on.
    private static func enclosed(
        _ text: [UInt8],
        from index: Int,
        by open: Unicode.Scalar,
        and close: Unicode.Scalar
    ) -> (words: [UInt8], next: Int)? {
        let (open, close) = (UInt8(ascii: open), UInt8(ascii: close))
        guard index < text.count, text[index] == open else { return nil }
        var end = index + 1
        while end < text.count, text[end] != open {
            if text[end] == close { return (Array(text[index + 1..<end]), end + 1) }
            end += 1
        }
        return nil
    }

    /// http, https, a path of this site or a fragment; no other scheme, no address without one (`//host`).
    private static func isFollowed(_ address: [UInt8]) -> Bool {
        guard !address.isEmpty, address.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return false
        }
        if address.starts(with: "http://".utf8) || address.starts(with: "https://".utf8) { return true }
        if address.starts(with: "//".utf8) { return false }
        return address[0] == UInt8(ascii: "/") || address[0] == UInt8(ascii: "#")
    }

    // MARK: Bytes

    private static func after(_ prefix: StaticString, _ line: [UInt8]) -> [UInt8]? {
        let prefix = Array(prefix.description.utf8)
        return line.starts(with: prefix) ? trimmed(line[prefix.count...]) : nil
    }

    private static func trimmed(_ line: some BidirectionalCollection<UInt8>) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var line = Array(line)
        while let last = line.last, isBlank(last) { line.removeLast() }
        return Array(line.drop(while: isBlank))
    }

    private static func isAnchor(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}
