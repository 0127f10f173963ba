import COpenSSL

/// The form of `secrets.json`: in clear, or sealed with AES-256-GCM under a key that scrypt (RFC 7914) derives from the
/// passphrase.
enum SecretsFile {
    static let name = "secrets.json"

    static func encode(_ secrets: KeySecrets, passphrase: Secret<[UInt8]>?) throws(CryptographyError) -> [UInt8] {
        guard let passphrase else {
            return JSON.object([("version", 1), ("secrets", secrets.json)]).bytes + [0x0A]
        }
        let derivation = Derivation(salt: Random.bytes(16))
        let key = try derivation.key(passphrase)
        let sealed = try AESGCM.seal(secrets.json.bytes, key: key, aad: derivation.bound)
        return JSON.object([("version", 1), ("scrypt", derivation.json), ("sealed", .base64URL(sealed))]).bytes + [0x0A]
    }

    static func isSealed(_ bytes: [UInt8]) -> Bool { (try? JSON(parsing: bytes))?["sealed"] != nil }

    static func decode(
        _ bytes: [UInt8],
        passphrase: Secret<[UInt8]>?,
        path: String
    ) throws(KeyFolderError) -> KeySecrets {
        guard let json = try? JSON(parsing: bytes), json["version"]?.int == 1 else {
            throw .malformed(path: path, rule: "it is not JSON of version 1")
        }
        let content: JSON
        if let text = json["sealed"]?.string {
            guard let sealed = Base64URL.decode(text), let derivation = Derivation(json: json["scrypt"]) else {
                throw .malformed(path: path, rule: "sealed or scrypt is not readable")
            }
            content = try open(sealed, derivation, passphrase, path: path)
        } else {
            content = json["secrets"] ?? .null
        }
        guard let secrets = KeySecrets(json: content) else {
            throw .malformed(path: path, rule: "a secret is missing or has not 32 bytes")
        }
        return secrets
    }

    private static func open(
        _ sealed: [UInt8],
        _ derivation: Derivation,
        _ passphrase: Secret<[UInt8]>?,
        path: String
    ) throws(KeyFolderError) -> JSON {
        guard let passphrase else { throw .wrongPassphrase(path: path) }
        let plain: [UInt8]
        do {
            plain = try AESGCM.open(sealed, key: derivation.key(passphrase), aad: derivation.bound)
        } catch .authenticationFailed {
            throw .wrongPassphrase(path: path)
        } catch {
            throw .cryptography(error)
        }
        return (try? JSON(parsing: plain)) ?? .null
    }

    /// How the key comes from the passphrase: N = 32,768, r = 8, p = 1 takes 32 MiB and about 0.1 s.
    private struct Derivation {
        let salt: [UInt8]
        let cost: Int64
        let blockSize: Int64
        let lanes: Int64

        init(salt: [UInt8]) {
            (self.salt, cost, blockSize, lanes) = (salt, 32_768, 8, 1)
        }

        /// Reads settings within bounds, so that a damaged file cannot ask for all memory.
        init?(json: JSON?) {
            guard let salt = json?["salt"]?.string.flatMap({ Base64URL.decode($0) }), (16...64).contains(salt.count),
                let cost = json?["n"]?.int, (1024...1_048_576).contains(cost), cost & (cost - 1) == 0,
                let blockSize = json?["r"]?.int, (1...16).contains(blockSize),
                let lanes = json?["p"]?.int, (1...16).contains(lanes)
            else { return nil }
            (self.salt, self.cost, self.blockSize, self.lanes) = (salt, cost, blockSize, lanes)
        }

        var json: JSON {
            .object([
                ("salt", .base64URL(salt)), ("n", .integer(cost)), ("r", .integer(blockSize)), ("p", .integer(lanes)),
            ])
        }

        /// What the seal is bound to.
        var bound: [UInt8] { Array("citygate secrets 1 ".utf8) + json.bytes }

        func key(_ passphrase: Secret<[UInt8]>) throws(CryptographyError) -> [UInt8] {
            var key = [UInt8](repeating: 0, count: 32)
            let memory = UInt64(128 * blockSize * (cost + lanes + 32)) + 1 << 20
            let done = passphrase.reveal().withUnsafeBytes { buffer in
                EVP_PBE_scrypt(
                    buffer.bindMemory(to: CChar.self).baseAddress,
                    buffer.count,
                    salt,
                    salt.count,
                    UInt64(cost),
                    UInt64(blockSize),
                    UInt64(lanes),
                    memory,
                    &key,
                    key.count
                )
            }
            guard done == 1 else {
                ERR_clear_error()
                throw .libraryFailure(operation: "scrypt")
            }
            return key
        }
    }
}
