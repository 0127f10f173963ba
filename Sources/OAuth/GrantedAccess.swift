/// What an authorization gave: the measure of every token made from it.
public struct GrantedAccess: Sendable, Hashable {
    /// The scope granted.
    public let scope: Scope
    /// The resources granted (RFC 8707); empty for the server's own endpoints.
    public let resources: [String]

    /// A grant.
    public init(scope: Scope, resources: [String]) {
        self.scope = scope
        self.resources = resources
    }

    /// The part that a token request asks for.
    ///
    /// - Parameters:
    ///   - scope: nil for all (RFC 6749 §6).
    ///   - resources: empty for all (RFC 8707 §2.2).
    /// - Returns: never more than was granted.
    /// - Throws: `invalid_scope` or `invalid_target` for more than was granted.
    public func narrowed(scope: Scope? = nil, resources: [String] = []) throws(OAuthError) -> GrantedAccess {
        let scope = scope ?? self.scope
        // RFC 6749 §6: the requested scope MUST NOT include any scope not originally granted.
        guard scope.isSubset(of: self.scope) else {
            throw OAuthError(.invalidScope, "more scope than was granted: \(scope.subtracting(self.scope))")
        }
        guard resources.allSatisfy(self.resources.contains) else {
            throw OAuthError(.invalidTarget, "another resource than was granted")
        }
        return GrantedAccess(scope: scope, resources: resources.isEmpty ? self.resources : resources)
    }

    /// `aud` of the access token (RFC 9068 §3): the resources, or this server where none was named. A token for a resource does not open
    /// the userinfo endpoint: each token has one purpose.
    public func audience(issuer: Issuer) -> [String] { resources.isEmpty ? [issuer.value] : resources }
}
