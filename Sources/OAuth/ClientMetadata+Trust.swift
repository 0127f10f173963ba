import Cryptography

extension ClientMetadata {
    /// Members by which a client would raise its own trust. A client that registers itself has what its initial access token allows, what a
    /// software statement vouches for, and what an operator gave it before; nothing else.
    func checkTrust(_ reader: inout ClientMetadataReader) {
        guard reader.policy.origin == .dynamicRegistration else { return }
        let held = reader.policy.held
        if consent == .firstParty, held?.consent != .firstParty {
            reader.fault("consent", "first_party is for the operator to give")
        }
        if !requirePKCE, held?.requirePKCE != false {
            reader.fault("require_pkce", "can be switched off by the operator only")
        }
        if organisation != nil, organisation != held?.organisation, !reader.policy.vouched.contains("organisation") {
            reader.fault("organisation", "is for the operator to give")
        }
        checkReach(&reader)
        checkHosts(&reader)
    }

    /// Which data, services and levels.
    private func checkReach(_ reader: inout ClientMetadataReader) {
        let (allowance, held) = (reader.policy.allowance, reader.policy.held)
        let standard = reader.policy.capabilities.scopes.filter { $0 != Scope.realName }
        let scopes = (allowance.scope ?? standard).union(held?.scope ?? [])
        if !scope.isSubset(of: scopes) {
            reader.fault("scope", "holds what is not allowed here: \(scope.subtracting(scopes))")
        }
        func check(_ member: String, _ values: [String], _ allowed: [String]) {
            let refused = values.filter { !allowed.contains($0) }
            if !refused.isEmpty {
                reader.fault(member, "holds what is not allowed here: \(refused.joined(separator: " "))")
            }
        }
        check("resources", resources, allowance.resources + (held?.resources ?? []))
        check("realname_claims", realnameClaims, allowance.realnameClaims + (held?.realnameClaims ?? []))
        if let grants = allowance.grantTypes {
            check("grant_types", grantTypes.map(\.rawValue), (grants + (held?.grantTypes ?? [])).map(\.rawValue))
        }
        if let highest = allowance.maximumLevel, maximumACR.map({ $0 > max(highest, held?.maximumACR ?? .l1) }) ?? true
        {
            reader.fault("maximum_acr", "may be at most \(highest.acr) here")
        }
    }

    private func checkHosts(_ reader: inout ClientMetadataReader) {
        // OpenID Connect Registration §2: a web client that gets an ID token through the browser must not use localhost.
        if applicationType == .web, grantTypes.contains(.implicit), !reader.policy.allowLoopbackHTTP {
            for uri in redirectURIs where AbsoluteURI(uri.value)?.host.map(AbsoluteURI.isLoopback) ?? false {
                reader.fault("redirect_uris", "\(uri.value.prefix(100)) is on this machine", .invalidRedirectURI)
            }
        }
        let allowance = reader.policy.allowance
        guard !allowance.redirectHosts.isEmpty else { return }
        for uri in redirectURIs where !(AbsoluteURI(uri.value)?.host.map(allowance.covers) ?? false) {
            reader.fault(
                "redirect_uris",
                "\(uri.value.prefix(100)) has a host that is not allowed",
                .invalidRedirectURI
            )
        }
    }

    /// What a client that registers itself does not say and cannot choose: an operator's settings stay, a constraint on levels is written down.
    static func completing(_ members: JSONObject, under policy: ClientRegistrationPolicy) -> JSONObject {
        var members = members
        func isAbsent(_ name: String) -> Bool { members[name]?.isNull ?? true }
        if let held = policy.held?.json.object {
            for name in ["organisation", "consent", "require_pkce"] where isAbsent(name) { members[name] = held[name] }
        }
        if isAbsent("maximum_acr"), let highest = policy.held?.maximumACR ?? policy.allowance.maximumLevel {
            members["maximum_acr"] = .string(highest.acr)
        }
        return members
    }
}
