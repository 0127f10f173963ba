import Glibc

/// An sRGB colour.
struct Colour: Sendable, Equatable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Reads `#RRGGBB`; nil for anything else, so that no other text can reach the stylesheet.
    init?(hex: String) {
        let bytes = Array(hex.utf8)
        guard bytes.count == 7, bytes[0] == UInt8(ascii: "#") else { return nil }
        var value: UInt32 = 0
        for byte in bytes.dropFirst() {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        self.init(red: UInt8(value >> 16), green: UInt8(value >> 8 & 0xFF), blue: UInt8(value & 0xFF))
    }

    var hex: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = [UInt8(ascii: "#")]
        for part in [red, green, blue] {
            text.append(digits[Int(part >> 4)])
            text.append(digits[Int(part & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Contrast ratio, 1 to 21 (WCAG 2.2, relative luminance and contrast ratio).
    func contrast(with other: Colour) -> Double {
        let (first, second) = (luminance, other.luminance)
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    static let white = Colour(red: 255, green: 255, blue: 255)
    /// The ground of cards in the dark theme.
    static let night = Colour(red: 0x1B, green: 0x1F, blue: 0x26)

    /// The first shade towards black that reaches a contrast with `ground`; black if none does.
    func darkened(toContrast contrast: Double, with ground: Colour) -> Colour {
        shades(towards: 0).first { $0.contrast(with: ground) >= contrast } ?? Colour(red: 0, green: 0, blue: 0)
    }

    /// The first tint towards white that reaches a contrast with `ground`; white if none does.
    func lightened(toContrast contrast: Double, with ground: Colour) -> Colour {
        shades(towards: 255).first { $0.contrast(with: ground) >= contrast } ?? .white
    }

    /// A share of the way to black: 1 stays, 0 is black.
    func scaled(_ share: Double) -> Colour { mixed(with: 0, 1 - share) }

    private func shades(towards end: Double) -> some Sequence<Colour> {
        (0...50).lazy.map { mixed(with: end, Double($0) / 50) }
    }

    private func mixed(with end: Double, _ share: Double) -> Colour {
        func part(_ value: UInt8) -> UInt8 { UInt8((Double(value) + (end - Double(value)) * share).rounded()) }
        return Colour(red: part(red), green: part(green), blue: part(blue))
    }

    private var luminance: Double {
        func linear(_ part: UInt8) -> Double {
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
