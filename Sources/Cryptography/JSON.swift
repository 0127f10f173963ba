/// A JSON value (RFC 8259), as strict as signed data needs: see ``init(parsing:depth:)``.
public enum JSON: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number without fraction and exponent that fits into 64 bits.
    case integer(Int64)
    /// Any other number; finite when it comes from the parser.
    case double(Double)
    /// A text.
    case string(String)
    /// An ordered list.
    case array([JSON])
    /// Members with distinct names, in the order in which they were written.
    case object(JSONObject)

    /// The text, if this is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The number, if this is an integer within 64 bits.
    public var int: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// The number, if this is one, whole or not.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements, if this is an array.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// Whether this is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The elements as texts, if this is an array of nothing but texts.
    public var strings: [String]? {
        guard let array else { return nil }
        let texts = array.compactMap(\.string)
        return texts.count == array.count ? texts : nil
    }

    /// The member of that name, if this is an object that has one.
    public subscript(_ name: String) -> JSON? { object?[name] }

    /// An array of texts.
    public init(_ texts: some Sequence<String>) {
        self = .array(texts.map { .string($0) })
    }

    /// An object of these members in their order, without those that are nil.
    public static func object(_ members: [(String, JSON?)]) -> JSON {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return .object(object)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A number with a fraction.
    public init(floatLiteral value: Double) { self = .double(value) }

    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// `null`
    public init(nilLiteral: ()) { self = .null }

    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// Members in the written order; of a name written twice the last value counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
