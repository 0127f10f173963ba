public import Cryptography

// The configuration in force, in print: for an operator who asks what holds and why.

extension Configuration {
    /// The configuration in force as a YAML file would have it, with the source of each value; secrets as `‹secret›`, what is not set as a comment.
    public var redactedYAML: String {
        var lines: [String] = []
        var open: [Substring] = []
        for setting in effective {
            let path = setting.key.split(separator: ".")
            let sections = path.dropLast()
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for depth in shared..<sections.count { lines.append(Self.indent(depth) + "\(sections[depth]):") }
            open = Array(sections)
            let indent = Self.indent(sections.count)
            let name = path.last.map(String.init) ?? setting.key
            if let value = setting.value {
                lines.append("\(indent)\(name): \(Self.scalar(value))  # \(setting.source)")
            } else {
                lines.append("\(indent)#\(name):  # not set")
            }
        }
        return Self.withoutEmptySections(lines).joined(separator: "\n") + "\n"
    }

    /// The configuration in force as JSON: a list of `key`, `value` (null when not set) and `source`.
    public var redactedJSON: JSON {
        .array(
            effective.map { setting in
                [
                    "key": .string(setting.key), "value": setting.value.map { .string($0) } ?? .null,
                    "source": .string(setting.source),
                ]
            }
        )
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    /// A section of which nothing is set would be a key without a value; it becomes a comment too.
    private static func withoutEmptySections(_ lines: [String]) -> [String] {
        func depth(_ line: String) -> Int { line.utf8.prefix { $0 == 0x20 }.count }
        return lines.indices.map { index in
            guard lines[index].hasSuffix(":") else { return lines[index] }
            let inner = lines[(index + 1)...].prefix { depth($0) > depth(lines[index]) }
            let isEmpty = inner.allSatisfy {
                $0.utf8.drop { $0 == 0x20 }.first == UInt8(ascii: "#") || $0.hasSuffix(":")
            }
            return isEmpty ? "\(indent(depth(lines[index]) / 2))#\(lines[index].drop { $0 == " " })" : lines[index]
        }
    }

    /// Plain where YAML takes it as it stands, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"),
                0x80...0xFF:
                true
            default: false
            }
        }
        if isPlain, !text.isEmpty, text != "null" { return text }
        return "\"" + text.replacing(#"\"#, with: #"\\"#).replacing("\"", with: #"\""#) + "\""
    }
}
