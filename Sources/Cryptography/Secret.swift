/// A value that does not print: ‹secret› stands for it in every description, dump and interpolation.
///
/// It keeps values out of logs by mistake; it does not hide them from a debugger or a core dump.
public struct Secret<Value: Sendable>: Sendable {
    private let value: Value

    /// Wraps a value.
    public init(_ value: Value) {
        self.value = value
    }

    /// Gives the value; the one place to look for when asking where a secret goes.
    public func reveal() -> Value { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always ‹secret›.
    public var description: String { "‹secret›" }

    /// Always ‹secret›.
    public var debugDescription: String { "‹secret›" }

    /// A mirror without children, so that `dump` and reflection find nothing.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
