import Glibc

/// Why the private PostgreSQL does not run, in words an operator can act on.
struct PrivatePostgresFault: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A fault with the reason the system gave for it.
    static func system(_ what: String, _ code: Int32 = errno) -> PrivatePostgresFault {
        PrivatePostgresFault("\(what): \(String(cString: strerror(code)))")
    }
}
