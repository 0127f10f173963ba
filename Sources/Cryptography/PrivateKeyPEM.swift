import COpenSSL

/// Private keys as PKCS#8 PEM (RFC 5958, RFC 7468 §10 and §11).
///
/// Encrypted files use PBES2 with scrypt (RFC 7914 §7; N = 16,384, r = 8, p = 1, about 16 MiB and 50 ms) and AES-256-CBC,
/// so that an operator can open them with `openssl pkey`.
enum PrivateKeyPEM {
    static func encode(_ key: NativeKey, passphrase: Secret<[UInt8]>?) throws(CryptographyError) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let memory = BIO_new(BIO_s_secmem()) else { throw failure }
        defer { BIO_free_all(memory) }
        guard let info = EVP_PKEY2PKCS8(key.pointer) else { throw failure }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        if let passphrase {
            guard let sealed = seal(info, passphrase.reveal()) else { throw failure }
            defer { X509_SIG_free(sealed) }
            guard PEM_write_bio_PKCS8(memory, sealed) == 1 else { throw failure }
        } else {
            guard PEM_write_bio_PKCS8_PRIV_KEY_INFO(memory, info) == 1 else { throw failure }
        }
        return contents(of: memory)
    }

    static func decode(_ pem: [UInt8], passphrase: Secret<[UInt8]>?) throws(CryptographyError) -> NativeKey {
        defer { ERR_clear_error() }
        guard pem.count <= 65_536 else { throw .malformedKey("a PEM file has at most 65536 bytes") }
        guard let memory = BIO_new(BIO_s_secmem()) else { throw failure }
        defer { BIO_free_all(memory) }
        guard withBytes(pem, { BIO_write(memory, $0, Int32($1)) }) == Int32(pem.count) else { throw failure }
        let info: OpaquePointer?
        if isEncrypted(pem) {
            guard let sealed = PEM_read_bio_PKCS8(memory, nil, nil, nil) else {
                throw .malformedKey("not a PKCS#8 PEM file")
            }
            defer { X509_SIG_free(sealed) }
            guard let secret = passphrase?.reveal() else { throw .wrongPassphrase }
            info = secret.withUnsafeBytes { buffer in
                PKCS8_decrypt(sealed, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count))
            }
            guard info != nil else { throw .wrongPassphrase }
        } else if pem.starts(with: "-----BEGIN PRIVATE KEY-----".utf8) {
            info = PEM_read_bio_PKCS8_PRIV_KEY_INFO(memory, nil, nil, nil)
        } else {
            throw .malformedKey("not a PKCS#8 PEM file")
        }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        guard let info, let key = EVP_PKCS82PKEY(info) else { throw .malformedKey("not a PKCS#8 private key") }
        return NativeKey(key)
    }

    /// Whether a file says that it is encrypted.
    static func isEncrypted(_ pem: [UInt8]) -> Bool {
        pem.starts(with: "-----BEGIN ENCRYPTED PRIVATE KEY-----".utf8)
    }

    private static let failure = CryptographyError.libraryFailure(operation: "reading or writing a private key")

    private static func seal(_ info: OpaquePointer, _ passphrase: [UInt8]) -> OpaquePointer? {
        var salt = Random.bytes(16)
        guard
            let algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), &salt, Int32(salt.count), nil, 16_384, 8, 1)
        else { return nil }
        let sealed = passphrase.withUnsafeBytes { buffer in
            PKCS8_set0_pbe(buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count), info, algorithm)
        }
        if sealed == nil { X509_ALGOR_free(algorithm) }
        return sealed
    }

    private static func contents(of memory: OpaquePointer) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = BIO_read(memory, &chunk, Int32(chunk.count))
            guard count > 0 else { return output }
            output.append(contentsOf: chunk[..<Int(count)])
        }
    }
}
