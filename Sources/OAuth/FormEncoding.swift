/// application/x-www-form-urlencoded as RFC 6749 appendix B profiles it: UTF-8, `%` escapes, `+` for a space.
enum FormEncoding {
    /// Why a component was refused. The caller makes a specified error of it.
    enum Fault: Error {
        case badEscape
        case notUTF8
        case nul
    }

    /// Decodes one name or value. Strict: an incomplete or non-hexadecimal escape, bytes that are not UTF-8, and NUL are refused.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(Fault) -> String {
        var plain = true
        for byte in bytes where byte == percent || byte == plus || byte == 0 {
            plain = false
            break
        }
        if plain {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
            return text
        }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case percent:
                guard bytes.endIndex - index > 2, let high = hexValue(bytes[index + 1]),
                    let low = hexValue(bytes[index + 2])
                else { throw .badEscape }
                out.append(high << 4 | low)
                index += 3
            case plus:
                out.append(UInt8(ascii: " "))
                index += 1
            default:
                out.append(byte)
                index += 1
            }
        }
        guard !out.contains(0) else { throw .nul }
        guard let text = String(validating: out, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    /// Appends the encoded form of a value. A space becomes `%20`, which every decoder of queries, fragments and forms understands.
    static func encode(_ value: String, into out: inout [UInt8]) {
        for byte in value.utf8 {
            if isUnreserved(byte) {
                out.append(byte)
            } else {
                out.append(percent)
                out.append(hexDigit(byte >> 4))
                out.append(hexDigit(byte & 15))
            }
        }
    }

    /// `name=value&…` of the fields, in order.
    static func encode(_ fields: [(name: String, value: String)]) -> String {
        var out: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { out.append(UInt8(ascii: "&")) }
            encode(field.name, into: &out)
            out.append(UInt8(ascii: "="))
            encode(field.value, into: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// RFC 3986 §2.3.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The value of a hexadecimal digit of either case.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static let percent = UInt8(ascii: "%")
    private static let plus = UInt8(ascii: "+")

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + (nibble - 10)
    }
}
