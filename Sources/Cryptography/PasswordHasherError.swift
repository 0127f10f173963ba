/// Why a password was neither hashed nor compared.
public enum PasswordHasherError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The queue is full, or the password waited longer than allowed: answer "try again", not "wrong password".
    case busy
    /// The password has more than ``PasswordHasher/longestPassword`` bytes.
    case passwordTooLong
    /// The stored record is not one of ours.
    case malformedRecord
    /// The stored record names a pepper that is not among the keys.
    case unknownPepper(version: Int)
    /// libargon2 refused, as a rule for want of memory.
    case hashingFailed(code: Int)

    /// One sentence for the log.
    public var description: String {
        switch self {
        case .busy: "too many passwords are waiting to be hashed"
        case .passwordTooLong: "the password has more than \(PasswordHasher.longestPassword) bytes"
        case .malformedRecord: "the stored password record is malformed"
        case .unknownPepper(let version): "no pepper key of version \(version)"
        case .hashingFailed(let code): "libargon2 failed with code \(code)"
        }
    }
}
