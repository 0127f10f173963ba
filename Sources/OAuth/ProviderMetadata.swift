public import Cryptography

/// Discovery (OpenID Connect Discovery §3, RFC 8414 §2): one document, generated from what is switched on.
public enum ProviderMetadata {
    /// Where the document is served: OpenID Connect Discovery §4 appends to the issuer's path, RFC 8414 §3.1 inserts before it.
    public static func paths(for issuer: Issuer) -> [String] {
        [
            issuer.path + "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server" + issuer.path,
        ]
    }

    /// The document. Members that would be empty are left out (RFC 8414 §3.2).
    public static func document(for server: ProviderCapabilities) -> JSONObject {
        var out = JSONObject()
        func put(_ member: String, _ value: String?) { if let value { out[member] = .string(value) } }
        func put(_ member: String, _ values: [String]) { if !values.isEmpty { out[member] = JSON(values) } }
        func put(_ member: String, _ flag: Bool) { out[member] = .bool(flag) }

        put("issuer", server.issuer.value)
        endpoints(server.endpoints, put)
        put("scopes_supported", server.scopes.names)
        put("response_types_supported", server.responseTypes.map(\.rawValue))
        put("response_modes_supported", server.responseModes.map(\.rawValue))
        put("grant_types_supported", server.registrableGrantTypes.map(\.rawValue))
        put("acr_values_supported", server.levels.map(\.acr))
        put("subject_types_supported", server.subjectTypes.map(\.rawValue))
        put("id_token_signing_alg_values_supported", server.idTokenAlgorithms.map(\.rawValue))
        put("userinfo_signing_alg_values_supported", server.userInfoAlgorithms.map(\.rawValue))
        clientAuthentication(server, put)
        put("display_values_supported", AuthorizationRequest.Display.allCases.map(\.rawValue))
        put("claim_types_supported", ["normal"])
        put("claims_supported", claims(of: server))
        put("ui_locales_supported", server.uiLocales)
        put("prompt_values_supported", server.prompts.map(\.rawValue))
        put("code_challenge_methods_supported", ["S256"])
        put("dpop_signing_alg_values_supported", server.dpopAlgorithms.map(\.rawValue))
        put("service_documentation", server.serviceDocumentation)
        put("op_policy_uri", server.policyURI)
        put("op_tos_uri", server.tosURI)

        put("claims_parameter_supported", true)
        // OpenID Connect Discovery §3: request_uri_parameter_supported is true where it is not said.
        put("request_parameter_supported", false)
        put("request_uri_parameter_supported", false)
        // RFC 9207 §3.
        put("authorization_response_iss_parameter_supported", true)
        if server.endpoints.pushedAuthorizationRequest != nil { put("require_pushed_authorization_requests", false) }
        if server.backchannelLogout {
            put("backchannel_logout_supported", true)
            put("backchannel_logout_session_supported", true)
        }
        return out
    }

    /// The document as bytes.
    public static func body(for server: ProviderCapabilities) -> [UInt8] { JSON.object(document(for: server)).bytes }

    private static func endpoints(
        _ endpoints: ProviderCapabilities.Endpoints,
        _ put: (String, String?) -> Void
    ) {
        put("authorization_endpoint", endpoints.authorization)
        put("token_endpoint", endpoints.token)
        put("userinfo_endpoint", endpoints.userInfo)
        put("jwks_uri", endpoints.jwks)
        put("end_session_endpoint", endpoints.endSession)
        put("revocation_endpoint", endpoints.revocation)
        put("introspection_endpoint", endpoints.introspection)
        put("pushed_authorization_request_endpoint", endpoints.pushedAuthorizationRequest)
        put("device_authorization_endpoint", endpoints.deviceAuthorization)
        put("registration_endpoint", endpoints.registration)
    }

    /// RFC 8414 §2: the methods and, where one of them signs, the algorithms; the same at every endpoint where clients authenticate.
    private static func clientAuthentication(
        _ server: ProviderCapabilities,
        _ put: (String, [String]) -> Void
    ) {
        let methods = server.clientAuthenticationMethods
        var algorithms = methods.contains(.privateKeyJWT) ? server.clientAssertionAlgorithms.map(\.rawValue) : []
        if methods.contains(.clientSecretJWT) { algorithms.append(ClientAssertion.symmetricAlgorithm) }
        put("token_endpoint_auth_methods_supported", methods.map(\.rawValue))
        put("token_endpoint_auth_signing_alg_values_supported", algorithms)
        if server.endpoints.revocation != nil {
            put("revocation_endpoint_auth_methods_supported", methods.map(\.rawValue))
            put("revocation_endpoint_auth_signing_alg_values_supported", algorithms)
        }
        if server.endpoints.introspection != nil {
            // A public client proves nothing, so it learns nothing about tokens.
            put("introspection_endpoint_auth_methods_supported", methods.filter { $0 != .none }.map(\.rawValue))
            put("introspection_endpoint_auth_signing_alg_values_supported", algorithms)
        }
    }

    private static func claims(of server: ProviderCapabilities) -> [String] {
        let protocolClaims = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"]
        return protocolClaims + UserInfo.claims(of: server.scopes).sorted()
    }
}
