import COpenSSL
import Synchronization

// What every primitive needs of libcrypto: algorithm objects that are fetched once, and contexts that are used again.
// Owns: the fetched EVP objects and the pools. Never: a decision about keys or formats.

/// An algorithm object of libcrypto, fetched once for the life of the process.
///
/// Unchecked because fetched EVP algorithm objects are immutable and reference counted by atomic operations; libcrypto
/// documents them as shareable between threads.
struct Fetched: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Fetches a digest. Ends the process when libcrypto has no such digest: nothing could run without it.
    static func digest(_ name: String) -> Fetched {
        guard let pointer = EVP_MD_fetch(nil, name, nil) else { preconditionFailure("libcrypto has no digest \(name)") }
        return Fetched(pointer: pointer)
    }

    /// Fetches a cipher. Ends the process when libcrypto has no such cipher.
    static func cipher(_ name: String) -> Fetched {
        guard let pointer = EVP_CIPHER_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto has no cipher \(name)")
        }
        return Fetched(pointer: pointer)
    }

    /// Fetches a message authentication code. Ends the process when libcrypto has no such code.
    static func authenticationCode(_ name: String) -> Fetched {
        guard let pointer = EVP_MAC_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto has no authentication code \(name)")
        }
        return Fetched(pointer: pointer)
    }

    static let md5 = digest("MD5")
    static let sha1 = digest("SHA1")
    static let sha256 = digest("SHA256")
    static let sha384 = digest("SHA384")
    static let sha512 = digest("SHA512")
    static let sm3 = digest("SM3")
    static let aes256GCM = cipher("AES-256-GCM")
    static let hmac = authenticationCode("HMAC")
}

/// Contexts of one kind, handed out to one user at a time and kept for the next.
///
/// Unchecked because the stored pointers are only touched inside the lock, and a context that is out belongs to exactly
/// one caller; the two closures capture immutable values.
final class ContextPool: @unchecked Sendable {
    private let idle = Mutex<[UInt]>([])
    private let limit: Int
    private let make: () -> OpaquePointer?
    private let free: (OpaquePointer) -> Void

    /// - Parameters:
    ///   - limit: how many idle contexts are kept; more are freed when they come back.
    ///   - make: makes a ready context, or nil when libcrypto refuses.
    ///   - free: frees a context.
    init(limit: Int = 32, make: @escaping () -> OpaquePointer?, free: @escaping (OpaquePointer) -> Void) {
        self.limit = limit
        self.make = make
        self.free = free
    }

    deinit {
        for address in idle.withLock({ $0 }) {
            if let context = OpaquePointer(bitPattern: address) { free(context) }
        }
    }

    /// Lends a context to `body`; nil when none could be made. A context whose use failed (`body` gives nil) is freed,
    /// because its state is unknown.
    func use<T>(_ body: (OpaquePointer) -> T?) -> T? {
        let kept = idle.withLock { $0.popLast() }.flatMap { OpaquePointer(bitPattern: $0) }
        guard let context = kept ?? make() else { return nil }
        guard let result = body(context) else {
            free(context)
            ERR_clear_error()
            return nil
        }
        let keep = idle.withLock { addresses in
            guard addresses.count < limit else { return false }
            addresses.append(UInt(bitPattern: context))
            return true
        }
        if !keep { free(context) }
        return result
    }
}

/// Calls `body` with a pointer that is never nil, also for an empty array, as libcrypto gives nil a meaning of its own.
func withBytes<T>(_ bytes: [UInt8], _ body: (UnsafePointer<UInt8>, Int) -> T) -> T {
    bytes.withUnsafeBufferPointer { buffer in
        if let base = buffer.baseAddress { return body(base, buffer.count) }
        return withUnsafePointer(to: UInt8(0)) { body($0, 0) }
    }
}

/// A parameter's name as C wants it. Only of a literal: libcrypto keeps the pointer beyond the call.
func cString(_ name: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}
