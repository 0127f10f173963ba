public import Cryptography

/// What a client that registers itself may ask for (RFC 7591 §3): the constraints of the initial access token it came with. They stay with the
/// client, so that no later change of its own reaches further.
public struct RegistrationAllowance: Sendable, Equatable {
    /// The scopes it may register; nil for those of every client, without identity data.
    public var scope: Scope?
    /// The audiences it may register (RFC 8707).
    public var resources: [String] = []
    /// The claims of identity data it may be entitled to.
    public var realnameClaims: [String] = []
    /// The highest level it may ask for and hear of; nil for all.
    public var maximumLevel: AssuranceLevel?
    /// The grants it may register; nil for all that this server has.
    public var grantTypes: [GrantType]?
    /// The hosts its redirect URIs may have, each with those below it; empty for any.
    public var redirectHosts: [String] = []
    /// A registration must carry a software statement that this server accepts (RFC 7591 §2.3).
    public var requiresSoftwareStatement = false

    /// What every client may.
    public init() {}

    /// Reads what ``json`` gives; nil for anything else, and for a member that this release does not know: a constraint must not get lost.
    public init?(json: JSON) {
        guard let object = json.object, object.names.allSatisfy(Self.members.contains) else { return nil }
        func strings(_ member: String) -> [String]?? {
            guard let value = object[member] else { return .some(nil) }
            return value.strings.map { .some($0) }
        }
        guard let scope = strings("scope"), let resources = strings("resources"),
            let realnameClaims = strings("realname_claims"), let grantTypes = strings("grant_types"),
            let redirectHosts = strings("redirect_hosts")
        else { return nil }
        self.scope = scope.map { Scope($0) }
        self.resources = resources ?? []
        self.realnameClaims = realnameClaims ?? []
        if let value = object["maximum_acr"] {
            guard let level = value.string.flatMap(AssuranceLevel.init(acr:)) else { return nil }
            maximumLevel = level
        }
        self.grantTypes = grantTypes.map { $0.compactMap(GrantType.init(rawValue:)) }
        self.redirectHosts = redirectHosts ?? []
        requiresSoftwareStatement = object["requires_software_statement"]?.bool ?? false
    }

    private static let members: Set<String> = [
        "scope", "resources", "realname_claims", "maximum_acr", "grant_types", "redirect_hosts",
        "requires_software_statement",
    ]

    /// The constraints that are set.
    public var json: JSON {
        var out = JSONObject()
        if let scope { out["scope"] = JSON(scope.names) }
        if !resources.isEmpty { out["resources"] = JSON(resources) }
        if !realnameClaims.isEmpty { out["realname_claims"] = JSON(realnameClaims) }
        if let maximumLevel { out["maximum_acr"] = .string(maximumLevel.acr) }
        if let grantTypes { out["grant_types"] = JSON(grantTypes.map(\.rawValue)) }
        if !redirectHosts.isEmpty { out["redirect_hosts"] = JSON(redirectHosts) }
        if requiresSoftwareStatement { out["requires_software_statement"] = .bool(true) }
        return .object(out)
    }

    /// Whether a redirect URI may have this host: one that is named, or one below it.
    func covers(host: String) -> Bool {
        let host = host.lowercased()
        return redirectHosts.isEmpty
            || redirectHosts.contains { host == $0.lowercased() || host.hasSuffix("." + $0.lowercased()) }
    }
}
