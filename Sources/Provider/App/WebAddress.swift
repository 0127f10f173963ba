import Glibc

/// An `http` or `https` address taken apart, as far as the configuration must know it. Works on bytes; refuses what a browser would repair.
struct WebAddress: Sendable, Equatable {
    let isSecure: Bool
    /// Lower-case host name, IPv4 address, or IPv6 address without its brackets.
    let host: String
    /// The port that is written, or nil.
    let port: Int?
    /// The path with its leading slash, or empty.
    let path: String

    /// Nil when the scheme is another, the host is missing or odd, or there is a user, a query or a fragment.
    init?(_ text: String) {
        let rest: Substring
        if text.utf8.starts(with: "https://".utf8) {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.utf8.starts(with: "http://".utf8) {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}@?#".utf8.contains($0) }) else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        guard let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port
    }

    /// Whether the host is this machine and no other.
    var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

    private static func split(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var portText: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            guard IPAddress(String(host))?.bytes.count == 16 else { return nil }
            let tail = authority[authority.index(after: end)...]
            if !tail.isEmpty {
                guard tail.first == ":" else { return nil }
                portText = tail.dropFirst()
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                portText = authority[authority.index(after: colon)...]
            }
            guard isHostName(host) else { return nil }
        }
        guard let portText else { return (host.lowercased(), nil) }
        guard let port = wholeNumber(portText), (1...65535).contains(port) else { return nil }
        return (host.lowercased(), port)
    }

    private static func isHostName(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}

/// An IPv4 or IPv6 address.
struct IPAddress: Sendable, Equatable {
    /// 4 or 16 bytes; an IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) is held as its 4 bytes.
    let bytes: [UInt8]

    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { [UInt8]($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let all = withUnsafeBytes(of: six) { [UInt8]($0) }
            let isMapped = all.prefix(10).allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
            bytes = isMapped ? Array(all.suffix(4)) : all
        } else {
            return nil
        }
    }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }
}

/// A range of addresses in the form `10.0.0.0/8` (RFC 4632 §3.1), or a single address.
struct AddressBlock: Sendable, Equatable {
    private let network: [UInt8]
    private let length: Int
    private let text: String

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let widest = address.bytes.count * 8
        let length = parts.count == 2 ? wholeNumber(parts[1]) : widest
        guard let length, length <= widest else { return nil }
        network = address.bytes
        self.length = length
        self.text = text
    }

    /// Whether `address` lies in the range.
    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == network.count else { return false }
        for (index, (ours, theirs)) in zip(network, address.bytes).enumerated() {
            let bits = min(8, max(0, length - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            if ours & mask != theirs & mask { return false }
        }
        return true
    }
}

extension AddressBlock: CustomStringConvertible {
    var description: String { text }
}

extension SettingRule where Value == AddressBlock {
    /// An address or a range of addresses.
    static var addressBlock: SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                guard let block = AddressBlock(text) else {
                    throw SettingComplaint("is not an address or a range such as 10.0.0.0/8")
                }
                return block
            },
            print: \.description
        )
    }
}
