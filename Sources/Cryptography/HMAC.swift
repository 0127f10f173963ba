import COpenSSL

/// Keyed-hash message authentication codes (RFC 2104) with SHA-256 and SM3.
public enum HMAC {
    /// HMAC-SHA-256, 32 bytes (RFC 4231 has vectors). The key may have any length, also none.
    public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] { compute(sha256Contexts, key, message) }

    /// HMAC-SM3, 32 bytes (GB/T 15852.2). The key may have any length, also none.
    public static func sm3(key: [UInt8], _ message: [UInt8]) -> [UInt8] { compute(sm3Contexts, key, message) }

    /// Whether `code` is the whole HMAC-SHA-256 of `message`, compared in constant time (RFC 7518 §3.2).
    public static func isValidSHA256(_ code: [UInt8], key: [UInt8], _ message: [UInt8]) -> Bool {
        ConstantTime.equal(code, sha256(key: key, message))
    }

    private static let sha256Contexts = contexts("SHA256")
    private static let sm3Contexts = contexts("SM3")

    private static func contexts(_ digest: String) -> ContextPool {
        ContextPool(
            make: {
                guard let context = EVP_MAC_CTX_new(Fetched.hmac.pointer) else { return nil }
                var name = Array(digest.utf8CString)
                let set = name.withUnsafeMutableBufferPointer { buffer in
                    let parameters = [
                        OSSL_PARAM_construct_utf8_string(cString("digest"), buffer.baseAddress, 0),
                        OSSL_PARAM_construct_end(),
                    ]
                    return EVP_MAC_CTX_set_params(context, parameters)
                }
                guard set == 1 else {
                    EVP_MAC_CTX_free(context)
                    return nil
                }
                return context
            },
            free: { EVP_MAC_CTX_free($0) }
        )
    }

    private static func compute(_ contexts: ContextPool, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let result = contexts.use { context -> [UInt8]? in
            // The pointer must not be nil, or libcrypto would go on with the key of the former user.
            guard withBytes(key, { EVP_MAC_init(context, $0, $1, nil) }) == 1,
                withBytes(message, { EVP_MAC_update(context, $0, $1) }) == 1
            else { return nil }
            var size = 0
            let code = [UInt8](unsafeUninitializedCapacity: 32) { buffer, used in
                guard EVP_MAC_final(context, buffer.baseAddress, &size, 32) == 1 else { return }
                used = size
            }
            return code.count == 32 ? code : nil
        }
        // Fails only when memory is exhausted: a wrong or empty code must never be used as one.
        guard let result else { preconditionFailure("libcrypto could not compute an HMAC") }
        return result
    }
}
