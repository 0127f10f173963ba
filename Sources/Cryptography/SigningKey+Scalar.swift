import COpenSSL

extension SigningKey {
    /// An ES256 key of a given private scalar, for keys that are derived instead of stored.
    /// - Parameters:
    ///   - kid: its name.
    ///   - p256Scalar: 32 bytes, big-endian, between 1 and the order of P-256.
    /// - Throws: ``CryptographyError/malformedKey(_:)`` for a scalar out of range.
    public convenience init(kid: String, p256Scalar: Secret<[UInt8]>) throws(CryptographyError) {
        let scalar = p256Scalar.reveal()
        guard scalar.count == 32, let point = Self.p256Point(of: scalar),
            let native = NativeKey.makeCurve("EC", "prime256v1", point: point, scalar: scalar)
        else { throw .malformedKey("no private scalar of P-256") }
        try self.init(native: native, algorithm: .ES256, kid: kid)
    }

    /// The public point of a scalar, uncompressed (SEC 1 §2.3.3); nil when the scalar is zero or not below the order.
    private static func p256Point(of scalar: [UInt8]) -> [UInt8]? {
        guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        defer { EC_GROUP_free(group) }
        guard let point = EC_POINT_new(group) else { return nil }
        defer { EC_POINT_free(point) }
        guard let number = BN_bin2bn(scalar, Int32(scalar.count), nil) else { return nil }
        defer { BN_clear_free(number) }
        guard let order = EC_GROUP_get0_order(group), BN_is_zero(number) == 0, BN_cmp(number, order) < 0,
            EC_POINT_mul(group, point, number, nil, nil, nil) == 1
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65)
        let written = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil)
        return written == bytes.count ? bytes : nil
    }
}
