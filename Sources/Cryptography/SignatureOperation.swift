import COpenSSL

/// Signing or verifying by one algorithm with one key: contexts prepared once, used again, safe for many threads.
///
/// RSA and ECDSA digest by themselves and keep prepared key contexts in a pool; Ed25519 and SM2 copy a prepared
/// template, because libcrypto offers no key-level operation over the whole message.
struct SignatureOperation: Sendable {
    enum Direction: Sendable { case sign, verify }

    private let algorithm: SignatureAlgorithm
    private let contexts: ContextPool
    /// The greatest size of a signature as libcrypto writes it.
    private let capacity: Int

    /// - Parameters:
    ///   - algorithm: one that belongs to the type of `key`; the caller has checked.
    ///   - key: kept alive by the contexts.
    ///   - direction: sign needs the private part.
    init(_ algorithm: SignatureAlgorithm, key: NativeKey, direction: Direction) {
        self.algorithm = algorithm
        capacity = max(Int(EVP_PKEY_get_size(key.pointer)), 80)
        switch algorithm {
        case .RS256, .PS256, .ES256:
            contexts = ContextPool(
                make: { Self.keyContext(algorithm, key, direction) },
                free: { EVP_PKEY_CTX_free($0) }
            )
        case .EdDSA, .SM2:
            let template = Template(algorithm, key, direction)
            contexts = ContextPool(
                limit: 0,
                make: { template.copy() },
                free: { EVP_MD_CTX_free($0) }
            )
        }
    }

    /// The signature in its JOSE form, or nil when libcrypto refuses.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        let native = contexts.use { context -> [UInt8]? in
            var size = capacity
            var done: Int32 = 0
            let signature = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, used in
                switch algorithm {
                case .RS256, .PS256, .ES256:
                    let digest = Digest.sha256(message)
                    done = EVP_PKEY_sign(context, buffer.baseAddress, &size, digest, digest.count)
                case .EdDSA, .SM2:
                    done = withBytes(message) { EVP_DigestSign(context, buffer.baseAddress, &size, $0, $1) }
                }
                used = done == 1 ? size : 0
            }
            return done == 1 ? signature : nil
        }
        guard let native else { return nil }
        switch algorithm {
        case .ES256, .SM2: return ECSignature.raw(der: native)
        case .RS256, .PS256, .EdDSA: return native
        }
    }

    /// Whether `signature`, in its JOSE form, is one over `message`.
    func verify(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        let native: [UInt8]
        switch algorithm {
        case .ES256, .SM2:
            guard let der = ECSignature.der(raw: signature) else { return false }
            native = der
        case .EdDSA:
            guard signature.count == 64 else { return false }
            native = signature
        case .RS256, .PS256:
            guard !signature.isEmpty else { return false }
            native = signature
        }
        // A false signature is an answer, not a failure of the context; both leave errors behind to be cleared.
        let answer = contexts.use { context -> Bool? in
            let result: Int32
            switch algorithm {
            case .RS256, .PS256, .ES256:
                let digest = Digest.sha256(message)
                result = EVP_PKEY_verify(context, native, native.count, digest, digest.count)
            case .EdDSA, .SM2:
                result = withBytes(message) { EVP_DigestVerify(context, native, native.count, $0, $1) }
            }
            return result == 1 ? true : nil
        }
        return answer ?? false
    }

    private static func keyContext(
        _ algorithm: SignatureAlgorithm,
        _ key: NativeKey,
        _ direction: Direction
    ) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { return nil }
        var ready =
            switch direction {
            case .sign: EVP_PKEY_sign_init(context) == 1
            case .verify: EVP_PKEY_verify_init(context) == 1
            }
        switch algorithm {
        case .RS256: ready = ready && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .PS256:
            ready = ready && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
        case .ES256, .EdDSA, .SM2: break
        }
        ready = ready && EVP_PKEY_CTX_set_signature_md(context, Fetched.sha256.pointer) == 1
        if algorithm == .PS256 {
            // Exactly as long as the digest (RFC 7518 §3.5); the digest of MGF1 follows that of the signature.
            ready = ready && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
        }
        guard ready else {
            EVP_PKEY_CTX_free(context)
            return nil
        }
        return context
    }
}

/// A prepared message context that is copied for each use.
///
/// Unchecked because the context is never changed after it was made, and copying only reads it.
private final class Template: @unchecked Sendable {
    private let context: OpaquePointer?

    init(_ algorithm: SignatureAlgorithm, _ key: NativeKey, _ direction: SignatureOperation.Direction) {
        guard let context = EVP_MD_CTX_new() else {
            self.context = nil
            return
        }
        var keyContext: OpaquePointer?
        let digest = algorithm == .SM2 ? "SM3" : nil
        var ready =
            switch direction {
            case .sign: EVP_DigestSignInit_ex(context, &keyContext, digest, nil, nil, key.pointer, nil) == 1
            case .verify: EVP_DigestVerifyInit_ex(context, &keyContext, digest, nil, nil, key.pointer, nil) == 1
            }
        if ready, algorithm == .SM2 {
            let identifier = NativeKey.sm2Identifier
            ready = EVP_PKEY_CTX_set1_id(keyContext, identifier, Int32(identifier.count)) == 1
        }
        if !ready {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        self.context = ready ? context : nil
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    func copy() -> OpaquePointer? {
        guard let context, let copy = EVP_MD_CTX_new() else { return nil }
        guard EVP_MD_CTX_copy_ex(copy, context) == 1 else {
            EVP_MD_CTX_free(copy)
            return nil
        }
        return copy
    }
}
