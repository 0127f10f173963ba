/// One SQL statement and the values it binds.
///
/// Written as a string literal: every interpolated value becomes a bound parameter (`$1`, `$2`, …) and can never become SQL text.
/// `\(raw: text)` puts text in as it stands and must never hold anything a stranger wrote; `\(sql: other)` nests another statement
/// with its values. One statement only: the extended protocol refuses several.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    /// The text sent to the server, with numbered placeholders and without any value.
    public private(set) var text: String
    /// The values, in the order of their placeholders.
    public private(set) var bindings: PostgresBindings

    /// A statement without values.
    public init(stringLiteral value: String) {
        text = value
        bindings = PostgresBindings()
    }

    /// A statement built by interpolation.
    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        bindings = stringInterpolation.bindings
    }

    /// Collects text and values of an interpolated statement.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var text = ""
        var bindings = PostgresBindings()

        /// Called by the compiler.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 4 * interpolationCount)
            bindings.reserve(interpolationCount)
        }

        /// Called by the compiler for the literal parts.
        public mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bindings.append(value, at: text.utf8.count)
            text += SQL.placeholder(bindings.count)
        }

        /// Binds a value that may be missing: NULL then.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            bindings.append(value, at: text.utf8.count)
            text += SQL.placeholder(bindings.count)
        }

        /// Puts text in as it stands. Never for anything that came from outside.
        public mutating func appendInterpolation(raw: String) {
            text += raw
        }

        /// Nests another statement; its placeholders are numbered anew.
        public mutating func appendInterpolation(sql other: SQL) {
            let bytes = other.text.utf8
            var from = bytes.startIndex
            for (number, slot) in other.bindings.slots.enumerated() {
                let place = bytes.index(bytes.startIndex, offsetBy: slot.place)
                text += other.text[from..<place]
                bindings.adopt(slot, of: other.bindings, at: text.utf8.count)
                text += SQL.placeholder(bindings.count)
                from = bytes.index(place, offsetBy: SQL.placeholder(number + 1).utf8.count)
            }
            text += other.text[from...]
            bindings.adoptFault(of: other.bindings)
        }
    }

    private static let placeholders: [String] = (0...64).map { "$\($0)" }

    private static func placeholder(_ number: Int) -> String {
        number < placeholders.count ? placeholders[number] : "$\(number)"
    }
}

extension SQL: CustomStringConvertible {
    /// The text with placeholders; values are never part of it.
    public var description: String { text }
}
