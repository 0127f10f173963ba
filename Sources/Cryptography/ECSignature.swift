/// The two forms of a signature on a 256-bit curve: r ‖ s of 64 bytes (RFC 7518 §3.4), and the DER sequence of two
/// integers that libcrypto speaks.
enum ECSignature {
    private static let half = 32

    /// DER to r ‖ s; nil when it is not a sequence of two integers of at most 256 bits.
    static func raw(der: [UInt8]) -> [UInt8]? {
        guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var raw = [UInt8](repeating: 0, count: 2 * half)
        var position = 2
        for end in [half, 2 * half] {
            guard position + 2 <= der.count, der[position] == 0x02 else { return nil }
            var size = Int(der[position + 1])
            position += 2
            guard size > 0, position + size <= der.count else { return nil }
            while size > 1, der[position] == 0 {
                position += 1
                size -= 1
            }
            guard size <= half else { return nil }
            raw.replaceSubrange((end - size)..<end, with: der[position..<(position + size)])
            position += size
        }
        return position == der.count ? raw : nil
    }

    /// r ‖ s to DER; nil unless it has 64 bytes.
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 2 * half else { return nil }
        var der: [UInt8] = [0x30, 0]
        der.reserveCapacity(72)
        for start in [0, half] {
            var first = start
            while first < start + half - 1, raw[first] == 0 { first += 1 }
            let sign = raw[first] >= 0x80
            der.append(0x02)
            der.append(UInt8(start + half - first + (sign ? 1 : 0)))
            if sign { der.append(0) }
            der.append(contentsOf: raw[first..<(start + half)])
        }
        der[1] = UInt8(der.count - 2)
        return der
    }
}
