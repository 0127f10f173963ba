public import FoundationEssentials

/// A Swift value that can be bound to a placeholder.
public protocol PostgresEncodable: Sendable {
    /// The type announced to the server, also for NULL.
    static var postgresType: PostgresType { get }
    /// Binds exactly one value.
    func encode(into bindings: inout PostgresBindings)
}

/// A Swift value that can be read from a column.
public protocol PostgresDecodable {
    /// The value of a column's text form; `nil` bytes are SQL NULL.
    ///
    /// - Returns: `nil` when the bytes are not a value of this type. The bytes are valid only during the call.
    static func decode(postgres text: UnsafeRawBufferPointer?) -> Self?
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The type of the wrapped value.
    public static var postgresType: PostgresType { Wrapped.postgresType }

    /// Binds the value, or NULL.
    public func encode(into bindings: inout PostgresBindings) {
        if let self { self.encode(into: &bindings) } else { bindings.bindNull(as: Wrapped.postgresType) }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// NULL is `nil`.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> Self? {
        guard let text else { return .some(nil) }
        return Wrapped.decode(postgres: text).map(Optional.some)
    }
}

extension String: PostgresEncodable, PostgresDecodable {
    /// Left to the server, so that text, enums, `inet`, `jsonb` (with a cast) and others can be written from a string.
    public static var postgresType: PostgresType { .inferred }

    /// Binds the text; a NUL byte in it refuses the statement.
    public func encode(into bindings: inout PostgresBindings) { bindings.bind(text: self) }

    /// The text form of any type.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> String? {
        text.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Bool: PostgresEncodable, PostgresDecodable {
    /// `boolean`
    public static var postgresType: PostgresType { .bool }

    /// Binds one byte.
    public func encode(into bindings: inout PostgresBindings) {
        bindings.bind(binary: CollectionOfOne<UInt8>(self ? 1 : 0), as: .bool)
    }

    /// `t` or `f`.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> Bool? {
        guard let text, text.count == 1 else { return nil }
        return switch text[0] {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }
}

/// An integer that PostgreSQL has a type for.
public protocol PostgresInteger: FixedWidthInteger, SignedInteger, PostgresEncodable, PostgresDecodable {}

extension PostgresInteger {
    /// Binds the integer in network order.
    public func encode(into bindings: inout PostgresBindings) {
        bindings.bind(bigEndian: self, as: Self.postgresType)
    }

    /// A decimal integer that fits.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> Self? {
        guard let text, let value = integer(text) else { return nil }
        return Self(exactly: value)
    }
}

extension Int16: PostgresInteger {
    /// `smallint`
    public static var postgresType: PostgresType { .int2 }
}

extension Int32: PostgresInteger {
    /// `integer`
    public static var postgresType: PostgresType { .int4 }
}

extension Int64: PostgresInteger {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
}

extension Int: PostgresInteger {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
}

/// Reads an optional minus sign and 1 to 19 digits; `nil` for anything else or when Int64 overflows.
func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard let first = text.first else { return nil }
    let negative = first == UInt8(ascii: "-")
    let digits = text.dropFirst(negative ? 1 : 0)
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    var value: Int64 = 0
    for byte in digits {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
        let (next, carry) = scaled.subtractingReportingOverflow(Int64(digit))
        guard !overflow, !carry else { return nil }
        value = next
    }
    if negative { return value }
    return value == .min ? nil : -value
}

extension Double: PostgresEncodable, PostgresDecodable {
    /// `double precision`
    public static var postgresType: PostgresType { .float8 }

    /// Binds the eight bytes.
    public func encode(into bindings: inout PostgresBindings) {
        bindings.bind(bigEndian: bitPattern, as: .float8)
    }

    /// Any number PostgreSQL prints, also `NaN` and `Infinity`.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> Double? {
        text.flatMap { Double(String(decoding: $0, as: UTF8.self)) }
    }
}

extension UUID: PostgresEncodable, PostgresDecodable {
    /// `uuid`
    public static var postgresType: PostgresType { .uuid }

    /// Binds the sixteen bytes.
    public func encode(into bindings: inout PostgresBindings) {
        withUnsafeBytes(of: uuid) { bindings.bind(binary: $0, as: .uuid) }
    }

    /// The form with hyphens.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> UUID? {
        text.flatMap { UUID(uuidString: String(decoding: $0, as: UTF8.self)) }
    }
}

extension Date: PostgresEncodable, PostgresDecodable {
    /// `timestamp with time zone`
    public static var postgresType: PostgresType { .timestamptz }

    /// Binds the instant, rounded to the microsecond PostgreSQL keeps; instants outside its range are clamped.
    public func encode(into bindings: inout PostgresBindings) {
        let microseconds = (timeIntervalSinceReferenceDate + Timestamp.secondsFrom2000To2001) * 1_000_000
        bindings.bind(bigEndian: Timestamp.clamped(microseconds), as: .timestamptz)
    }

    /// A `timestamptz` in ISO style; a connection of this module always prints it in UTC. Years 1 to 294276.
    public static func decode(postgres text: UnsafeRawBufferPointer?) -> Date? {
        guard let text, let microseconds = Timestamp.microseconds(iso: text) else { return nil }
        return Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000 - Timestamp.secondsFrom2000To2001)
    }
}
