/// `client_id` (RFC 6749 §2.2): 1 to 128 visible ASCII characters.
public struct ClientID: Sendable, Hashable, CustomStringConvertible {
    /// The identifier as the client sends it.
    public let value: String

    /// An identifier from outside; nil unless it has the form of RFC 6749 appendix A.1 and a length that was ever given out.
    public init?(_ value: String) {
        guard Self.isValid(value) else { return nil }
        self.value = value
    }

    /// An identifier that this server made or stored.
    public init(trusted value: String) { self.value = value }

    /// The identifier itself.
    public var description: String { value }

    private static func isValid(_ value: String) -> Bool {
        (1...128).contains(value.utf8.count) && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// `sub` (OpenID Connect Core §2): the person as one client knows them. At most 255 ASCII characters, never given to another person.
public struct Subject: Sendable, Hashable, CustomStringConvertible {
    /// The value of the claim.
    public let value: String

    /// A subject that this server made or stored, or one read from a token that this server signed.
    public init(_ value: String) { self.value = value }

    /// The value of the claim.
    public var description: String { value }
}

/// `sid` (OpenID Connect Back-Channel Logout §2.1): a login session as one client knows it.
public struct SessionID: Sendable, Hashable, CustomStringConvertible {
    /// The value of the claim.
    public let value: String

    /// A session id that this server made or stored, or one read from a token that this server signed.
    public init(_ value: String) { self.value = value }

    /// The value of the claim.
    public var description: String { value }
}

/// `iss` (RFC 8414 §2): the server's own name, an https URI without query and fragment.
public struct Issuer: Sendable, Hashable, CustomStringConvertible {
    /// The identifier, byte for byte as it stands in tokens and metadata.
    public let value: String
    /// The path of the issuer without a closing slash; empty for most.
    public let path: String
    /// Scheme, host and port.
    public let origin: String

    /// An issuer from configuration.
    ///
    /// - Parameters:
    ///   - value: the URI.
    ///   - allowLoopbackHTTP: plain http is taken for a loopback host (sandbox only).
    public init?(_ value: String, allowLoopbackHTTP: Bool = false) {
        guard let uri = AbsoluteURI(value), uri.query == nil, uri.fragment == nil, uri.userinfo == nil,
            let host = uri.host, uri.hasPlainHost, !uri.hasDotSegment
        else { return nil }
        switch uri.scheme {
        case "https": break
        case "http" where allowLoopbackHTTP && AbsoluteURI.isLoopback(host): break
        default: return nil
        }
        self.value = value
        self.path = uri.path.utf8.last == UInt8(ascii: "/") ? String(uri.path.dropLast()) : uri.path
        self.origin = "\(uri.scheme)://\(host)" + (uri.port.map { ":\($0)" } ?? "")
    }

    /// The identifier.
    public var description: String { value }
}
