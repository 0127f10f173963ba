/// `scope` (RFC 6749 §3.3): a list of names, each once, in the order in which they were asked for.
public struct Scope: Sendable, Hashable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// The names.
    public private(set) var names: [String] = []

    /// At most this many names are taken from outside.
    public static let maximumCount = 64

    /// Parses a space-delimited list.
    ///
    /// - Throws: `invalid_scope` for a character outside RFC 6749 appendix A.4 or more than 64 names.
    public init(parsing text: String) throws(OAuthError) {
        guard text.utf8.allSatisfy(Self.isAllowed) else {
            throw OAuthError(.invalidScope, "scope holds a character that is not allowed")
        }
        for part in text.utf8.split(separator: UInt8(ascii: " ")) { insert(String(decoding: part, as: UTF8.self)) }
        guard names.count <= Self.maximumCount else { throw OAuthError(.invalidScope, "scope holds too many names") }
    }

    /// A scope from names that this server knows; repetitions collapse.
    public init(_ names: some Sequence<String>) {
        for name in names { insert(name) }
    }

    /// A scope from literal names.
    public init(arrayLiteral names: String...) { self.init(names) }

    /// The names joined by spaces.
    public var description: String { names.joined(separator: " ") }

    /// True when there is no name.
    public var isEmpty: Bool { names.isEmpty }

    /// True when the name is in the list.
    public func contains(_ name: String) -> Bool { names.contains(name) }

    /// True when every name is in the other list.
    public func isSubset(of other: Scope) -> Bool { names.allSatisfy(other.contains) }

    /// The names that the other list lacks.
    public func subtracting(_ other: Scope) -> Scope { filter { !other.contains($0) } }

    /// The names that are in both.
    public func intersection(_ other: Scope) -> Scope { filter(other.contains) }

    /// The names of both, ours first.
    public func union(_ other: Scope) -> Scope { Scope(names + other.names) }

    /// The names that satisfy the condition.
    public func filter(_ isIncluded: (String) -> Bool) -> Scope { Scope(names.filter(isIncluded)) }

    /// What a client asks for (RFC 6749 §3.3 and OpenID Connect Core §3.1.2.1): names that mean nothing here are ignored; a name that means
    /// something but is not this client's is `invalid_scope`.
    init(
        asked parameters: Parameters,
        by client: Client,
        _ capabilities: ProviderCapabilities,
        mayRefresh: Bool
    ) throws(OAuthError) {
        guard let text = try parameters.value("scope") else { throw OAuthError(.invalidScope, "scope is missing") }
        self = try Scope(parsing: text)
            .filter { capabilities.scopes.contains($0) || client.scope.contains($0) }
            // OpenID Connect Core §11: offline_access is ignored where no refresh token can come of it.
            .filter { $0 != Scope.offlineAccess || mayRefresh }
        guard isSubset(of: client.scope) else {
            throw OAuthError(.invalidScope, "this client may not ask for: \(subtracting(client.scope))")
        }
        guard !isEmpty else { throw OAuthError(.invalidScope, "scope holds nothing that this server knows") }
    }

    private mutating func insert(_ name: String) {
        if !names.contains(name) { names.append(name) }
    }

    /// RFC 6749 appendix A.4: scope-token is %x21 / %x23-5B / %x5D-7E, joined by spaces.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != 0x22 && byte != 0x5C
    }
}

extension Scope {
    /// Asks for an ID token and the userinfo endpoint (OpenID Connect Core §3.1.2.1).
    public static let openID = "openid"
    /// Asks for a refresh token that outlives the login (OpenID Connect Core §11).
    public static let offlineAccess = "offline_access"
    /// Citygate's own: the verified name and document of a verified person.
    public static let realName = "realname"
    /// The scopes with a set of claims behind them (OpenID Connect Core §5.4).
    public static let standard: Scope = [openID, "profile", "email", "phone", "address", offlineAccess]
}
