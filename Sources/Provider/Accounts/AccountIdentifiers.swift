import FoundationEssentials

/// The row key of an account. Never leaves the server: relying parties see a ``Subject``.
struct AccountID: Sendable, Hashable {
    let uuid: UUID
    init(_ uuid: UUID) { self.uuid = uuid }
}

/// What a person may type into the field 账号: username, phone or resident ID number (journeys.md L2).
///
/// Only the form is judged here. The same text may be read in more than one way (a travel permit's form is also a
/// username's), so the readings are listed, the proved identifiers before the chosen one.
struct AccountIdentifier: Sendable, Equatable {
    enum Reading: Sendable, Equatable {
        case phone(String)
        case residentID(String)
        case username(String)
    }

    let readings: [Reading]

    /// - Parameter typed: as the person typed it; full-width forms and surrounding spaces are forgiven.
    init(typed: String) {
        let text = Self.folded(typed)
        var readings: [Reading] = []
        if Self.isMainlandMobile(text) { readings.append(.phone(text)) }
        if Self.hasResidentIDForm(text) { readings.append(.residentID(text.uppercased())) }
        if Self.isUsername(text) { readings.append(.username(text.lowercased())) }
        self.readings = readings
    }

    /// A phone that somebody vouched for, and nothing else it might look like.
    init(phone: String) { readings = [.phone(phone)] }

    /// 11 digits, `1[3-9]` (journeys.md C6).
    static func isMainlandMobile(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 11 && bytes[0] == UInt8(ascii: "1") && bytes[1] >= UInt8(ascii: "3")
            && bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// 6–20 characters, first a letter, then letters, digits, underscore (journeys.md C4).
    static func isUsername(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (6...20).contains(bytes.count), let first = bytes.first, Self.isLetter(first) else { return false }
        return bytes.allSatisfy {
            Self.isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
        }
    }

    /// 18 characters, 17 digits and a digit or X (domain.md 7.1); the checksum is not judged at login.
    static func hasResidentIDForm(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard bytes.count == 18, bytes.prefix(17).allSatisfy({ digits.contains($0) }) else { return false }
        return digits.contains(bytes[17]) || bytes[17] == UInt8(ascii: "X") || bytes[17] == UInt8(ascii: "x")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// Full-width ASCII (as Chinese input methods produce it) to plain, spaces and hyphens of a phone dropped.
    private static func folded(_ typed: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars.prefix(64) {
            switch scalar.value {
            case 0x20, 0x3000, 0x09: continue
            case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0).map { scalars.append($0) }
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
