/// The last net of the log: takes out what looks like personal data or a secret, whatever way it got in.
///
/// Looks at bytes, once, from left to right. It may take too much (a number that looks like a card); it must not take too little.
struct LogScrubber {
    private let input: [UInt8]
    private var output: [UInt8] = []
    private var index = 0

    /// `text` with each find replaced by its kind in ‹›.
    static func scrub(_ text: [UInt8]) -> [UInt8] {
        // Shorter than any find.
        guard text.count >= 6 else { return text }
        var scrubber = LogScrubber(input: text)
        scrubber.run()
        return scrubber.output
    }

    /// Whether a short text holds nothing that any find below could begin with, and nothing that JSON must escape: most keys and values,
    /// told in one pass. False says only that it must be looked at closely.
    static func isHarmless(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // Opaque tokens have 40 characters or more.
        guard text.count < 40 else { return false }
        var digits = 0
        var hasDot = false
        var hasJ = false
        var previous: UInt8 = 0
        for byte in text {
            switch byte {
            case 0x30...0x39:
                digits += 1
                // Permits, the shortest of numbers, have eight digits.
                if digits == 8 { return false }
            // Escapes, full-width digits and everything else beyond ASCII.
            case 0..<0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            // Addresses, assignments, password hashes.
            case UInt8(ascii: "@"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "$"): return false
            // A scheme of an Authorization header (bearer, basic, dpop), or BEGIN.
            case 0x20:
                let last = previous | 0x20
                if last == UInt8(ascii: "r") || last == UInt8(ascii: "c") || last == UInt8(ascii: "p")
                    || previous == UInt8(ascii: "N")
                {
                    return false
                }
            // No number goes on beyond these.
            case UInt8(ascii: "/"): digits = 0
            case UInt8(ascii: "."):
                digits = 0
                hasDot = true
            case UInt8(ascii: "J"): hasJ = true
            default: break
            }
            previous = byte
        }
        // A JWT begins with eyJ and has dots.
        return !(hasDot && hasJ)
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private mutating func run() {
        while index < input.count {
            let byte = input[index]
            switch byte {
            case UInt8(ascii: "@"): takeAddress()
            case UInt8(ascii: "="), UInt8(ascii: ":"): takeAssignment()
            case UInt8(ascii: "$") where follows("$argon2"):
                replace(through: wordEnd(from: index, isNotSpace), "‹hash›")
            case UInt8(ascii: "-") where follows("-----BEGIN "): takePEM()
            default:
                if isIdentifier() {
                    copy(through: wordEnd(from: index, isWord))
                } else if digit(at: index) != nil {
                    takeNumber()
                } else if isWord(byte) {
                    takeWord()
                } else {
                    output.append(byte)
                    index += 1
                }
            }
        }
    }

    // MARK: Finds

    /// A run of letters, digits, `_` and `-`: JWT, scheme of an Authorization header, permit number, opaque token, or nothing.
    private mutating func takeWord() {
        let end = wordEnd(from: index, isWord)
        let word = input[index..<end]
        if word.starts(with: "eyJ".utf8), end < input.count, input[end] == UInt8(ascii: ".") {
            return replace(through: wordEnd(from: end) { isWord($0) || $0 == UInt8(ascii: ".") }, "‹jwt›")
        }
        if Self.schemes.contains(where: { equal(word, $0) }), end < input.count, input[end] == 0x20 {
            output += word
            output.append(0x20)
            index = wordEnd(from: end) { $0 == 0x20 }
            return replace(through: wordEnd(from: index, isNotSpace), "‹credential›")
        }
        if Self.isPermit(word) { return replace(through: end, "‹id›") }
        if Self.isOpaque(word) { return replace(through: end, "‹token›") }
        if word.contains(where: { (0x30...0x39).contains($0) }) {
            // Letters up to the first digit; the number is looked at by itself.
            copy(through: wordEnd(from: index) { isWord($0) && !(0x30...0x39).contains($0) })
        } else {
            copy(through: end)
        }
    }

    /// A number: phone, citizen identity number, card; groups parted by one space or hyphen are read as one when they have a phone's or a card's form.
    private mutating func takeNumber() {
        if takeGrouped() { return }
        var end = index
        var digits: [UInt8] = []
        while let (value, width) = digit(at: end) {
            digits.append(value)
            end += width
        }
        if digits.count == 17, end < input.count, input[end] | 0x20 == UInt8(ascii: "x") {
            return replace(through: end + 1, "‹id›")
        }
        if let kind = Self.kind(of: digits) { return replace(through: end, kind) }
        // A token may begin with a digit.
        let word = input[index..<wordEnd(from: index, isWord)]
        if Self.isOpaque(word) { return replace(through: word.endIndex, "‹token›") }
        copy(through: end)
    }

    private mutating func takeGrouped() -> Bool {
        for (groups, kind) in Self.groupings {
            var end = index
            var digits: [UInt8] = []
            var fits = true
            for (number, size) in groups.enumerated() {
                if number > 0 {
                    guard end < input.count, input[end] == 0x20 || input[end] == UInt8(ascii: "-") else {
                        fits = false
                        break
                    }
                    end += 1
                }
                for _ in 0..<size {
                    guard let (value, width) = digit(at: end) else {
                        fits = false
                        break
                    }
                    digits.append(value)
                    end += width
                }
                if !fits { break }
            }
            if fits, digit(at: end) == nil, Self.kind(of: digits) == kind {
                replace(through: end, kind)
                return true
            }
        }
        return false
    }

    /// `name=value` and `name: value` where the name is that of a secret; quotes as in JSON may stand around both.
    private mutating func takeAssignment() {
        let isColon = input[index] == UInt8(ascii: ":")
        var nameEnd = output.count
        while nameEnd > 0, output[nameEnd - 1] == UInt8(ascii: "\"") || output[nameEnd - 1] == 0x20 { nameEnd -= 1 }
        var nameStart = nameEnd
        while nameStart > 0, isWord(output[nameStart - 1]) { nameStart -= 1 }
        let name = output[nameStart..<nameEnd].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        output.append(input[index])
        index += 1
        let names = isColon ? Self.headerNames : Self.secretNames
        guard names.contains(where: { name.suffix($0.utf8.count).elementsEqual($0.utf8) }) else { return }
        while index < input.count, input[index] == 0x20 || input[index] == UInt8(ascii: "\"") {
            output.append(input[index])
            index += 1
        }
        // These two headers hold several words; the rest of the line goes.
        let isWhole = name.suffix(6).elementsEqual("cookie".utf8) || name.suffix(13).elementsEqual("authorization".utf8)
        let end = wordEnd(from: index) { byte in
            isWhole ? byte != 0x0A : isNotSpace(byte) && !"&\",;}".utf8.contains(byte)
        }
        if end > index { replace(through: end, "‹secret›") }
    }

    /// `name@host`, or the user and password of an address.
    private mutating func takeAddress() {
        var start = output.count
        while start > 0,
            isWord(output[start - 1]) || ".%+:!~*'".utf8.contains(output[start - 1]) || output[start - 1] >= 0x80
        { start -= 1 }
        let host = wordEnd(from: index + 1) { isWord($0) || $0 == UInt8(ascii: ".") || $0 >= 0x80 }
        let isCredential =
            output[start...].contains(UInt8(ascii: ":")) || output[..<start].suffix(2).elementsEqual("//".utf8)
        guard start < output.count, host > index + 1 else {
            output.append(input[index])
            index += 1
            return
        }
        output.removeSubrange(start...)
        if isCredential {
            output += "‹credential›@".utf8
            index += 1
        } else {
            replace(through: host, "‹mail›")
        }
    }

    private mutating func takePEM() {
        let rest = String(decoding: input[index...], as: UTF8.self)
        if rest.utf8.prefix(60).split(separator: UInt8(ascii: "-")).first?.suffix(3).elementsEqual("KEY".utf8) == true {
            replace(through: input.count, "‹key›")
        } else {
            output += "-----BEGIN ".utf8
            index += 11
        }
    }

    // MARK: What things look like

    private static let schemes = ["bearer", "basic", "dpop"]
    private static let secretNames = [
        "password", "passwd", "passphrase", "secret", "token", "code", "assertion", "verifier", "cookie", "captcha",
        "pepper", "session",
        "authorization", "phone", "mobile", "id_number", "email", "account", "username", "name",
    ]
    private static let headerNames = [
        "password", "passphrase", "secret", "token", "assertion", "verifier", "cookie", "authorization", "phone",
        "id_number", "email",
    ]
    private static let groupings: [([Int], String)] = [
        ([3, 4, 4], "‹phone›"), ([2, 3, 4, 4], "‹phone›"), ([2, 11], "‹phone›"), ([4, 4, 4, 4, 3], "‹card›"),
        ([4, 4, 4, 4], "‹card›"),
        ([6, 8, 4], "‹id›"),
    ]

    private static func kind(of digits: [UInt8]) -> String? {
        func isPhone(_ digits: ArraySlice<UInt8>) -> Bool {
            digits.count == 11 && digits.first == 1 && digits.dropFirst().first.map { $0 >= 3 } == true
        }
        switch digits.count {
        case 11 where isPhone(digits[...]): return "‹phone›"
        case 13 where digits.starts(with: [8, 6]) && isPhone(digits[2...]): return "‹phone›"
        case 18: return "‹id›"
        case 15...19 where hasLuhnDigit(digits): return "‹card›"
        default: return nil
        }
    }

    /// The check digit of bank cards (ISO/IEC 7812-1, annex B).
    private static func hasLuhnDigit(_ digits: [UInt8]) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { sum, part in
            let doubled = part.offset % 2 == 1 ? Int(part.element) * 2 : Int(part.element)
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum % 10 == 0
    }

    /// Passports and travel permits: one capital and 8 or 10 digits, or three capitals and 12 digits.
    private static func isPermit(_ word: ArraySlice<UInt8>) -> Bool {
        let capitals = word.prefix { (0x41...0x5A).contains($0) }.count
        guard word.dropFirst(capitals).allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        let digits = word.count - capitals
        return capitals == 1 && (digits == 8 || digits == 10) || capitals == 3 && digits == 12
    }

    /// Base64url of 30 bytes and more: letters of both cases and digits.
    private static func isOpaque(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= 40 else { return false }
        return word.contains { (0x41...0x5A).contains($0) } && word.contains { (0x61...0x7A).contains($0) }
            && word.contains { (0x30...0x39).contains($0) }
    }

    // MARK: Bytes

    /// The value of the ASCII or full-width digit at a place, and its width in bytes.
    private func digit(at place: Int) -> (value: UInt8, width: Int)? {
        guard place < input.count else { return nil }
        if (0x30...0x39).contains(input[place]) { return (input[place] - 0x30, 1) }
        guard input[place] == 0xEF, place + 2 < input.count, input[place + 1] == 0xBC,
            (0x90...0x99).contains(input[place + 2])
        else {
            return nil
        }
        return (input[place + 2] - 0x90, 3)
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private func isNotSpace(_ byte: UInt8) -> Bool { byte > 0x20 }

    /// Whether a request id, trace id, digest or UUID begins here: lower-case hexadecimal of a customary length with a letter in it.
    private func isIdentifier() -> Bool {
        guard index == 0 || !isWord(input[index - 1]) else { return false }
        let word = input[index..<wordEnd(from: index, isWord)]
        guard [16, 32, 36, 40, 64].contains(word.count) else { return false }
        return word.contains { (0x61...0x66).contains($0) }
            && word.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == UInt8(ascii: "-") }
    }

    private func wordEnd(from start: Int, _ belongs: (UInt8) -> Bool) -> Int {
        var end = start
        while end < input.count, belongs(input[end]) { end += 1 }
        return end
    }

    private func follows(_ text: String) -> Bool { input[index...].starts(with: text.utf8) }

    private func equal(_ word: ArraySlice<UInt8>, _ lower: String) -> Bool {
        word.count == lower.utf8.count && zip(word, lower.utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    private mutating func copy(through end: Int) {
        output += input[index..<end]
        index = end
    }

    private mutating func replace(through end: Int, _ kind: String) {
        output += kind.utf8
        index = end
    }
}
