extension KeyRing {
    /// Makes a compact JWS with the key that signs by an algorithm at the moment.
    ///
    /// The quick algorithms sign where the caller runs. The slow ones take a millisecond or more; they sign on the shared pool of threads, so
    /// that a caller on an event loop does not hold up everybody else there.
    /// - Parameters:
    ///   - type: the `typ` header, for example `at+jwt`; nil leaves it away.
    ///   - payload: the bytes to sign, as a rule the JSON of the claims.
    ///   - algorithm: which key.
    /// - Returns: header.payload.signature.
    /// - Throws: ``CryptographyError``, `noCurrentKey` among them.
    public func sign(
        type: String?,
        payload: [UInt8],
        by algorithm: SignatureAlgorithm
    ) async throws(CryptographyError) -> String {
        let key = try current(for: algorithm)
        guard algorithm.isSlowToSign else { return try JWS.sign(type: type, payload: payload, key: key) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            () async throws(CryptographyError) -> String in
            try JWS.sign(type: type, payload: payload, key: key)
        }
    }
}

extension SignatureAlgorithm {
    /// Whether one signature takes a millisecond or so.
    fileprivate var isSlowToSign: Bool {
        switch self {
        case .RS256, .PS256, .SM2: true
        case .ES256, .EdDSA: false
        }
    }
}
