import COpenSSL

/// AES in CBC mode (NIST SP 800-38A §6.2), without padding and without authentication: only for what other systems have encrypted
/// that way, such as phone numbers from a mini-program's host app. What we encrypt ourselves goes through ``AESGCM``.
public enum AESCBC {
    /// Decrypts whole blocks; the caller takes the padding off, for every system pads in its own way.
    /// - Parameters:
    ///   - ciphertext: a multiple of 16 bytes, up to 2^20.
    ///   - key: 16, 24 or 32 bytes.
    ///   - initialVector: 16 bytes.
    /// - Returns: the plaintext with its padding.
    /// - Throws: ``CryptographyError/wrongLength(_:)``.
    public static func decrypt(
        _ ciphertext: [UInt8],
        key: [UInt8],
        initialVector: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try run(ciphertext, key, initialVector, encrypts: 0)
    }

    /// Encrypts whole blocks that the caller has padded.
    /// - Parameters:
    ///   - plaintext: a multiple of 16 bytes, up to 2^20.
    ///   - key: 16, 24 or 32 bytes.
    ///   - initialVector: 16 bytes.
    /// - Returns: as many bytes.
    /// - Throws: ``CryptographyError/wrongLength(_:)``.
    public static func encrypt(
        _ plaintext: [UInt8],
        key: [UInt8],
        initialVector: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try run(plaintext, key, initialVector, encrypts: 1)
    }

    /// Adds PKCS#7 padding (RFC 5652 §6.3) to a multiple of `block` bytes, which is 16 for AES and 32 for some systems.
    public static func padded(_ bytes: [UInt8], block: Int = 16) -> [UInt8] {
        let count = block - bytes.count % block
        return bytes + [UInt8](repeating: UInt8(count), count: count)
    }

    /// Takes PKCS#7 padding of up to `block` bytes off; nil when it is not right.
    public static func unpadded(_ bytes: [UInt8], block: Int = 16) -> [UInt8]? {
        guard let last = bytes.last, (1...block).contains(Int(last)), bytes.count >= Int(last),
            bytes.suffix(Int(last)).allSatisfy({ $0 == last })
        else { return nil }
        return Array(bytes.dropLast(Int(last)))
    }

    private static func run(
        _ input: [UInt8],
        _ key: [UInt8],
        _ vector: [UInt8],
        encrypts: Int32
    ) throws(CryptographyError) -> [UInt8] {
        guard !input.isEmpty, input.count % 16 == 0, input.count <= 1 << 20 else {
            throw .wrongLength("AES-CBC takes whole blocks of 16 bytes")
        }
        guard vector.count == 16 else { throw .wrongLength("an AES-CBC initial vector has 16 bytes") }
        let cipher: Fetched
        switch key.count {
        case 16: cipher = aes128
        case 24: cipher = aes192
        case 32: cipher = aes256
        default: throw .wrongLength("an AES key has 16, 24 or 32 bytes")
        }
        defer { ERR_clear_error() }
        guard let context = EVP_CIPHER_CTX_new() else { throw .libraryFailure(operation: "AES-CBC") }
        defer { EVP_CIPHER_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: input.count + 16)
        var count: Int32 = 0
        guard EVP_CipherInit_ex2(context, cipher.pointer, key, vector, encrypts, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_CipherUpdate(context, &output, &count, input, Int32(input.count)) == 1, Int(count) == input.count
        else { throw .libraryFailure(operation: "AES-CBC") }
        return Array(output.prefix(input.count))
    }

    private static let aes128 = Fetched.cipher("AES-128-CBC")
    private static let aes192 = Fetched.cipher("AES-192-CBC")
    private static let aes256 = Fetched.cipher("AES-256-CBC")
}
