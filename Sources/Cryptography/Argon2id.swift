import CArgon2
import Glibc

/// One computation of Argon2id, version 0x13 (RFC 9106).
struct Argon2id: Sendable {
    let parameters: PasswordHasher.Parameters
    let salt: [UInt8]
    /// Bytes of the tag.
    let size: Int
    /// Argon2's own key and associated data; only the vector of RFC 9106 §5.3 uses them.
    var secret: [UInt8] = []
    var associated: [UInt8] = []

    /// Computes the tag on the calling thread; takes tens of milliseconds and `parameters.memory` KiB.
    func hash(_ password: [UInt8]) throws(PasswordHasherError) -> [UInt8] {
        var (password, salt, secret, associated) = (password, salt, secret, associated)
        var tag = [UInt8](repeating: 0, count: size)
        let code = password.withUnsafeMutableBufferPointer { password in
            salt.withUnsafeMutableBufferPointer { salt in
                secret.withUnsafeMutableBufferPointer { secret in
                    associated.withUnsafeMutableBufferPointer { associated in
                        tag.withUnsafeMutableBufferPointer { tag in
                            var context = Self.context(parameters)
                            (context.out, context.outlen) = (tag.baseAddress, UInt32(tag.count))
                            (context.pwd, context.pwdlen) = (password.baseAddress, UInt32(password.count))
                            (context.salt, context.saltlen) = (salt.baseAddress, UInt32(salt.count))
                            (context.secret, context.secretlen) = (secret.baseAddress, UInt32(secret.count))
                            (context.ad, context.adlen) = (associated.baseAddress, UInt32(associated.count))
                            return argon2_ctx(&context, Argon2_id)
                        }
                    }
                }
            }
        }
        guard code == ARGON2_OK.rawValue else { throw .hashingFailed(code: Int(code)) }
        return tag
    }

    /// Memory comes from the kernel and goes back to it after each hash: the C library's heap would keep it.
    private static func context(_ parameters: PasswordHasher.Parameters) -> argon2_context {
        var context = argon2_context()
        context.t_cost = UInt32(parameters.iterations)
        context.m_cost = UInt32(parameters.memory)
        context.lanes = UInt32(parameters.lanes)
        context.threads = 1
        context.version = ARGON2_VERSION_13.rawValue
        context.allocate_cbk = { memory, count in
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
            guard let memory, let pages = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), pages != MAP_FAILED
            else { return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue }
            memory.pointee = pages.assumingMemoryBound(to: UInt8.self)
            return ARGON2_OK.rawValue
        }
        context.free_cbk = { memory, count in
            _ = munmap(memory, count)
        }
        return context
    }
}
