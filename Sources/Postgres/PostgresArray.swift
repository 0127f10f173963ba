public import FoundationEssentials

/// An element of a one-dimensional PostgreSQL array. `[UInt8]` is `bytea`, not an array.
public protocol PostgresArrayElement: PostgresDecodable, Sendable {
    /// The type of the array of these.
    static var postgresArrayType: PostgresType { get }
    /// Binds a whole array as one value.
    static func encode(array: [Self], into bindings: inout PostgresBindings)
    /// Reads a whole array from its text form; `nil` when it is none.
    static func decode(array text: UnsafeRawBufferPointer) -> [Self]?
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array's type; `bytea` for bytes.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// Binds the array as one value.
    public func encode(into bindings: inout PostgresBindings) {
        Element.encode(array: self, into: &bindings)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// A one-dimensional array; a NULL element is refused.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> [Element]? {
        text.flatMap { Element.decode(array: $0) }
    }
}

extension PostgresArrayElement where Self: PostgresEncodable {
    /// Binary form: dimensions, "has NULL", element type, length, lower bound, then each element with its length.
    public static func encode(array: [Self], into bindings: inout PostgresBindings) {
        var elements = PostgresBindings()
        for element in array { elements.append(element, at: 0) }
        let type = postgresType == .inferred ? PostgresType.text : postgresType
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + elements.bytes.count + 4 * array.count)
        bytes.append(bigEndian: array.isEmpty ? 0 : 1)
        bytes.append(bigEndian: 0)
        bytes.append(bigEndian: type.rawValue)
        if !array.isEmpty {
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: array.count))
            bytes.append(bigEndian: 1)
        }
        for slot in elements.slots {
            bytes.append(bigEndian: UInt32(bitPattern: Int32(truncatingIfNeeded: slot.length)))
            if slot.length > 0 { bytes += elements.bytes[slot.offset..<slot.offset + slot.length] }
        }
        bindings.bind(binary: bytes, as: postgresArrayType)
        bindings.adoptFault(of: elements)
    }
}

extension PostgresArrayElement {
    /// `{a,"b,c",…}`
    public static func decode(array text: UnsafeRawBufferPointer) -> [Self]? {
        var elements: [Self] = []
        let complete = ArrayText.forEachElement(of: text) { bytes in
            guard let bytes, let element = Self.decode(postgres: bytes) else { return false }
            elements.append(element)
            return true
        }
        return complete ? elements : nil
    }
}

extension String: PostgresArrayElement {
    /// `text[]`
    public static var postgresArrayType: PostgresType { .textArray }
}

extension Int64: PostgresArrayElement {
    /// `bigint[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int: PostgresArrayElement {
    /// `bigint[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int32: PostgresArrayElement {
    /// `integer[]`
    public static var postgresArrayType: PostgresType { .int4Array }
}

extension Int16: PostgresArrayElement {
    /// `smallint[]`
    public static var postgresArrayType: PostgresType { .int2Array }
}

extension Double: PostgresArrayElement {
    /// `double precision[]`
    public static var postgresArrayType: PostgresType { .float8Array }
}

extension Bool: PostgresArrayElement {
    /// `boolean[]`
    public static var postgresArrayType: PostgresType { .boolArray }
}

extension UUID: PostgresArrayElement {
    /// `uuid[]`
    public static var postgresArrayType: PostgresType { .uuidArray }
}

extension Date: PostgresArrayElement {
    /// `timestamptz[]`
    public static var postgresArrayType: PostgresType { .timestamptzArray }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`: an array of bytes is one value.
    public static var postgresArrayType: PostgresType { .bytea }

    /// Binds the bytes.
    public static func encode(array: [UInt8], into bindings: inout PostgresBindings) {
        bindings.bind(binary: array, as: .bytea)
    }

    /// The hex form, `\x…`.
    public static func decode(array text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return nil
        }
        var valid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2 - 1) { buffer, count in
            for index in 1..<text.count / 2 {
                let (high, low) = (nibble(text[2 * index]), nibble(text[2 * index + 1]))
                valid = valid && (high | low) < 16
                buffer[index - 1] = high << 4 | low & 15
            }
            count = text.count / 2 - 1
        }
        return valid ? bytes : nil
    }

    /// A column of this type does not exist; the conformance serves `[UInt8]`.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> UInt8? { nil }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: 255
        }
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// `bytea[]`
    public static var postgresArrayType: PostgresType { .byteaArray }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt32) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

/// The text form of arrays.
private enum ArrayText {
    /// Calls `body` with each element's bytes, unquoted; `nil` for NULL.
    ///
    /// - Returns: whether the text was one whole one-dimensional array and `body` accepted every element.
    static func forEachElement(of text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> Bool) -> Bool {
        guard text.count >= 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == UInt8(ascii: "}") else {
            return false
        }
        let end = text.count - 1
        var index = 1
        if index == end { return true }
        var scratch: [UInt8] = []
        while true {
            scratch.removeAll(keepingCapacity: true)
            guard let quoted = element(of: text, from: &index, to: end, into: &scratch) else { return false }
            let isNull = !quoted && scratch.count == 4 && scratch.elementsEqual("NULL".utf8)
            guard isNull ? body(nil) : scratch.withUnsafeBytes({ body($0) }) else { return false }
            if index == end { return true }
            guard text[index] == UInt8(ascii: ",") else { return false }
            index += 1
        }
    }

    /// Reads one element up to the comma or the end; answers whether it was quoted, `nil` when malformed.
    private static func element(
        of text: UnsafeRawBufferPointer,
        from index: inout Int,
        to end: Int,
        into scratch: inout [UInt8]
    ) -> Bool? {
        let quoted = index < end && text[index] == UInt8(ascii: "\"")
        if quoted { index += 1 }
        while index < end {
            let byte = text[index]
            if quoted, byte == UInt8(ascii: "\"") {
                index += 1
                return true
            }
            if !quoted, byte == UInt8(ascii: ",") { break }
            if !quoted, byte == UInt8(ascii: "{") { return nil }
            if byte == UInt8(ascii: "\\") { index += 1 }
            guard index < end else { return nil }
            scratch.append(text[index])
            index += 1
        }
        return quoted || scratch.isEmpty ? nil : false
    }
}
