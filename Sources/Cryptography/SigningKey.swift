import COpenSSL

/// A private key bound to one algorithm and one name.
///
/// Its description holds the name and the algorithm only.
public final class SigningKey: Sendable {
    /// The key's name, as it stands in the header of what it signs.
    public let kid: String
    /// The one algorithm it signs by.
    public let algorithm: SignatureAlgorithm
    /// The public half, with `kid`, `alg` and `use` = `sig`.
    public let publicJWK: JWK

    let native: NativeKey
    private let operation: SignatureOperation

    /// Binds a key that libcrypto holds.
    init(native: NativeKey, algorithm: SignatureAlgorithm, kid: String?) throws(CryptographyError) {
        guard let type = native.type, type == algorithm.keyType else { throw .algorithmMismatch }
        if case .rsa(let modulus, _) = native.publicMaterial, modulus.count < 256 {
            throw .malformedKey("RSA has at least 2048 bits")
        }
        let kid = kid ?? Self.newKid()
        self.kid = kid
        self.algorithm = algorithm
        self.native = native
        publicJWK = try JWK(native: native, kid: kid, alg: algorithm.rawValue, use: "sig")
        operation = SignatureOperation(algorithm, key: native, direction: .sign)
        // A key whose halves do not belong together would sign what nobody can verify.
        let probe = Array("citygate".utf8)
        guard let signature = operation.sign(probe),
            publicJWK.verify(signature: signature, message: probe, algorithm: algorithm)
        else { throw .malformedKey("the private and the public half do not belong together") }
    }

    /// Makes a new random key.
    /// - Parameters:
    ///   - algorithm: what it will sign by.
    ///   - kid: its name; without one a random name of 24 hexadecimal digits.
    ///   - rsaBits: size of an RSA modulus, 2,048 to 8,192; an RSA key takes from a tenth of a second to some seconds.
    /// - Returns: the key, not stored anywhere.
    /// - Throws: ``CryptographyError``.
    public static func generate(
        _ algorithm: SignatureAlgorithm,
        kid: String? = nil,
        rsaBits: Int = 2048
    ) throws(CryptographyError) -> SigningKey {
        guard (2048...8192).contains(rsaBits) else { throw .malformedKey("RSA has 2048 to 8192 bits") }
        guard let native = NativeKey.generate(algorithm.keyType, rsaBits: rsaBits) else {
            throw .libraryFailure(operation: "key generation for \(algorithm.rawValue)")
        }
        return try SigningKey(native: native, algorithm: algorithm, kid: kid)
    }

    /// Reads a private key in PKCS#8 PEM, plain or encrypted.
    /// - Parameters:
    ///   - pem: the whole file, which holds nothing else.
    ///   - passphrase: needed for an encrypted one.
    ///   - algorithm: the algorithm to bind it to.
    ///   - kid: its name; without one the thumbprint of the key (RFC 7638).
    /// - Throws: ``CryptographyError/malformedKey(_:)``, `wrongPassphrase`, `algorithmMismatch`.
    public convenience init(
        pem: [UInt8],
        passphrase: Secret<[UInt8]>? = nil,
        algorithm: SignatureAlgorithm,
        kid: String? = nil
    ) throws(CryptographyError) {
        let native = try PrivateKeyPEM.decode(pem, passphrase: passphrase)
        let thumbprint = try JWK(native: native, kid: nil, alg: nil, use: nil).thumbprint
        try self.init(native: native, algorithm: algorithm, kid: kid ?? thumbprint)
    }

    /// The key in PKCS#8 PEM; encrypted with AES-256-CBC under a key that scrypt derives when a passphrase is given.
    /// - Parameter passphrase: nil writes the key in clear.
    /// - Returns: the bytes of the file.
    /// - Throws: ``CryptographyError/libraryFailure(operation:)``.
    public func pem(passphrase: Secret<[UInt8]>?) throws(CryptographyError) -> Secret<[UInt8]> {
        Secret(try PrivateKeyPEM.encode(native, passphrase: passphrase))
    }

    /// Signs a message.
    /// - Parameter message: any bytes; it is digested here.
    /// - Returns: the signature in JOSE form: r ‖ s of 64 bytes for ES256 and SM2.
    /// - Throws: ``CryptographyError/libraryFailure(operation:)``.
    public func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard let signature = operation.sign(message) else {
            throw .libraryFailure(operation: "a signature by \(algorithm.rawValue)")
        }
        return signature
    }

    static func newKid() -> String { Hexadecimal.encode(Random.bytes(12)) }

    /// Whether a name has the form that ``newKid()`` gives.
    static func isRandomKid(_ name: some StringProtocol) -> Bool {
        name.utf8.count == 24 && Hexadecimal.decode(String(name)) != nil
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    /// Name and algorithm.
    public var description: String { "SigningKey(\(kid), \(algorithm.rawValue))" }

    /// Name and algorithm only.
    public var customMirror: Mirror { Mirror(self, children: ["kid": kid, "algorithm": algorithm.rawValue]) }
}
