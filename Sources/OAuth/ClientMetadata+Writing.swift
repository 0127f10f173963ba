public import Cryptography

extension ClientMetadata {
    /// The registration as JSON, every default written out, so that reading it back gives an equal value (RFC 7591 §3.2.1).
    public var json: JSON {
        var out = JSONObject()
        func put(_ member: String, _ value: String?) { if let value { out[member] = .string(value) } }
        func put(_ member: String, _ value: Int?) { if let value { out[member] = .integer(Int64(value)) } }
        func put(_ member: String, _ values: [String]) { if !values.isEmpty { out[member] = JSON(values) } }
        func put(_ member: String, _ flag: Bool) { if flag { out[member] = .bool(true) } }

        put("client_name", clientName)
        put("client_uri", clientURI)
        put("logo_uri", logoURI)
        put("policy_uri", policyURI)
        put("tos_uri", tosURI)
        for (name, text) in localized.sorted(by: { $0.key < $1.key }) { put(name, text) }
        put("contacts", contacts)
        put("software_id", softwareID)
        put("software_version", softwareVersion)
        put("software_statement", softwareStatement)
        put("application_type", applicationType.rawValue)
        put("redirect_uris", redirectURIs.map(\.value))
        out["response_types"] = JSON(responseTypes.map(\.rawValue))
        out["grant_types"] = JSON(grantTypes.map(\.rawValue))
        put("token_endpoint_auth_method", tokenEndpointAuthMethod.rawValue)
        put(
            "token_endpoint_auth_signing_alg",
            tokenEndpointAuthMethod == .clientSecretJWT
                ? ClientAssertion.symmetricAlgorithm : tokenEndpointAuthSigningAlg?.rawValue
        )
        if let jwks { out["jwks"] = jwks.json }
        put("jwks_uri", jwksURI)
        put("scope", scope.isEmpty ? nil : scope.description)
        put("subject_type", subjectType.rawValue)
        put("sector_identifier_uri", sectorIdentifierURI)
        put("id_token_signed_response_alg", idTokenSignedResponseAlg.rawValue)
        put("userinfo_signed_response_alg", userinfoSignedResponseAlg?.rawValue)
        put("default_max_age", defaultMaxAge)
        put("require_auth_time", requireAuthTime)
        put("default_acr_values", defaultACRValues.map(\.acr))
        put("initiate_login_uri", initiateLoginURI)
        put("post_logout_redirect_uris", postLogoutRedirectURIs.map(\.value))
        put("backchannel_logout_uri", backchannelLogoutURI)
        put("backchannel_logout_session_required", backchannelLogoutSessionRequired)
        put("require_pushed_authorization_requests", requirePushedAuthorizationRequests)
        put("dpop_bound_access_tokens", dpopBoundAccessTokens)

        put("organisation", organisation)
        put("consent", consent.rawValue)
        put("access_token_format", accessTokenFormat.rawValue)
        put("access_token_signed_response_alg", accessTokenSignedResponseAlg.rawValue)
        put("access_token_lifetime", accessTokenLifetime)
        put("refresh_token_lifetime", refreshTokenLifetime)
        put("id_token_lifetime", idTokenLifetime)
        put("resources", resources)
        put("minimum_acr", minimumACR?.acr)
        put("maximum_acr", maximumACR?.acr)
        out["require_pkce"] = .bool(requirePKCE)
        put("realname_claims", realnameClaims)
        if applicationType == .native { out["redirect_loopback_any_port"] = .bool(redirectLoopbackAnyPort) }
        return .object(out)
    }
}
