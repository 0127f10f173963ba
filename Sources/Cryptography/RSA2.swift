import COpenSSL

// RSASSA-PKCS1-v1_5 with SHA-256 under keys as payment platforms hand them out: PEM, or the bare base64 of its body
// (Alipay calls it RSA2).

/// A private RSA key of at least 2048 bits.
public struct RSA2PrivateKey: Sendable {
    private let operation: SignatureOperation
    private let key: NativeKey

    /// Reads PKCS#8 or PKCS#1, PEM or base64.
    /// - Throws: ``CryptographyError/malformedKey(_:)`` for anything else, and for a key below 2048 bits.
    public init(_ text: String) throws(CryptographyError) {
        let der = try KeyText.bytes(text)
        defer { ERR_clear_error() }
        let pointer = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var position = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &position, buffer.count)
        }
        guard let pointer else { throw .malformedKey("no RSA private key") }
        key = try KeyText.checked(NativeKey(pointer))
        operation = SignatureOperation(.RS256, key: key, direction: .sign)
    }

    /// A new key of 2048 bits, for whoever plays a platform or its customer.
    /// - Returns: the private key and the public key as bare base64 of PKCS#8 and SubjectPublicKeyInfo.
    /// - Throws: ``CryptographyError/libraryFailure(operation:)`` when libcrypto refuses.
    public static func generate() throws(CryptographyError) -> (privateKey: Secret<String>, publicKey: String) {
        let failure = CryptographyError.libraryFailure(operation: "making an RSA key")
        defer { ERR_clear_error() }
        guard let key = NativeKey.generate(.rsa, rsaBits: 2048) else { throw failure }
        let pem = String(decoding: try PrivateKeyPEM.encode(key, passphrase: nil), as: UTF8.self)
        var output: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key.pointer, &output)
        guard count > 0, let output else { throw failure }
        defer { CRYPTO_free(output, nil, 0) }
        let publicKey = Array(UnsafeBufferPointer(start: output, count: Int(count)))
        return (Secret(Base64.encode(try KeyText.bytes(pem))), Base64.encode(publicKey))
    }

    /// Signs a message.
    /// - Throws: ``CryptographyError/libraryFailure(operation:)`` when libcrypto refuses.
    public func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard let signature = operation.sign(message) else { throw .libraryFailure(operation: "RS256") }
        return signature
    }
}

/// A public RSA key of at least 2048 bits.
public struct RSA2PublicKey: Sendable {
    private let operation: SignatureOperation

    /// Reads SubjectPublicKeyInfo, PEM or base64.
    /// - Throws: ``CryptographyError/malformedKey(_:)`` for anything else, and for a key below 2048 bits.
    public init(_ text: String) throws(CryptographyError) {
        let der = try KeyText.bytes(text)
        defer { ERR_clear_error() }
        let pointer = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var position = buffer.baseAddress
            return d2i_PUBKEY(nil, &position, buffer.count)
        }
        guard let pointer else { throw .malformedKey("no RSA public key") }
        operation = SignatureOperation(.RS256, key: try KeyText.checked(NativeKey(pointer)), direction: .verify)
    }

    /// Whether the signature is this key's over the message.
    public func verify(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        operation.verify(signature, message)
    }
}

private enum KeyText {
    static func bytes(_ text: String) throws(CryptographyError) -> [UInt8] {
        guard text.utf8.count <= 16_384 else { throw .malformedKey("longer than 16384 bytes") }
        let lines = text.split { $0 == "\n" || $0 == "\r" || $0 == "\r\n" || $0 == " " || $0 == "\t" }
        var body: [UInt8] = []
        var isHead = false
        for part in lines {
            if part.hasPrefix("-----") { isHead = !part.dropFirst(5).hasSuffix("-----") }
            if !part.hasPrefix("-----"), !isHead { body.append(contentsOf: part.utf8) }
            if isHead, part.hasSuffix("-----"), !part.hasPrefix("-----") { isHead = false }
        }
        guard let der = Base64.decode(body), !der.isEmpty else { throw .malformedKey("neither PEM nor base64") }
        return der
    }

    static func checked(_ key: NativeKey) throws(CryptographyError) -> NativeKey {
        guard key.type == .rsa, EVP_PKEY_get_bits(key.pointer) >= 2048 else {
            throw .malformedKey("no RSA key of 2048 bits or more")
        }
        return key
    }
}
