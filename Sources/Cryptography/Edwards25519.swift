import COpenSSL

/// What libcrypto leaves unchecked about an Ed25519 public key until it verifies: that it is a point of the curve.
enum Edwards25519 {
    /// Whether 32 bytes are the canonical encoding of a point on the curve (RFC 8032 §5.1.3) whose order is not small.
    ///
    /// With a point of small order one signature fits many messages, so such a key proves nothing.
    static func isAcceptable(_ encoded: [UInt8]) -> Bool {
        guard encoded.count == 32, let context = BN_CTX_new() else { return false }
        defer { BN_CTX_free(context) }
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        guard let p = number(prime), let d = number(curveConstant),
            let y = number(Array(encoded.reversed().enumerated().map { $0 == 0 ? $1 & 0x7F : $1 }))
        else { return false }
        defer { [p, d, y].forEach { BN_free($0) } }
        guard BN_cmp(y, p) < 0, !smallOrder.contains(encoded.dropLast() + [encoded[31] & 0x7F]) else { return false }
        return isSquare(y: y, d: d, p: p, context)
    }

    /// Whether x² = (y² − 1) / (d y² + 1) has a solution: v = (y² − 1)(d y² + 1) is a square, as the quotient differs
    /// from it by a square. A zero (x = 0) is of small order and was refused before.
    private static func isSquare(
        y: OpaquePointer,
        d: OpaquePointer,
        p: OpaquePointer,
        _ context: OpaquePointer
    ) -> Bool {
        guard let square = BN_CTX_get(context), let left = BN_CTX_get(context), let right = BN_CTX_get(context),
            BN_mod_sqr(square, y, p, context) == 1,
            BN_copy(left, square) != nil, BN_sub_word(left, 1) == 1,
            BN_mod_mul(right, square, d, p, context) == 1, BN_add_word(right, 1) == 1,
            BN_mod_mul(left, left, right, p, context) == 1
        else { return false }
        return BN_kronecker(left, p, context) == 1
    }

    private static func number(_ bytes: [UInt8]) -> OpaquePointer? { BN_bin2bn(bytes, Int32(bytes.count), nil) }

    /// 2^255 − 19.
    private static let prime: [UInt8] = [0x7F] + [UInt8](repeating: 0xFF, count: 30) + [0xED]

    /// d = −121665/121666, big-endian.
    private static let curveConstant: [UInt8] = [
        0x52, 0x03, 0x6C, 0xEE, 0x2B, 0x6F, 0xFE, 0x73, 0x8C, 0xC7, 0x40, 0x79, 0x77, 0x79, 0xE8, 0x98,
        0x00, 0x70, 0x0A, 0x4D, 0x41, 0x41, 0xD8, 0xAB, 0x75, 0xEB, 0x4D, 0xCA, 0x13, 0x59, 0x78, 0xA3,
    ]

    /// The y of the eight points of small order, little-endian: 0, 1, −1 and the two of order 8.
    private static let smallOrder: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]
}
