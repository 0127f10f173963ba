// Web: the page kit. Owns markup, layout, fields, the words of errors, the brand, styles and scripts.
// Hands off: what a page says about one journey (the room of that journey, in its `+Pages` file).
// Never: a database, a request, a clock, a secret beyond the anti-forgery value it is given.

/// Markup in UTF-8. A value interpolated into a literal is always escaped; markup becomes part of markup only as
/// another `HTML` value or by the explicit word `raw:`.
///
/// Escaping works on bytes, never on `Character`s: a quote followed by a combining mark is one `Character`, and an
/// escaper that compares `Character`s lets it through.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// The document or fragment as it goes over the wire.
    private(set) var bytes: [UInt8]

    init() { bytes = [] }

    init(stringLiteral value: StaticString) {
        bytes = value.withUTF8Buffer { Array($0) }
    }

    init(stringInterpolation: StringInterpolation) {
        bytes = stringInterpolation.bytes
    }

    /// Text with every character that means something to a parser escaped.
    init(text: String) {
        bytes = []
        HTML.escape(text, into: &bytes)
    }

    /// Markup taken as it is. For text of this program or of the operator's own files, never for a request's.
    init(raw: String) {
        bytes = Array(raw.utf8)
    }

    /// The markup as a string, for tests and tools.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    var isEmpty: Bool { bytes.isEmpty }

    static func += (markup: inout HTML, more: HTML) {
        markup.bytes.append(contentsOf: more.bytes)
    }

    /// `markup` if the condition holds, else nothing.
    static func when(_ condition: Bool, _ markup: @autoclosure () -> HTML) -> HTML {
        condition ? markup() : HTML()
    }

    /// The markup of each element, one after the other.
    static func each<Elements: Sequence>(_ elements: Elements, _ markup: (Elements.Element) -> HTML) -> HTML {
        var all = HTML()
        for element in elements { all += markup(element) }
        return all
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate(set) var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + interpolationCount * 24)
        }

        mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }

        mutating func appendInterpolation(_ text: String) {
            HTML.escape(text, into: &bytes)
        }

        mutating func appendInterpolation(_ number: Int) {
            bytes.append(contentsOf: String(number).utf8)
        }

        mutating func appendInterpolation(_ markup: HTML) {
            bytes.append(contentsOf: markup.bytes)
        }

        mutating func appendInterpolation(_ markup: HTML?) {
            if let markup { bytes.append(contentsOf: markup.bytes) }
        }

        /// Unescaped. The word is the warning: see `HTML.init(raw:)`.
        mutating func appendInterpolation(raw text: String) {
            bytes.append(contentsOf: text.utf8)
        }

        /// A whole attribute with a leading blank, or nothing when there is no value.
        mutating func appendInterpolation(attribute name: StaticString, _ value: String?) {
            guard let value else { return }
            bytes.append(UInt8(ascii: " "))
            appendLiteral(name)
            bytes.append(contentsOf: "=\"".utf8)
            HTML.escape(value, into: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }

        /// A boolean attribute with a leading blank, or nothing.
        mutating func appendInterpolation(flag name: StaticString, _ isSet: Bool) {
            guard isSet else { return }
            bytes.append(UInt8(ascii: " "))
            appendLiteral(name)
        }

        /// The value of an `href` or `action`: escaped, and replaced by `#` when its scheme would run as script.
        mutating func appendInterpolation(url: String) {
            HTML.escape(HTML.isScript(url) ? "#" : url, into: &bytes)
        }
    }

    /// True for schemes that a browser executes (`javascript:`, `data:`, `vbscript:`), however they are disguised by
    /// case, blanks or control characters (WHATWG URL drops tab and newline anywhere and controls in front).
    static func isScript(_ url: String) -> Bool {
        var scheme: [UInt8] = []
        for byte in url.utf8 where byte > 0x20 {
            if byte == UInt8(ascii: ":") { return dangerousSchemes.contains(scheme) }
            scheme.append(byte | 0x20)
            if scheme.count > 10 { return false }
        }
        return false
    }

    private static let dangerousSchemes: [[UInt8]] = ["javascript", "data", "vbscript"].map { Array($0.utf8) }

    private static func escape(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { source in
            var start = 0
            for index in 0..<source.count {
                guard let reference = reference(for: source[index]) else { continue }
                bytes.append(contentsOf: source[start..<index])
                reference.withUTF8Buffer { bytes.append(contentsOf: $0) }
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
    }

    /// The character reference that stands for a byte, or nil for a byte that may stand as it is. NUL is no
    /// character of HTML and becomes U+FFFD.
    private static func reference(for byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        case 0: "\u{FFFD}"
        default: nil
        }
    }
}
