/// Why the key folder is not used, in a sentence that says what to do.
public enum KeyFolderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing is there.
    case missing(path: String)
    /// Group or others have rights; `wanted` is the octal mode to set.
    case exposed(path: String, mode: String, wanted: String)
    /// The file belongs to somebody who is neither the process's user nor root.
    case foreignOwner(path: String, owner: Int, user: Int)
    /// A folder where a file should be, or the other way round.
    case wrongKind(path: String, wanted: String)
    /// The operating system refused; `reason` is its text.
    case system(path: String, operation: String, reason: String)
    /// The content of a file is not what it should be.
    case malformed(path: String, rule: String)
    /// The file is encrypted, and the passphrase is missing or another one.
    case wrongPassphrase(path: String)
    /// An operation needs a passphrase and none was given.
    case noPassphrase(path: String)
    /// No key of that name.
    case unknownKey(kid: String)
    /// The key is in another state than the operation needs.
    case wrongState(kid: String, state: KeyState, wanted: KeyState)
    /// The key is the only one that signs by its algorithm.
    case lastCurrent(kid: String, algorithm: SignatureAlgorithm)
    /// libcrypto refused.
    case cryptography(CryptographyError)

    /// A sentence for the operator: the path, what is wrong, and the command that helps.
    public var description: String {
        switch self {
        case .missing(let path): "\(path) does not exist."
        case .exposed(let path, let mode, let wanted):
            "\(path) is open to other users (mode \(mode)). Run: chmod \(wanted) \(Self.quoted(path))"
        case .foreignOwner(let path, let owner, let user):
            "\(path) belongs to user \(owner), and this process runs as user \(user)."
                + " Run: chown \(user) \(Self.quoted(path))"
        case .wrongKind(let path, let wanted): "\(path) is not a \(wanted)."
        case .system(let path, let operation, let reason): "\(path): cannot \(operation): \(reason)."
        case .malformed(let path, let rule): "\(path) is malformed: \(rule)."
        case .wrongPassphrase(let path): "\(path) is encrypted, and the passphrase is missing or not the right one."
        case .noPassphrase(let path): "\(path) can only be encrypted with a passphrase, and none is given."
        case .unknownKey(let kid): "There is no key \(kid)."
        case .wrongState(let kid, let state, let wanted):
            "Key \(kid) is \(state.rawValue); only a key that is \(wanted.rawValue) can be used for this."
        case .lastCurrent(let kid, let algorithm):
            "Key \(kid) is the only one that signs by \(algorithm.rawValue). Activate another one first."
        case .cryptography(let error): "\(error)."
        }
    }

    /// The path as one word of a shell.
    private static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if plain { return path }
        return "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
