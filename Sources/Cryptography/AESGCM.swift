import COpenSSL

/// Authenticated encryption by AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce and a 128-bit tag.
///
/// One key is good for about 2^32 messages (SP 800-38D §8.3); the caller rotates data keys long before.
public enum AESGCM {
    /// Bytes that ``seal(_:key:aad:)`` adds: 12 of nonce, 16 of tag.
    public static let overhead = 28

    /// Encrypts and authenticates.
    /// - Parameters:
    ///   - plaintext: up to 2^30 bytes.
    ///   - key: 32 bytes.
    ///   - aad: authenticated, not stored: say where the ciphertext belongs, so that it cannot be moved.
    /// - Returns: nonce ‖ ciphertext ‖ tag.
    /// - Throws: ``CryptographyError/wrongLength(_:)`` for key or plaintext, `libraryFailure` when memory is exhausted.
    public static func seal(
        _ plaintext: [UInt8],
        key: [UInt8],
        aad: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        try seal(plaintext, key: key, nonce: Random.bytes(nonceSize), aad: aad)
    }

    /// Checks and decrypts what ``seal(_:key:aad:)`` gave.
    /// - Parameters:
    ///   - sealed: nonce ‖ ciphertext ‖ tag.
    ///   - key: 32 bytes.
    ///   - aad: the same as at sealing.
    /// - Returns: the plaintext; nothing of it is given away when the tag is wrong.
    /// - Throws: ``CryptographyError/authenticationFailed`` for a wrong key, wrong aad or altered bytes.
    public static func open(
        _ sealed: [UInt8],
        key: [UInt8],
        aad: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        try check(key: key, count: sealed.count, aad: aad)
        guard sealed.count >= overhead else { throw .authenticationFailed }
        let nonce = Array(sealed[..<nonceSize])
        let text = Array(sealed[nonceSize..<(sealed.count - tagSize)])
        var tag = Array(sealed[(sealed.count - tagSize)...])
        let plaintext = contexts.use { context -> [UInt8]? in
            var count: Int32 = 0
            guard EVP_DecryptInit_ex2(context, Fetched.aes256GCM.pointer, key, nonce, nil) == 1,
                aad.isEmpty || EVP_DecryptUpdate(context, nil, &count, aad, Int32(aad.count)) == 1
            else { return nil }
            var output = [UInt8](repeating: 0, count: text.count)
            guard text.isEmpty || EVP_DecryptUpdate(context, &output, &count, text, Int32(text.count)) == 1,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagSize), &tag) == 1
            else { return nil }
            var rest: UInt8 = 0
            guard EVP_DecryptFinal_ex(context, &rest, &count) == 1 else { return nil }
            return output
        }
        guard let plaintext else { throw .authenticationFailed }
        return plaintext
    }

    /// Sealing with a chosen nonce, which only published vectors need: a nonce used twice breaks the key.
    static func seal(
        _ plaintext: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        aad: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try check(key: key, count: plaintext.count, aad: aad)
        guard nonce.count == nonceSize else { throw .wrongLength("an AES-GCM nonce has 12 bytes") }
        let sealed = contexts.use { context -> [UInt8]? in
            var count: Int32 = 0
            guard EVP_EncryptInit_ex2(context, Fetched.aes256GCM.pointer, key, nonce, nil) == 1,
                aad.isEmpty || EVP_EncryptUpdate(context, nil, &count, aad, Int32(aad.count)) == 1
            else { return nil }
            var text = [UInt8](repeating: 0, count: plaintext.count)
            guard
                plaintext.isEmpty
                    || EVP_EncryptUpdate(context, &text, &count, plaintext, Int32(plaintext.count)) == 1
            else { return nil }
            var tag = [UInt8](repeating: 0, count: tagSize)
            guard EVP_EncryptFinal_ex(context, &tag, &count) == 1,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagSize), &tag) == 1
            else { return nil }
            return nonce + text + tag
        }
        guard let sealed else { throw .libraryFailure(operation: "AES-256-GCM") }
        return sealed
    }

    private static let nonceSize = 12
    private static let tagSize = 16
    private static let largest = 1 << 30

    private static let contexts = ContextPool(make: { EVP_CIPHER_CTX_new() }, free: { EVP_CIPHER_CTX_free($0) })

    private static func check(key: [UInt8], count: Int, aad: [UInt8]) throws(CryptographyError) {
        guard key.count == 32 else { throw .wrongLength("an AES-256 key has 32 bytes") }
        guard count <= largest, aad.count <= largest else { throw .wrongLength("more than 2^30 bytes for AES-GCM") }
    }
}
