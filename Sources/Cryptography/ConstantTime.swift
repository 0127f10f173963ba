import COpenSSL

/// Comparison whose time does not depend on where two values differ.
public enum ConstantTime {
    /// Whether both arrays hold the same bytes. Only the lengths can be learnt from the time it takes.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return a.withUnsafeBufferPointer { left in
            b.withUnsafeBufferPointer { right in
                guard let x = left.baseAddress, let y = right.baseAddress else { return true }
                return CRYPTO_memcmp(x, y, left.count) == 0
            }
        }
    }
}
