import COpenSSL

/// An asymmetric key of libcrypto, public or with its private part.
///
/// Unchecked because an EVP_PKEY that is no longer changed may be used by many threads; it is filled before it gets here
/// and its reference count is atomic.
final class NativeKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// The distinguishing identifier that GM/T 0009 gives for want of another. Always set explicitly: libcrypto takes
    /// an empty one otherwise.
    static let sm2Identifier = Array("1234567812345678".utf8)

    /// Which parts of a key are handed in; the macros EVP_PKEY_PUBLIC_KEY and EVP_PKEY_KEYPAIR do not reach Swift.
    enum Selection: Int32 {
        case publicKey = 0x86
        case keyPair = 0x87
    }

    // MARK: Making

    /// A public key of validated numbers; nil when libcrypto refuses it, as it does a point that is not on the curve.
    static func make(_ material: PublicMaterial) -> NativeKey? {
        switch material {
        case .rsa(let modulus, let exponent):
            make("RSA", .publicKey, numbers: [("n", modulus), ("e", exponent)])
        case .p256(let x, let y): makeCurve("EC", "prime256v1", point: [4] + x + y, scalar: nil)
        case .sm2(let x, let y): makeCurve("SM2", "SM2", point: [4] + x + y, scalar: nil)
        case .ed25519(let x):
            EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count).map(NativeKey.init)
        }
    }

    /// A key on a curve; with `scalar` a private one.
    static func makeCurve(_ type: String, _ group: String, point: [UInt8], scalar: [UInt8]?) -> NativeKey? {
        var numbers: [(name: StaticString, value: [UInt8])] = []
        if let scalar { numbers.append(("priv", scalar)) }
        return make(
            type,
            scalar == nil ? .publicKey : .keyPair,
            group: group,
            point: point,
            numbers: numbers
        )
    }

    /// A private Ed25519 key of its 32-byte seed.
    static func makeEd25519(seed: [UInt8]) -> NativeKey? {
        EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count).map(NativeKey.init)
    }

    /// A key of named parameters.
    static func make(
        _ type: String,
        _ selection: Selection,
        group: String? = nil,
        point: [UInt8]? = nil,
        numbers: [(name: StaticString, value: [UInt8])]
    ) -> NativeKey? {
        defer { ERR_clear_error() }
        guard let builder = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(builder) }
        // The builder keeps pointers to the numbers until the parameters are made.
        var held: [OpaquePointer] = []
        defer { held.forEach { BN_clear_free($0) } }
        for (name, value) in numbers {
            guard let number = withBytes(value, { BN_bin2bn($0, Int32($1), nil) }) else { return nil }
            held.append(number)
            guard OSSL_PARAM_BLD_push_BN(builder, cString(name), number) == 1 else { return nil }
        }
        guard let parameters = makeParameters(builder, group: group, point: point) else { return nil }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, selection.rawValue, parameters) == 1
        else { return nil }
        return key.map(NativeKey.init)
    }

    private static func makeParameters(
        _ builder: OpaquePointer,
        group: String?,
        point: [UInt8]?
    ) -> UnsafeMutablePointer<OSSL_PARAM>? {
        let group = group.map { Array($0.utf8CString) } ?? []
        let point = point ?? []
        return group.withUnsafeBufferPointer { group in
            point.withUnsafeBufferPointer { point in
                if let base = group.baseAddress, group.count > 1 {
                    guard OSSL_PARAM_BLD_push_utf8_string(builder, cString("group"), base, group.count - 1) == 1
                    else { return nil }
                }
                if let base = point.baseAddress, point.count > 0 {
                    guard OSSL_PARAM_BLD_push_octet_string(builder, cString("pub"), base, point.count) == 1
                    else { return nil }
                }
                return OSSL_PARAM_BLD_to_param(builder)
            }
        }
    }

    /// A new random private key. `rsaBits` counts for RSA only.
    static func generate(_ type: KeyType, rsaBits: Int) -> NativeKey? {
        defer { ERR_clear_error() }
        let name =
            switch type {
            case .rsa: "RSA"
            case .p256: "EC"
            case .sm2: "SM2"
            case .ed25519: "ED25519"
            }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { return nil }
        switch type {
        case .rsa: guard EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(rsaBits)) == 1 else { return nil }
        case .p256: guard EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1 else { return nil }
        case .sm2, .ed25519: break
        }
        var key: OpaquePointer?
        guard EVP_PKEY_generate(context, &key) == 1 else { return nil }
        return key.map(NativeKey.init)
    }

    // MARK: Reading

    /// The kind of this key, or nil for one this product does not use.
    var type: KeyType? {
        if EVP_PKEY_is_a(pointer, "RSA") == 1 { return .rsa }
        if EVP_PKEY_is_a(pointer, "SM2") == 1 { return .sm2 }
        if EVP_PKEY_is_a(pointer, "ED25519") == 1 { return .ed25519 }
        guard EVP_PKEY_is_a(pointer, "EC") == 1 else { return nil }
        var name = [CChar](repeating: 0, count: 64)
        var size = 0
        guard EVP_PKEY_get_group_name(pointer, &name, name.count, &size) == 1 else { return nil }
        let group = String(decoding: name.prefix(size).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return group == "prime256v1" ? .p256 : nil
    }

    /// The public numbers, or nil for a key this product does not use.
    var publicMaterial: PublicMaterial? {
        switch type {
        case .rsa:
            guard let modulus = number("n", size: nil), let exponent = number("e", size: nil) else { return nil }
            return .rsa(modulus: modulus, exponent: exponent)
        case .p256:
            guard let x = number("qx", size: 32), let y = number("qy", size: 32) else { return nil }
            return .p256(x: x, y: y)
        case .sm2:
            guard let x = number("qx", size: 32), let y = number("qy", size: 32) else { return nil }
            return .sm2(x: x, y: y)
        case .ed25519:
            var bytes = [UInt8](repeating: 0, count: 32)
            var size = bytes.count
            guard EVP_PKEY_get_raw_public_key(pointer, &bytes, &size) == 1, size == 32 else { return nil }
            return .ed25519(x: bytes)
        case nil: return nil
        }
    }

    /// A number of the key, big-endian; padded to `size` or, without one, as short as it can be.
    private func number(_ name: String, size: Int?) -> [UInt8]? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number else { return nil }
        defer { BN_clear_free(number) }
        let count = size ?? (Int(BN_num_bits(number)) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: count)
        guard BN_bn2binpad(number, &bytes, Int32(count)) == Int32(count) else { return nil }
        return bytes
    }
}

/// The numbers that make a public key, big-endian, without leading zero for RSA, of 32 bytes each for curves.
enum PublicMaterial: Sendable, Equatable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case p256(x: [UInt8], y: [UInt8])
    case sm2(x: [UInt8], y: [UInt8])
    case ed25519(x: [UInt8])

    var keyType: KeyType {
        switch self {
        case .rsa: .rsa
        case .p256: .p256
        case .sm2: .sm2
        case .ed25519: .ed25519
        }
    }
}
