/// A redirect URI as one request sent it, proved to be registered for the client (RFC 6749 §3.1.2.3, RFC 9700 §2.1).
///
/// There is no way to make one but to match it against a registration, so whoever holds a value may send the browser there.
public struct RedirectURI: Sendable, Hashable, CustomStringConvertible {
    /// The URI byte for byte as the request sent it.
    public let value: String

    /// The URI.
    public var description: String { value }

    /// Matches what a request sent against a client's registration; nil if nothing matches.
    ///
    /// Nothing is normalised: RFC 9700 §2.1 demands exact string matching.
    ///
    /// - Parameters:
    ///   - presented: the decoded value of the parameter.
    ///   - registered: what the client registered.
    ///   - rules: what this server and client allow beside equality.
    public init?(_ presented: String, registered: [RegisteredRedirectURI], rules: RedirectMatchingRules) {
        guard let uri = AbsoluteURI(presented), uri.fragment == nil,
            registered.contains(where: { $0.matches(presented, rules: rules) })
        else { return nil }
        value = presented
    }
}

/// What may differ between a registered redirect URI and one that is presented.
public struct RedirectMatchingRules: Sendable, Hashable {
    /// RFC 8252 §7.3: a native app's loopback listener has a port that nobody knows beforehand.
    public var anyLoopbackPort: Bool
    /// Sandbox mode only: a registered `:*` port on a loopback host stands for every port.
    public var sandboxPatterns: Bool

    /// Both off: equality and nothing else.
    public init(anyLoopbackPort: Bool = false, sandboxPatterns: Bool = false) {
        self.anyLoopbackPort = anyLoopbackPort
        self.sandboxPatterns = sandboxPatterns
    }
}

/// A redirect URI as it stands in a client's registration.
public struct RegisteredRedirectURI: Sendable, Hashable, CustomStringConvertible {
    /// The URI as registered; in sandbox mode it may hold `:*` as the port of a loopback host.
    public let value: String

    /// The URI.
    public var description: String { value }

    /// A URI that passed the rules of registration before, from the client table.
    public init(trusted value: String) { self.value = value }

    /// True if the presented URI is this one.
    func matches(_ presented: String, rules: RedirectMatchingRules) -> Bool {
        // A `:*` never stands for itself: it is a pattern or nothing.
        if let pattern = LoopbackPattern(wildcardIn: value) {
            return rules.sandboxPatterns && pattern.matches(presented)
        }
        // RFC 9700 §2.1: simple string comparison, on bytes (String's own == would treat some different letters as the same).
        if value.utf8.elementsEqual(presented.utf8) { return true }
        // RFC 8252 §7.3: the port of a loopback IP literal may vary. `localhost` is left out (§8.3): it matches only as registered.
        guard rules.anyLoopbackPort, let pattern = LoopbackPattern(anyPortFor: value) else { return false }
        return pattern.matches(presented)
    }
}

/// A loopback URI with its port cut out.
private struct LoopbackPattern {
    let head: String
    let tail: String
    let portMayBeAbsent: Bool

    /// `http://127.0.0.1:*/…`, `https://localhost:*/…` and their kin.
    init?(wildcardIn registered: String) {
        for head in ["http", "https"].flatMap({ scheme in
            ["127.0.0.1", "[::1]", "localhost"].map { "\(scheme)://\($0)" }
        }) {
            let prefix = head + ":*"
            guard registered.utf8.starts(with: prefix.utf8) else { continue }
            let tail = registered.utf8.dropFirst(prefix.utf8.count)
            guard tail.isEmpty || tail.first == UInt8(ascii: "/") || tail.first == UInt8(ascii: "?") else { return nil }
            self.head = head
            self.tail = String(decoding: tail, as: UTF8.self)
            portMayBeAbsent = false
            return
        }
        return nil
    }

    /// `http://127.0.0.1…` and `http://[::1]…`, with or without a port.
    init?(anyPortFor registered: String) {
        for head in ["http://127.0.0.1", "http://[::1]"] {
            guard registered.utf8.starts(with: head.utf8),
                let (_, tail) = Self.port(in: registered.utf8.dropFirst(head.utf8.count))
            else { continue }
            self.head = head
            self.tail = tail
            portMayBeAbsent = true
            return
        }
        return nil
    }

