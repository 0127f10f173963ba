extension ClientMetadata {
    /// Members that must agree with each other.
    func checkConsistency(_ reader: inout ClientMetadataReader) {
        checkGrants(&reader)
        checkKeys(&reader)

        // OpenID Connect Core §8.1: without a sector identifier the host of the redirect URIs is the sector, so there must be one.
        if subjectType == .pairwise, sectorIdentifierURI == nil, sectorHosts.count > 1 {
            reader.fault("sector_identifier_uri", "is missing: the redirect URIs have several hosts")
        }
        // RFC 7636 §4.4.1 with RFC 9700 §2.1.1: public clients must use PKCE.
        if tokenEndpointAuthMethod == .none, !requirePKCE {
            reader.fault("require_pkce", "cannot be switched off for a client without authentication")
        }
        // RFC 8252 §7.3 speaks of native apps only.
        if redirectLoopbackAnyPort, applicationType != .native {
            reader.fault("redirect_loopback_any_port", "is for clients of application_type native")
        }
        let capabilities = reader.policy.capabilities
        if requirePushedAuthorizationRequests, capabilities.endpoints.pushedAuthorizationRequest == nil {
            reader.fault("require_pushed_authorization_requests", "is not supported by this server")
        }
        if dpopBoundAccessTokens, capabilities.dpopAlgorithms.isEmpty {
            reader.fault("dpop_bound_access_tokens", "is not supported by this server")
        }
        if backchannelLogoutURI != nil, !capabilities.backchannelLogout {
            reader.fault("backchannel_logout_uri", "is not supported by this server")
        }
        if realnameClaims.contains(where: { !UserInfo.realNameClaims.contains($0) }) {
            reader.fault("realname_claims", "must be of: \(UserInfo.realNameClaims.joined(separator: ", "))")
        }
        if let maximumACR {
            if let minimumACR, minimumACR > maximumACR { reader.fault("minimum_acr", "is above maximum_acr") }
            if defaultACRValues.contains(where: { $0 > maximumACR }) {
                reader.fault("default_acr_values", "has a level above maximum_acr")
            }
        }
        if scope.contains(Scope.realName), realnameClaims.isEmpty {
            reader.fault("scope", "holds realname, but realname_claims entitles the client to nothing")
        }
    }

    private func checkGrants(_ reader: inout ClientMetadataReader) {
        // RFC 7591 §2.1 and OpenID Connect Registration §2: which grant goes with which response type.
        for type in responseTypes {
            if type.givesCode, !grantTypes.contains(.authorizationCode) {
                reader.fault("grant_types", "lacks authorization_code, which response_type \(type.rawValue) needs")
            }
            if type.givesIDToken, !grantTypes.contains(.implicit) {
                reader.fault("grant_types", "lacks implicit, which response_type \(type.rawValue) needs")
            }
        }
        if grantTypes.contains(.authorizationCode), !responseTypes.contains(where: \.givesCode) {
            reader.fault("response_types", "lacks code, which grant_type authorization_code needs")
        }
        // RFC 7591 §2: clients using flows with redirection MUST register their redirection URI values.
        let isRefusedAlready = reader.faults.contains { $0.member == "redirect_uris" }
        if !responseTypes.isEmpty, redirectURIs.isEmpty, !isRefusedAlready {
            reader.fault("redirect_uris", "is missing", .invalidRedirectURI)
        }
        // RFC 6749 §4.4: the client credentials grant is for confidential clients.
        if grantTypes.contains(.clientCredentials), tokenEndpointAuthMethod == .none {
            reader.fault("grant_types", "has client_credentials, but the client has no authentication")
        }
    }

    private func checkKeys(_ reader: inout ClientMetadataReader) {
        // RFC 7591 §2: jwks and jwks_uri MUST NOT both be present.
        if reader.has("jwks"), reader.has("jwks_uri") {
            reader.fault("jwks_uri", "stands beside jwks")
        }
        if tokenEndpointAuthMethod == .privateKeyJWT, !reader.has("jwks"), !reader.has("jwks_uri") {
            reader.fault("jwks", "is missing: private_key_jwt needs jwks or jwks_uri")
        }
    }
}
