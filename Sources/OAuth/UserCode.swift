/// `user_code` (RFC 8628 §6.1): eight letters that a person reads from one screen and types at another.
///
/// Twenty consonants: no vowels, so that no words come about, and nothing that looks like a digit. That is 34 bits, enough for a code of
/// some minutes behind a limit of tries (§5.1).
public struct UserCode: Sendable, Hashable {
    private static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ".utf8)
    private static let length = 8
    /// What is typed may hold spaces and dashes beside the letters; beyond this many bytes it is no code.
    private static let longestTyped = 64

    /// The letters alone.
    public let letters: String

    /// A code from random bytes, each letter equally likely.
    ///
    /// - Returns: nil when too many of the bytes had to be passed over; then it takes new ones.
    public init?(random bytes: some Sequence<UInt8>) {
        // 240 is the greatest multiple of 20 in a byte: what lies beyond would favour the first letters.
        let letters = Array(bytes).filter { $0 < 240 }.prefix(Self.length).map { Self.alphabet[Int($0) % 20] }
        guard letters.count == Self.length else { return nil }
        self.letters = String(decoding: letters, as: UTF8.self)
    }

    /// A code as a person types it: case, dashes and spaces do not matter, nor the wide forms of a Chinese keyboard.
    public init?(typed text: String) {
        guard text.utf8.count <= Self.longestTyped else { return nil }
        var letters: [UInt8] = []
        for scalar in text.unicodeScalars where !Self.isSeparator(scalar) {
            guard let letter = Self.letter(scalar) else { return nil }
            letters.append(letter)
        }
        guard letters.count == Self.length else { return nil }
        self.letters = String(decoding: letters, as: UTF8.self)
    }

    /// The code as screens show it: `WDJB-MJHT`.
    public var shown: String { "\(letters.prefix(4))-\(letters.dropFirst(4))" }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .dashPunctuation || scalar == "_"
            || scalar == "." || scalar == "·"
    }

    private static func letter(_ scalar: Unicode.Scalar) -> UInt8? {
        let value: UInt32 =
            switch scalar.value {
            case 0x61...0x7A: scalar.value - 0x20
            case 0xFF21...0xFF3A: scalar.value - 0xFF21 + 0x41
            case 0xFF41...0xFF5A: scalar.value - 0xFF41 + 0x41
            default: scalar.value
            }
        guard let byte = UInt8(exactly: value), alphabet.contains(byte) else { return nil }
        return byte
    }
}
