/// A random token that the holder keeps, and the hash of it that is stored.
///
/// The hash carries the type of the token, so that a value of one kind is never found among those of another.
public struct OpaqueToken: Sendable {
    /// The token as it is handed out: base64url, 43 letters for 32 bytes.
    public let value: Secret<String>

    /// Makes a new random token.
    /// - Parameter bytes: bytes of randomness, at least 16 (a smaller figure is raised).
    public init(bytes: Int = 32) {
        value = Secret(Base64URL.encode(Random.bytes(max(bytes, 16))))
    }

    /// What is stored for this token; the same as ``hash(_:type:)`` of its value.
    public func hash(type: String) -> [UInt8] {
        Self.hash(value.reveal(), type: type)
    }

    /// SHA-256 of type ‖ 0 ‖ token: the key under which a presented token is looked up.
    /// - Parameters:
    ///   - presented: the token as received; any text, only hashed.
    ///   - type: the namespace, for example `code` or `refresh`; holds no zero byte.
    /// - Returns: 32 bytes.
    public static func hash(_ presented: String, type: String) -> [UInt8] {
        var message = Array(type.utf8)
        message.append(0)
        message.append(contentsOf: presented.utf8)
        return Digest.sha256(message)
    }
}
