/// Markup in UTF-8: values interpolated into a literal are escaped byte by byte, other markup is taken as it is.
struct DemoMarkup: Sendable, ExpressibleByStringInterpolation {
    private(set) var bytes: [UInt8] = []

    init() {}

    init(stringLiteral value: StaticString) {
        bytes = value.withUTF8Buffer { Array($0) }
    }

    init(stringInterpolation: StringInterpolation) {
        bytes = stringInterpolation.bytes
    }

    static func += (markup: inout DemoMarkup, more: DemoMarkup) {
        markup.bytes += more.bytes
    }

    static func each<Elements: Sequence>(_ elements: Elements, _ markup: (Elements.Element) -> DemoMarkup) -> DemoMarkup
    {
        elements.reduce(into: DemoMarkup()) { $0 += markup($1) }
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + interpolationCount * 24)
        }

        mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { bytes += $0 }
        }

        mutating func appendInterpolation(_ markup: DemoMarkup?) {
            if let markup { bytes += markup.bytes }
        }

        /// Escaped for text and for quoted attributes. NUL is no character of HTML and becomes U+FFFD.
        mutating func appendInterpolation(_ text: String) {
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "&"): appendLiteral("&amp;")
                case UInt8(ascii: "<"): appendLiteral("&lt;")
                case UInt8(ascii: ">"): appendLiteral("&gt;")
                case UInt8(ascii: "\""): appendLiteral("&quot;")
                case UInt8(ascii: "'"): appendLiteral("&#39;")
                case 0: appendLiteral("\u{FFFD}")
                default: bytes.append(byte)
                }
            }
        }
    }
}
