extension JSON {
    /// The greatest depth that a caller may allow; recursion stays far from the end of a thread's stack.
    static let deepest = 128

    /// Parses one JSON text, strictly (RFC 8259 and the rules of I-JSON, RFC 7493 §2).
    ///
    /// Refused: a member name that occurs twice, bytes that are not UTF-8 (a byte order mark too), an escape that names
    /// half of a surrogate pair, nesting beyond `depth`, a number too great for a Double, anything after the value.
    /// A whole number beyond 64 bits becomes a `double` and loses its last digits. The size is the caller's to bound.
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - depth: how deep arrays and objects may be nested, at most 128.
    /// - Throws: ``JSONError``.
    public init(parsing bytes: some Collection<UInt8>, depth: Int = 32) throws(JSONError) {
        let parsed = bytes.withContiguousStorageIfAvailable { JSON.parse($0, depth: depth) }
        switch parsed ?? Array(bytes).withUnsafeBufferPointer({ JSON.parse($0, depth: depth) }) {
        case .success(let value): self = value
        case .failure(let error): throw error
        }
    }

    /// Parses the text of a string, by the rules of ``init(parsing:depth:)-(Collection,_)``.
    public init(parsing text: String, depth: Int = 32) throws(JSONError) {
        try self.init(parsing: text.utf8, depth: depth)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, depth: Int) -> Result<JSON, JSONError> {
        Result { () throws(JSONError) in
            var parser = JSONParser(bytes: bytes, depth: min(depth, deepest))
            return try parser.parse()
        }
    }
}

/// One pass over the bytes; every read is behind a check of the end.
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depthLeft: Int

    init(bytes: UnsafeBufferPointer<UInt8>, depth: Int) {
        self.bytes = bytes
        depthLeft = depth
    }

    mutating func parse() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw fault(.trailingBytes) }
        return value
    }

    private func fault(_ reason: JSONError.Reason) -> JSONError { JSONError(reason: reason, offset: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONError) -> JSON {
        switch next {
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let size = word.utf8CodeUnitCount
        guard bytes.count - position >= size else { throw fault(.syntax) }
        for offset in 0..<size where bytes[position + offset] != word.utf8Start[offset] { throw fault(.syntax) }
        position += size
        return value
    }

    private mutating func descend() throws(JSONError) {
        guard depthLeft > 0 else { throw fault(.tooDeep) }
        depthLeft -= 1
        position += 1
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try descend()
        defer { depthLeft += 1 }
        var object = JSONObject()
        if next == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            guard next == UInt8(ascii: "\"") else { throw fault(.syntax) }
            let start = position
            let name = try text()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw fault(.syntax) }
            position += 1
            skipSpace()
            let value = try value()
            guard object.appendIfNew(name, value) else { throw JSONError(reason: .duplicateName, offset: start) }
            if try isLast(closing: UInt8(ascii: "}")) { return object }
        }
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        try descend()
        defer { depthLeft += 1 }
        var elements: [JSON] = []
        if next == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value())
            if try isLast(closing: UInt8(ascii: "]")) { return elements }
        }
    }

    /// After a member: a comma and the next one, or the end.
    private mutating func isLast(closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        let byte = next
        guard byte == UInt8(ascii: ",") || byte == closing else { throw fault(.syntax) }
        position += 1
        if byte == closing { return true }
        skipSpace()
        return false
    }

    // MARK: Texts

    private mutating func text() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let run = UnsafeBufferPointer(rebasing: bytes[start..<position])
                guard let text = String(validating: run, as: UTF8.self) else {
                    throw JSONError(reason: .notUnicode, offset: start)
                }
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedText(from: start)
            case 0..<0x20: throw fault(.syntax)
            default: position &+= 1
            }
        }
        throw fault(.syntax)
    }

    /// A text with at least one escape; `position` stands at the first.
    private mutating func escapedText(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[start..<position])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw JSONError(reason: .notUnicode, offset: start)
                }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case 0..<0x20: throw fault(.syntax)
            default:
                content.append(byte)
                position += 1
            }
        }
        throw fault(.syntax)
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw fault(.syntax) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            content.append(contentsOf: UTF8.encode(try escapedScalar()) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw fault(.syntax)
        }
        position += 1
    }

    /// After `\u`: one scalar, in one escape or in a pair of surrogates.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, next == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault(.notUnicode) }
        position += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault(.notUnicode) }
        return scalar
    }

    private mutating func fourDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw fault(.syntax) }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw fault(.syntax)
            }
            position += 1
        }
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        let negative = next == UInt8(ascii: "-")
        if negative { position += 1 }
        var value: Int64? = 0
        let firstDigit = position
        while let digit = digit() {
            if position - firstDigit == 2, bytes[firstDigit] == UInt8(ascii: "0") {
                throw JSONError(reason: .syntax, offset: start)
            }
            value = value.flatMap { extend($0, by: digit, negative: negative) }
        }
        guard position > firstDigit else { throw fault(.syntax) }
        let whole = try !skipFractionAndExponent()
        if whole, let value { return .integer(value) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let double = Double(text), double.isFinite else {
            throw JSONError(reason: .numberRange, offset: start)
        }
        return .double(double)
    }

    private func extend(_ value: Int64, by digit: Int64, negative: Bool) -> Int64? {
        let (product, tooGreat) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow) =
            negative
            ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
        return tooGreat || overflow ? nil : sum
    }

    private mutating func digit() -> Int64? {
        guard let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        position += 1
        return Int64(byte - UInt8(ascii: "0"))
    }

    /// Gives whether there was a fraction or an exponent.
    private mutating func skipFractionAndExponent() throws(JSONError) -> Bool {
        let start = position
        if next == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        return position > start
    }

    private mutating func skipDigits() throws(JSONError) {
        guard digit() != nil else { throw fault(.syntax) }
        while digit() != nil {}
    }
}
