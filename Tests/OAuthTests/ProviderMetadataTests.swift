import Cryptography
import OAuth
import Testing

@Suite struct `Provider metadata` {
    private func smallest() throws -> ProviderCapabilities {
        let full = try Example.capabilities()
        return ProviderCapabilities(issuer: full.issuer, endpoints: full.endpoints)
    }

    @Test func `what discovery requires is there (OpenID Connect Discovery §3, RFC 8414 §2)`() throws {
        let document = try JSON(parsing: ProviderMetadata.body(for: smallest()))
        for name in [
            "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported",
            "response_types_supported", "response_modes_supported", "grant_types_supported", "acr_values_supported",
            "subject_types_supported", "id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported",
            "token_endpoint_auth_signing_alg_values_supported", "display_values_supported", "claims_supported",
            "ui_locales_supported", "prompt_values_supported", "code_challenge_methods_supported",
            "authorization_response_iss_parameter_supported", "claims_parameter_supported",
            "request_parameter_supported",
            "request_uri_parameter_supported", "claim_types_supported", "userinfo_signing_alg_values_supported",
        ] { #expect(document[name] != JSON?.none, "\(name)") }
        #expect(document["issuer"]?.string == Example.issuer)
        #expect(document["code_challenge_methods_supported"] == ["S256"])
        #expect(document["authorization_response_iss_parameter_supported"] == true)
        #expect(document["request_uri_parameter_supported"] == false)
        #expect(document["acr_values_supported"]?.strings?.contains("urn:citygate:acr:L4") == false)
    }

    @Test func `what is switched off is not announced`() throws {
        let document = ProviderMetadata.document(for: try smallest())
        for name in [
            "revocation_endpoint", "introspection_endpoint", "pushed_authorization_request_endpoint",
            "device_authorization_endpoint", "registration_endpoint", "end_session_endpoint",
            "dpop_signing_alg_values_supported", "backchannel_logout_supported",
            "require_pushed_authorization_requests",
            "introspection_endpoint_auth_methods_supported", "service_documentation",
        ] { #expect(document[name] == JSON?.none, "\(name)") }
        #expect(document["response_types_supported"] == ["code"])
        #expect(document["grant_types_supported"] == ["authorization_code"])
        #expect(document["claims_supported"]?.strings?.contains("id_number") == false)
        for (name, value) in document { #expect(value.array?.isEmpty != true && !value.isNull, "\(name)") }
    }

    @Test func `what is switched on is announced`() throws {
        var server = try Example.capabilities()
        server.endpoints.introspection = "https://id.example.cn/i"
        server.endpoints.pushedAuthorizationRequest = "https://id.example.cn/par"
        server.dpopAlgorithms = [.ES256]
        let document = ProviderMetadata.document(for: server)
        #expect(document["response_types_supported"] == ["code", "id_token", "code id_token"])
        #expect(
            document["grant_types_supported"]
                == ["authorization_code", "refresh_token", "client_credentials", "implicit"]
        )
        #expect(document["id_token_signing_alg_values_supported"]?.strings?.contains("SM2") == true)
        #expect(document["claims_supported"]?.strings?.contains("id_number") == true)
        #expect(document["prompt_values_supported"]?.strings?.contains("create") == true)
        #expect(document["introspection_endpoint_auth_methods_supported"]?.strings?.contains("none") == false)
        #expect(document["dpop_signing_alg_values_supported"] == ["ES256"])
        #expect(document["backchannel_logout_session_supported"] == true)
    }

    @Test func `every announced value is one that a registration may name`() throws {
        let document = ProviderMetadata.document(for: try Example.capabilities())
        for (list, member) in [
            ("id_token_signing_alg_values_supported", "id_token_signed_response_alg"),
            ("userinfo_signing_alg_values_supported", "userinfo_signed_response_alg"),
            ("token_endpoint_auth_signing_alg_values_supported", "token_endpoint_auth_signing_alg"),
            ("subject_types_supported", "subject_type"),
        ] {
            for value in document[list]?.array ?? [] {
                let method: JSON = value == "HS256" ? "client_secret_jwt" : "client_secret_basic"
                let changes = [member: value, "token_endpoint_auth_method": method]
                #expect(try Example.faults(changes).isEmpty, "\(value)")
            }
        }
    }

    @Test(
        arguments: [
            ("https://id.cn", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
            ("https://id.cn/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
            (
                "https://id.cn/a/b", "/a/b/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server/a/b"
            ),
        ]
    )
    func `both well-known forms have their path (OpenID Connect Discovery §4, RFC 8414 §3.1)`(
        issuer: String,
        openID: String,
        oauth: String
    ) throws {
        #expect(ProviderMetadata.paths(for: try #require(Issuer(issuer))) == [openID, oauth])
    }
}
