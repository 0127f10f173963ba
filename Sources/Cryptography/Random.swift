import COpenSSL

/// Bytes from the random generator of libcrypto, which the kernel seeds.
public enum Random {
    /// Gives `count` random bytes fit for keys and tokens.
    ///
    /// Ends the process when the generator fails: a server without randomness must not go on.
    /// - Parameter count: how many bytes, 0 or more.
    /// - Returns: exactly `count` bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            guard let base = buffer.baseAddress, RAND_bytes_ex(nil, base, count, 256) == 1 else {
                preconditionFailure("the random generator of libcrypto failed")
            }
            used = count
        }
    }
}
