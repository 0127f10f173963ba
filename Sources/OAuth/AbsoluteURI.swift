/// An absolute URI (RFC 3986 §4.3), cut into its parts and never rewritten.
///
/// No part is normalised, decoded or lower-cased: what two programs would read differently is refused instead. Every byte must belong
/// to the URI alphabet, so a space, a backslash, a control character, a raw Unicode letter and the like end here.
struct AbsoluteURI: Sendable {
    /// Before the first colon; letters as written.
    let scheme: String
    /// True where `//` follows the scheme.
    let hasAuthority: Bool
    /// Before the last `@` of the authority.
    let userinfo: String?
    /// The host as written; an IPv6 address keeps its brackets.
    let host: String?
    /// The digits after the host's colon, or whatever else stands there.
    let port: String?
    let path: String
    /// After the first `?`.
    let query: String?
    /// After the first `#`.
    let fragment: String?

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 2048, Self.isURIText(bytes), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            Self.isScheme(bytes[..<colon])
        else { return nil }
        func string(_ slice: ArraySlice<UInt8>) -> String { String(decoding: slice, as: UTF8.self) }
        scheme = string(bytes[..<colon])

        var rest = bytes[(colon + 1)...]
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            fragment = string(rest[(hash + 1)...])
            rest = rest[..<hash]
        } else {
            fragment = nil
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = string(rest[(mark + 1)...])
            rest = rest[..<mark]
        } else {
            query = nil
        }
        guard rest.starts(with: "//".utf8) else {
            (hasAuthority, userinfo, host, port) = (false, nil, nil, nil)
            path = string(rest)
            return
        }
        hasAuthority = true
        rest = rest.dropFirst(2)
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        path = string(rest[slash...])
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            userinfo = string(authority[..<at])
            authority = authority[(at + 1)...]
        } else {
            userinfo = nil
        }
        let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let colon = authority[bracket...].firstIndex(of: UInt8(ascii: ":")) {
            host = string(authority[..<colon])
            port = string(authority[(colon + 1)...])
        } else {
            host = string(authority)
            port = nil
        }
    }

    /// RFC 3986 §2: reserved, unreserved and complete percent escapes; brackets only where an IPv6 host may stand is left to the host.
    private static func isURIText(_ bytes: [UInt8]) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, FormEncoding.hexValue(bytes[index + 1]) != nil,
                    FormEncoding.hexValue(bytes[index + 2]) != nil
                else { return false }
                index += 3
            } else {
                guard FormEncoding.isUnreserved(byte) || isReserved(byte) else { return false }
                index += 1
            }
        }
        return true
    }

    private static func isReserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "@"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// RFC 3986 §3.1, in lower case only: a scheme in other letters is a trick more often than a need.
    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}

extension AbsoluteURI {
    /// The hosts of this machine, literally.
    static func isLoopback(_ host: String) -> Bool { host == "127.0.0.1" || host == "[::1]" || host == "localhost" }

    /// True for a DNS name or IPv4 address of plain labels, or a bracketed IPv6 address, with a port that is absent or 1 to 65535.
    ///
    /// Percent escapes, empty labels and a trailing dot are refused: parsers read them differently.
    var hasPlainHost: Bool {
        guard let host else { return false }
        if let port, !Self.isPort(port) { return false }
        let bytes = Array(host.utf8)
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            return (4...41).contains(bytes.count)
                && bytes.dropFirst().dropLast().allSatisfy {
                    FormEncoding.hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        guard (1...253).contains(bytes.count) else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard (1...63).contains(label.count), let first = label.first, let last = label.last else { return false }
            return Self.isAlphanumeric(first) && Self.isAlphanumeric(last)
                && label.allSatisfy { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
    }

    /// 1 to 65535 in plain decimal digits without a leading zero.
    static func isPort(_ text: String) -> Bool {
        guard (1...5).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text)
        else { return false }
        return number <= 65535
    }

    /// True if some reader could see a `.` or `..` segment in the path: also escaped, and also before a `;` parameter (`/..;/`).
    var hasDotSegment: Bool {
        let bytes = Self.unescapingDotsAndSlashes(path)
        let segments = bytes.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
        }
        return segments.contains { segment in
            let name = segment.prefix { $0 != UInt8(ascii: ";") }
            return name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
        }
    }

    /// True if an escape in path or query stands for a control character or a backslash.
    var hasDangerousEscape: Bool {
        let bytes = Array((path + "?" + (query ?? "")).utf8)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "%") && index + 2 < bytes.count {
            guard let high = FormEncoding.hexValue(bytes[index + 1]), let low = FormEncoding.hexValue(bytes[index + 2])
            else { return true }
            let value = high << 4 | low
            if value < 0x20 || value == 0x7F || value == 0x5C { return true }
        }
        return false
    }

    /// The path with `%2e`, `%2f`, `%5c`, `%3b` and `%25` undone, twice, for looking only.
    private static func unescapingDotsAndSlashes(_ path: String) -> [UInt8] {
        var bytes = Array(path.utf8)
        for _ in 0..<2 {
            var out: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                    let high = FormEncoding.hexValue(bytes[index + 1]),
                    let low = FormEncoding.hexValue(bytes[index + 2]),
                    [0x2E, 0x2F, 0x5C, 0x3B, 0x25].contains(high << 4 | low)
                {
                    out.append(high << 4 | low)
                    index += 3
                } else {
                    out.append(bytes[index])
                    index += 1
                }
            }
            bytes = out
        }
        return bytes
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
