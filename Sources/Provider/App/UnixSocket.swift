import Glibc

/// Connects to a socket in the file system; false when nobody listens or the path is too long.
func connect(_ descriptor: Int32, toUnixSocket path: String) -> Bool {
    withUnixAddress(path) { address, length in Glibc.connect(descriptor, address, length) == 0 } ?? false
}

/// Hands `body` the address of a socket in the file system, or of an abstract one when `path` begins with `@`; nil when it is too long.
func withUnixAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = [UInt8](path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    // Neither form counts a closing zero, so that the name of an abstract socket ends where it ends.
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    return withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
}
