import COpenSSL

/// Hash functions: SHA-2 (FIPS 180-4) and SM3 (GB/T 32905-2016).
public enum Digest {
    /// SHA-256, 32 bytes.
    public static func sha256(_ message: some Collection<UInt8>) -> [UInt8] { compute(.sha256, 32, message) }

    /// SHA-384, 48 bytes.
    public static func sha384(_ message: some Collection<UInt8>) -> [UInt8] { compute(.sha384, 48, message) }

    /// SHA-512, 64 bytes.
    public static func sha512(_ message: some Collection<UInt8>) -> [UInt8] { compute(.sha512, 64, message) }

    /// SM3, 32 bytes.
    public static func sm3(_ message: some Collection<UInt8>) -> [UInt8] { compute(.sm3, 32, message) }

    /// SHA-1, 20 bytes. Broken against collisions: only where a vendor's protocol demands it, and never for anything of ours.
    public static func sha1(_ message: some Collection<UInt8>) -> [UInt8] { compute(.sha1, 20, message) }

    /// MD5, 16 bytes. Broken against collisions: only where a vendor's protocol demands it, and never for anything of ours.
    public static func md5(_ message: some Collection<UInt8>) -> [UInt8] { compute(.md5, 16, message) }

    private static let contexts = ContextPool(make: { EVP_MD_CTX_new() }, free: { EVP_MD_CTX_free($0) })

    private static func compute(_ algorithm: Fetched, _ size: Int, _ message: some Collection<UInt8>) -> [UInt8] {
        if let result = message.withContiguousStorageIfAvailable({ compute(algorithm, size, bytes: $0) }) {
            return result
        }
        return Array(message).withUnsafeBufferPointer { compute(algorithm, size, bytes: $0) }
    }

    private static func compute(_ algorithm: Fetched, _ size: Int, bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let result = contexts.use { context -> [UInt8]? in
            guard EVP_DigestInit_ex2(context, algorithm.pointer, nil) == 1 else { return nil }
            if let base = bytes.baseAddress, bytes.count > 0 {
                guard EVP_DigestUpdate(context, base, bytes.count) == 1 else { return nil }
            }
            var done = false
            let digest = [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
                done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1
                used = done ? size : 0
            }
            return done ? digest : nil
        }
        // Fails only when memory is exhausted: a wrong or empty digest must never be used as one.
        guard let result else { preconditionFailure("libcrypto could not compute a digest") }
        return result
    }
}
