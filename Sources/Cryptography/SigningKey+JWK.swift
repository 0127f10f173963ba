extension SigningKey {
    /// Reads a private key from a JWK (RFC 7518 §6, RFC 8037 §2), by the rules of ``JWK/init(json:)``.
    ///
    /// RSA needs all of `d`, `p`, `q`, `dp`, `dq`, `qi`; more than two primes are refused.
    /// - Parameters:
    ///   - json: the JSON object with the private members.
    ///   - algorithm: what to bind it to; when the JWK has an `alg`, that one.
    ///   - kid: its name; without one that of the JWK, and without that the thumbprint (RFC 7638).
    /// - Throws: ``CryptographyError/malformedKey(_:)``, `algorithmMismatch`.
    public convenience init(
        jwk json: JSON,
        algorithm: SignatureAlgorithm,
        kid: String? = nil
    ) throws(CryptographyError) {
        guard var members = json.object else { throw .malformedKey("not a JSON object") }
        let reader = JWKReader(members)
        let native = try Self.native(reader, hasMorePrimes: members["oth"] != nil)
        for name in ["d", "p", "q", "dp", "dq", "qi"] { members[name] = nil }
        members["key_ops"] = nil
        let publicHalf = try JWK(json: .object(members))
        guard publicHalf.algorithms.contains(algorithm) else { throw .algorithmMismatch }
        try self.init(native: native, algorithm: algorithm, kid: kid ?? publicHalf.kid ?? publicHalf.thumbprint)
        guard publicJWK.material == publicHalf.material else { throw .malformedKey("the halves belong to two keys") }
    }

    private static func native(
        _ reader: JWKReader,
        hasMorePrimes: Bool
    ) throws(CryptographyError) -> NativeKey {
        let key: NativeKey?
        switch try reader.publicMaterial() {
        case .rsa(let modulus, let exponent):
            guard !hasMorePrimes else { throw .malformedKey("more than two primes") }
            var numbers: [(name: StaticString, value: [UInt8])] = [
                ("n", modulus), ("e", exponent), ("d", try reader.number("d")),
            ]
            let rest: [(member: String, parameter: StaticString)] = [
                ("p", "rsa-factor1"), ("q", "rsa-factor2"), ("dp", "rsa-exponent1"), ("dq", "rsa-exponent2"),
                ("qi", "rsa-coefficient1"),
            ]
            for (member, parameter) in rest { numbers.append((parameter, try reader.number(member))) }
            key = NativeKey.make("RSA", .keyPair, numbers: numbers)
        case .p256(let x, let y):
            key = NativeKey.makeCurve("EC", "prime256v1", point: [4] + x + y, scalar: try reader.bytes("d", count: 32))
        case .sm2(let x, let y):
            key = NativeKey.makeCurve("SM2", "SM2", point: [4] + x + y, scalar: try reader.bytes("d", count: 32))
        case .ed25519:
            key = NativeKey.makeEd25519(seed: try reader.bytes("d", count: 32))
        }
        guard let key else { throw .malformedKey("libcrypto does not accept the numbers") }
        return key
    }
}