    func matches(_ presented: String) -> Bool {
        guard presented.utf8.starts(with: head.utf8),
            let (port, rest) = Self.port(in: presented.utf8.dropFirst(head.utf8.count)),
            portMayBeAbsent || port != nil
        else { return false }
        return rest.utf8.elementsEqual(tail.utf8)
    }

    /// Splits what follows the host: an optional `:port`, then the path, query or end. Nil for anything else, such as `.evil.example`.
    private static func port(in rest: String.UTF8View.SubSequence) -> (port: String?, tail: String)? {
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let tail = String(decoding: rest[end...], as: UTF8.self)
        guard let first = rest[..<end].first else { return (nil, tail) }
        let port = String(decoding: rest[..<end].dropFirst(), as: UTF8.self)
        guard first == UInt8(ascii: ":"), AbsoluteURI.isPort(port) else { return nil }
        return (port, tail)
    }
}

// MARK: - Registration

extension RegisteredRedirectURI {
    /// Checks a redirect URI at registration (RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §4.1).
    ///
    /// - Parameters:
    ///   - text: the member of `redirect_uris`.
    ///   - native: the client's `application_type` is `native`.
    ///   - allowLoopbackHTTP: plain http on a loopback host is taken from web clients too (sandbox).
    ///   - allowSandboxPatterns: `:*` is taken as the port of a loopback host (sandbox).
    /// - Returns: the registered URI, or the sentence that says why it is refused.
    static func check(
        _ text: String,
        native: Bool,
        allowLoopbackHTTP: Bool,
        allowSandboxPatterns: Bool
    ) -> Result<RegisteredRedirectURI, RedirectURIFault> {
        let checked: String
        if let pattern = LoopbackPattern(wildcardIn: text) {
            guard allowSandboxPatterns else { return .failure(.wildcard) }
            checked = "\(pattern.head):1\(pattern.tail)"
        } else {
            checked = text
        }
        guard let uri = AbsoluteURI(checked) else { return .failure(.notAbsolute) }
        guard uri.fragment == nil else { return .failure(.fragment) }
        guard !uri.path.utf8.contains(UInt8(ascii: "*")), !(uri.host ?? "").utf8.contains(UInt8(ascii: "*")) else {
            return .failure(.wildcard)
        }
        guard uri.userinfo == nil else { return .failure(.userinfo) }
        guard !uri.hasDotSegment else { return .failure(.dotSegment) }
        guard !uri.hasDangerousEscape else { return .failure(.controlCharacter) }
        let loopbackHTTP = native || allowLoopbackHTTP || checked != text
        if let fault = schemeFault(uri, native: native, loopbackHTTP: loopbackHTTP) { return .failure(fault) }
        return .success(RegisteredRedirectURI(trusted: text))
    }

    private static func schemeFault(_ uri: AbsoluteURI, native: Bool, loopbackHTTP: Bool) -> RedirectURIFault? {
        switch uri.scheme {
        case "https": return uri.hasPlainHost ? nil : .host
        case "http":
            guard uri.hasPlainHost, let host = uri.host else { return .host }
            return loopbackHTTP && AbsoluteURI.isLoopback(host) ? nil : .plainHTTP
        default:
            // RFC 8252 §7.1: a private-use scheme is a reversed domain name. This also shuts out javascript:, data:, file: and the like.
            guard native else { return .scheme }
            let labels = uri.scheme.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }) else { return .scheme }
            // §7.1 writes one slash, because there is no authority. Apps that write two are many, and as distinct.
            let isPlain = uri.hasAuthority ? uri.hasPlainHost : uri.path.utf8.first == UInt8(ascii: "/")
            return isPlain ? nil : .privateUseForm
        }
    }
}

/// Why a redirect URI is refused at registration.
enum RedirectURIFault: String, Error {
    case notAbsolute = "is not an absolute URI of plain URI characters with a lower-case scheme"
    case fragment = "has a fragment"
    case wildcard = "has a wildcard"
    case userinfo = "has user information before the host"
    case dotSegment = "has a dot segment in its path"
    case controlCharacter = "has an escaped control character or backslash"
    case host = "has a host or port that is not plain"
    case plainHTTP = "is plain http to a host that is not this machine"
    case scheme = "has a scheme that this kind of client may not use"
    case privateUseForm = "has a private-use scheme that no slash follows"
}
