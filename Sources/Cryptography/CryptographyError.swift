/// What can go wrong in this module, without any value that could be a secret.
///
/// Faults of the key folder have their own type, ``KeyFolderError``, and those of the password hasher theirs,
/// ``PasswordHasherError``.
public enum CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// libcrypto refused an operation that does not depend on hostile input; `operation` names the call.
    case libraryFailure(operation: String)
    /// Input of the wrong length was handed to a primitive; the text says which.
    case wrongLength(String)
    /// The authentication tag does not match: wrong key, wrong associated data, or altered bytes.
    case authenticationFailed
    /// A key (JWK or PEM) breaks a rule; the text says which rule, never the value.
    case malformedKey(String)
    /// A private key is encrypted and the passphrase is missing or does not open it.
    case wrongPassphrase
    /// The key cannot sign or verify by the algorithm that was asked for.
    case algorithmMismatch
    /// A compact JWS breaks RFC 7515; the text says which rule.
    case malformedJWS(String)
    /// No key in state `current` exists for the algorithm.
    case noCurrentKey(SignatureAlgorithm)

    /// One sentence for the log.
    public var description: String {
        switch self {
        case .libraryFailure(let operation): "libcrypto refused \(operation)"
        case .wrongLength(let what): "wrong length: \(what)"
        case .authenticationFailed: "the authentication tag does not match"
        case .malformedKey(let rule): "malformed key: \(rule)"
        case .wrongPassphrase: "the private key is encrypted and the passphrase does not open it"
        case .algorithmMismatch: "the key does not belong to the algorithm"
        case .malformedJWS(let rule): "malformed JWS: \(rule)"
        case .noCurrentKey(let algorithm): "no current key for \(algorithm.rawValue)"
        }
    }
}
