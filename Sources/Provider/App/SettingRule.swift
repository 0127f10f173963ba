/// How one kind of setting is read, bounded and printed.
struct SettingRule<Value: Sendable>: Sendable {
    /// Text to value; the complaint completes a sentence that begins with the text.
    let parse: @Sendable (String) throws(SettingComplaint) -> Value
    /// Value to the text that `parse` would take.
    let print: @Sendable (Value) -> String
}

extension SettingRule where Value == Duration {
    /// A duration such as `500ms`, `60s`, `30m`, `12h`, `90d`, within `bounds`.
    static func duration(_ bounds: ClosedRange<Duration>) -> SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard let value = DurationText.parse(text) else {
                    throw SettingComplaint(
                        "is not a duration; write a whole number and a unit (ms, s, m, h, d) such as 60s"
                    )
                }
                guard bounds.contains(value) else {
                    throw SettingComplaint(
                        "is outside \(DurationText.print(bounds.lowerBound)) to \(DurationText.print(bounds.upperBound))"
                    )
                }
                return value
            },
            print: DurationText.print
        )
    }
}

extension SettingRule where Value == Int {
    /// A whole number within `bounds`.
    static func count(_ bounds: ClosedRange<Int>) -> SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard let value = wholeNumber(text) else { throw SettingComplaint("is not a whole number") }
                guard bounds.contains(value) else {
                    throw SettingComplaint("is outside \(bounds.lowerBound) to \(bounds.upperBound)")
                }
                return value
            },
            print: { String($0) }
        )
    }

    /// A size such as `512B`, `16KiB`, `1MiB`, in bytes, within `bounds`.
    static func size(_ bounds: ClosedRange<Int>) -> SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard let value = SizeText.parse(text) else {
                    throw SettingComplaint(
                        "is not a size; write a whole number and a unit (B, KiB, MiB, GiB) such as 64KiB"
                    )
                }
                guard bounds.contains(value) else {
                    throw SettingComplaint(
                        "is outside \(SizeText.print(bounds.lowerBound)) to \(SizeText.print(bounds.upperBound))"
                    )
                }
                return value
            },
            print: SizeText.print
        )
    }
}

extension SettingRule where Value == Bool {
    /// `true` or `false`.
    static var boolean: SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                switch text {
                case "true": return true
                case "false": return false
                default: throw SettingComplaint("is neither true nor false")
                }
            },
            print: { $0 ? "true" : "false" }
        )
    }
}

extension SettingRule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of a closed list.
    static var choice: SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard let value = Value(rawValue: text) else {
                    throw SettingComplaint("is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return value
            },
            print: { $0.rawValue }
        )
    }
}

extension SettingRule where Value == String {
    /// Text of 1 to `longest` bytes of UTF-8 without control characters.
    static func text(longest: Int = 200) -> SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard !text.utf8.isEmpty else { throw SettingComplaint("is empty") }
                guard text.utf8.count <= longest else { throw SettingComplaint("is longer than \(longest) bytes") }
                guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                    throw SettingComplaint("holds a control character")
                }
                return text
            },
            print: { $0 }
        )
    }

    /// Text that `matches`; `expects` names the form, as in “is not a colour such as #B4232A”.
    static func pattern(_ expects: String, _ matches: @escaping @Sendable (String) -> Bool) -> SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard matches(text) else { throw SettingComplaint("is not \(expects)") }
                return text
            },
            print: { $0 }
        )
    }

    /// A path of a file or folder, absolute or relative to the working directory.
    static var path: SettingRule { .text(longest: 4000) }

    /// A colour in the form `#RRGGBB`.
    static var colour: SettingRule {
        .pattern("a colour such as #B4232A") { text in
            text.utf8.count == 7 && text.utf8.first == UInt8(ascii: "#") && text.utf8.dropFirst().allSatisfy(isHexDigit)
        }
    }

    /// An IP address to listen on.
    static var listenAddress: SettingRule {
        .pattern("an IP address such as 127.0.0.1 or ::1") { IPAddress($0) != nil }
    }

    /// An address to link to: as ``webAddress``, and a query may follow.
    static var link: SettingRule {
        .pattern("an address such as https://www.example.gov.cn/help?from=login") { text in
            let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let query = parts.count == 2 ? parts[1] : ""
            let isQuery = query.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}#".utf8.contains($0) }
            return WebAddress(String(parts[0])) != nil && isQuery
        }
    }

    /// An `http` or `https` address without user, query or fragment.
    static var webAddress: SettingRule {
        .pattern("an address such as https://login.example.gov.cn") { WebAddress($0) != nil }
    }
}

/// A whole number written with digits only, or nil. No sign, no spaces, at most 18 digits.
func wholeNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}

/// The leading digits and, after any spaces, the rest.
private func splitNumber(_ text: String) -> (digits: Substring, unit: Substring) {
    let digits = Substring(text.utf8.prefix { (0x30...0x39).contains($0) })
    return (digits, Substring(text.utf8.dropFirst(digits.utf8.count).drop { $0 == 0x20 }))
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
}

/// Durations in the form of the configuration file.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    static func parse(_ text: String) -> Duration? {
        let (digits, unit) = splitNumber(text)
        guard let number = wholeNumber(digits), let factor = units.first(where: { $0.name == unit })?.milliseconds
        else {
            return nil
        }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    static func print(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        for unit in units.reversed() where milliseconds != 0 && milliseconds % Int64(unit.milliseconds) == 0 {
            return "\(milliseconds / Int64(unit.milliseconds))\(unit.name)"
        }
        return "\(milliseconds)ms"
    }
}

/// Sizes in the form of the configuration file.
enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
    ]

    static func parse(_ text: String) -> Int? {
        let (digits, unit) = splitNumber(text)
        guard let number = wholeNumber(digits), let factor = units.first(where: { $0.name == unit })?.bytes else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    static func print(_ bytes: Int) -> String {
        for unit in units.reversed() where bytes != 0 && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return "\(bytes)B"
    }
}
