/// Why a text is not accepted as JSON, and at which byte.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken.
    public enum Reason: String, Sendable {
        /// A byte that may not stand there, or the text ends too early.
        case syntax = "syntax error"
        /// Something follows the value.
        case trailingBytes = "bytes after the value"
        /// A member name occurs twice in one object.
        case duplicateName = "duplicate member name"
        /// Arrays and objects are nested deeper than allowed.
        case tooDeep = "nested too deep"
        /// The bytes are not UTF-8, or an escape names half of a surrogate pair.
        case notUnicode = "not Unicode text"
        /// A number outside of what a Double can hold.
        case numberRange = "number out of range"
    }

    /// The rule that was broken.
    public let reason: Reason
    /// The position of the byte at which it was noticed, from 0.
    public let offset: Int

    /// Rule and position, nothing of the content.
    public var description: String { "JSON: \(reason.rawValue) at byte \(offset)" }
}
