/// Base64 with the URL-safe alphabet and without padding (RFC 4648 §5, RFC 7515 §2): one text for each byte string.
public enum Base64URL {
    /// Encodes without padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        Base64Alphabet.url.encode(bytes, padded: false)
    }

    /// Decodes strictly: only the alphabet, no padding, no white space, unused bits zero.
    /// - Returns: the bytes, or nil for anything that ``encode(_:)`` would not have written.
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    /// Decodes the bytes of a text, by the rules of ``decode(_:)-(String)``.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let result = text.withContiguousStorageIfAvailable({ Base64Alphabet.url.decode($0) }) { return result }
        return Array(text).withUnsafeBufferPointer { Base64Alphabet.url.decode($0) }
    }
}

/// Base64 with the standard alphabet and padding (RFC 4648 §4), as HTTP Basic and PHC-like formats use it.
public enum Base64 {
    /// Encodes; `padded: false` leaves the `=` away, as the PHC string format wants.
    public static func encode(_ bytes: [UInt8], padded: Bool = true) -> String {
        Base64Alphabet.standard.encode(bytes, padded: padded)
    }

    /// Decodes strictly: only the alphabet, padding exactly as `padded` says, no white space, unused bits zero.
    public static func decode(_ text: String, padded: Bool = true) -> [UInt8]? {
        decode(text.utf8, padded: padded)
    }

    /// Decodes the bytes of a text, by the rules of ``decode(_:padded:)-(String,_)``.
    public static func decode(_ text: some Collection<UInt8>, padded: Bool = true) -> [UInt8]? {
        Array(text).withUnsafeBufferPointer { buffer in
            guard padded else { return Base64Alphabet.standard.decode(buffer) }
            guard buffer.count % 4 == 0 else { return nil }
            var end = buffer.count
            while end > 0, buffer.count - end < 2, buffer[end - 1] == UInt8(ascii: "=") { end -= 1 }
            return Base64Alphabet.standard.decode(UnsafeBufferPointer(rebasing: buffer[..<end]))
        }
    }
}

/// The two tables of one alphabet.
struct Base64Alphabet: Sendable {
    static let url = Base64Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    static let standard = Base64Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    /// 64 entries: six bits to a letter.
    private let letters: [UInt8]
    /// 256 entries: a letter to six bits, 0xFF for a byte outside the alphabet.
    private let values: [UInt8]

    init(_ alphabet: StaticString) {
        let letters = Array(alphabet.description.utf8)
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (index, letter) in letters.enumerated() { values[Int(letter)] = UInt8(index) }
        self.letters = letters
        self.values = values
    }

    func encode(_ bytes: [UInt8], padded: Bool) -> String {
        let (whole, rest) = bytes.count.quotientAndRemainder(dividingBy: 3)
        let size = whole * 4 + (rest == 0 ? 0 : padded ? 4 : rest + 1)
        return String(unsafeUninitializedCapacity: size) { output in
            letters.withUnsafeBufferPointer { letters in
                bytes.withUnsafeBufferPointer { input in
                    var from = 0
                    var to = 0
                    while from + 3 <= input.count {
                        let word =
                            Int(input[from]) &<< 16 | Int(input[from &+ 1]) &<< 8 | Int(input[from &+ 2])
                        output[to] = letters[word &>> 18]
                        output[to &+ 1] = letters[word &>> 12 & 63]
                        output[to &+ 2] = letters[word &>> 6 & 63]
                        output[to &+ 3] = letters[word & 63]
                        from &+= 3
                        to &+= 4
                    }
                    guard rest > 0 else { return }
                    let word = Int(input[from]) &<< 16 | (rest == 2 ? Int(input[from &+ 1]) &<< 8 : 0)
                    output[to] = letters[word &>> 18]
                    output[to &+ 1] = letters[word &>> 12 & 63]
                    if rest == 2 { output[to &+ 2] = letters[word &>> 6 & 63] }
                    guard padded else { return }
                    if rest == 1 { output[to &+ 2] = UInt8(ascii: "=") }
                    output[to &+ 3] = UInt8(ascii: "=")
                }
            }
            return size
        }
    }

    /// Decodes text without padding; nil for a foreign byte, an impossible length, or unused bits that are not zero.
    func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let (whole, rest) = text.count.quotientAndRemainder(dividingBy: 4)
        guard rest != 1 else { return nil }
        let size = whole * 3 + (rest == 0 ? 0 : rest - 1)
        var valid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { output, used in
            values.withUnsafeBufferPointer { values in
                valid = Self.decode(text, into: output, by: values)
            }
            used = valid ? size : 0
        }
        return valid ? bytes : nil
    }

    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>,
        by values: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var seen: UInt8 = 0
        var from = 0
        var to = 0
        while from + 4 <= text.count {
            let (a, b) = (values[Int(text[from])], values[Int(text[from &+ 1])])
            let (c, d) = (values[Int(text[from &+ 2])], values[Int(text[from &+ 3])])
            seen |= a | b | c | d
            output[to] = a &<< 2 | b &>> 4
            output[to &+ 1] = b &<< 4 | c &>> 2
            output[to &+ 2] = c &<< 6 | d
            from &+= 4
            to &+= 3
        }
        if from < text.count {
            let (a, b) = (values[Int(text[from])], values[Int(text[from &+ 1])])
            seen |= a | b
            output[to] = a &<< 2 | b &>> 4
            if from + 3 == text.count {
                let c = values[Int(text[from &+ 2])]
                seen |= c
                guard c & 3 == 0 else { return false }
                output[to &+ 1] = b &<< 4 | c &>> 2
            } else {
                guard b & 15 == 0 else { return false }
            }
        }
        // Six-bit values never set the two high bits; 0xFF does.
        return seen < 64
    }
}
