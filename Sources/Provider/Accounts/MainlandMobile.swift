/// A mainland mobile number as a person types it (journeys.md C6, domain.md 7.6).
enum MainlandMobile {
    /// The 11 digits; nil for anything else. Full-width digits, spaces, hyphens and the country's prefix are forgiven.
    static func canonical(_ typed: String) -> String? {
        var digits: [UInt8] = []
        for scalar in typed.unicodeScalars.prefix(40) {
            switch scalar.value {
            case 0x30...0x39: digits.append(UInt8(scalar.value))
            case 0xFF10...0xFF19: digits.append(UInt8(scalar.value - 0xFF10 + 0x30))
            // Spaces, hyphens as keyboards and copies have them, and the plus in front of the country.
            case 0x20, 0x09, 0x3000, 0x2D, 0x2010...0x2015, 0xFF0D: continue
            case 0x2B where digits.isEmpty, 0xFF0B where digits.isEmpty: continue
            default: return nil
            }
        }
        for prefix in ["0086", "86"] where digits.count == 11 + prefix.utf8.count && digits.starts(with: prefix.utf8) {
            digits.removeFirst(prefix.utf8.count)
            break
        }
        let number = String(decoding: digits, as: UTF8.self)
        return AccountIdentifier.isMainlandMobile(number) ? number : nil
    }
}
