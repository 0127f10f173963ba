import Glibc

/// An address of the internet protocol, as the network reads it.
struct ResolvedAddress: Sendable, Hashable {
    /// 4 bytes, or 16.
    let bytes: [UInt8]

    /// The canonical text.
    var text: String {
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        let longest = Int(INET6_ADDRSTRLEN)
        let written = [UInt8](unsafeUninitializedCapacity: longest) { buffer, used in
            let found = buffer.withMemoryRebound(to: CChar.self) { text in
                inet_ntop(family, bytes, text.baseAddress, socklen_t(longest)) != nil
            }
            used = found ? buffer.prefix { $0 != 0 }.count : 0
        }
        return String(decoding: written, as: UTF8.self)
    }

    /// True for an address of the open internet.
    ///
    /// What the registries of special-purpose addresses (RFC 6890) name is none: this machine, private networks, link-local (where clouds
    /// keep their metadata), carriers' own, multicast, documentation. An IPv6 address that only wraps an IPv4 one is judged as that one;
    /// addresses through which a gateway would reach an IPv4 one (RFC 6052, RFC 3056, RFC 4380) are none.
    var isPublic: Bool {
        if bytes.count == 4 { return !Self.closed4.contains { Self.matches(bytes, $0.prefix, $0.bits) } }
        guard bytes.count == 16 else { return false }
        if Self.matches(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96) {
            return ResolvedAddress(bytes: Array(bytes.suffix(4))).isPublic
        }
        // RFC 4291 §2.4: only 2000::/3 is given out as global unicast.
        return Self.matches(bytes, [0x20], 3) && !Self.closed6.contains { Self.matches(bytes, $0.prefix, $0.bits) }
    }

    private static let closed4: [(prefix: [UInt8], bits: Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 31, 196], 24), ([192, 52, 193], 24), ([192, 88, 99], 24), ([192, 168], 16),
        ([192, 175, 48], 24), ([198, 18], 15), ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 4), ([240], 4),
    ]

    private static let closed6: [(prefix: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16),
        ([0x26, 0x20, 0, 0x4F, 0x80], 48),
        ([0x3F, 0xFF, 0x00], 20),
    ]

    private static func matches(_ bytes: [UInt8], _ prefix: [UInt8], _ bits: Int) -> Bool {
        for index in 0..<((bits + 7) / 8) {
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - index * 8))
            let wanted = index < prefix.count ? prefix[index] : 0
            guard bytes[index] & mask == wanted & mask else { return false }
        }
        return true
    }
}

extension ResolvedAddress {
    /// Asks the system's resolver for every address of a host: a name, or an address in letters. Blocks; the caller brings the thread.
    static func resolve(_ host: String) -> [ResolvedAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [ResolvedAddress] = []
        var next = first
        while let entry = next {
            if let address = ResolvedAddress(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private init?(_ entry: addrinfo) {
        guard let address = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { found in
                withUnsafeBytes(of: found.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { found in
                withUnsafeBytes(of: found.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }
}
