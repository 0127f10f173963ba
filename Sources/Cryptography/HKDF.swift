/// Key derivation by extract and expand (RFC 5869).
public enum HKDF {
    /// HKDF with SHA-256.
    /// - Parameters:
    ///   - secret: input keying material, of full entropy; never a password.
    ///   - salt: may be empty, which stands for 32 zero bytes (RFC 5869 §2.2).
    ///   - info: binds the result to its use.
    ///   - count: bytes wanted, 1 to 8,160 (255 × 32); a figure outside is brought to the nearest bound.
    /// - Returns: `count` bytes.
    public static func sha256(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        let wanted = min(max(count, 1), 255 * 32)
        let key = HMAC.sha256(key: salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt, secret)
        var output: [UInt8] = []
        output.reserveCapacity(wanted + 31)
        var block: [UInt8] = []
        var counter: UInt8 = 1
        while output.count < wanted {
            block = HMAC.sha256(key: key, block + info + [counter])
            output += block
            counter &+= 1
        }
        return Array(output.prefix(wanted))
    }
}
