import Cryptography
import OAuth
import Testing

@Suite struct `Client registration` {
    @Test func `what is not said has the default of RFC 7591 §2 and OpenID Connect Registration §2`() throws {
        let client = try Example.metadata()
        #expect(client.responseTypes == [.code])
        #expect(client.grantTypes == [.authorizationCode])
        #expect(client.tokenEndpointAuthMethod == .clientSecretBasic)
        #expect(client.idTokenSignedResponseAlg == .RS256)
        #expect(client.userinfoSignedResponseAlg == nil)
        #expect(client.accessTokenSignedResponseAlg == .ES256)
        #expect(client.accessTokenFormat == .jwt)
        #expect(client.consent == .asked)
        #expect(client.requirePKCE)
        #expect(client.applicationType == .web)
        #expect(!client.redirectLoopbackAnyPort)
        #expect(client.scope == ["openid", "profile", "email", "phone", "address"])
    }

    static let full: [String: JSON] = [
        "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "cn.example.app:/cb"],
        "response_types": ["code", "code id_token"],
        "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
        "jwks_uri": "https://rp.example.cn/jwks", "subject_type": "public",
        "sector_identifier_uri": "https://rp.example.cn/sector", "id_token_signed_response_alg": "SM2",
        "userinfo_signed_response_alg": "ES256", "default_max_age": 3600, "require_auth_time": true,
        "default_acr_values": ["urn:citygate:acr:L2"], "post_logout_redirect_uris": ["https://rp.example.cn/bye"],
        "backchannel_logout_uri": "https://rp.example.cn/bc", "backchannel_logout_session_required": true,
        "initiate_login_uri": "https://rp.example.cn/login", "client_name": "Parking", "client_name#zh-Hans": "停车",
        "client_uri": "https://rp.example.cn/", "logo_uri": "https://rp.example.cn/logo.png",
        "policy_uri": "https://rp.example.cn/p", "tos_uri": "https://rp.example.cn/t",
        "tos_uri#en": "https://rp.example.cn/e",
        "contacts": ["ops@rp.example.cn"], "scope": "openid profile realname offline_access parking.read",
        "organisation": "市交通委", "consent": "first_party", "access_token_format": "opaque",
        "access_token_signed_response_alg": "RS256", "access_token_lifetime": 300, "refresh_token_lifetime": 86400,
        "id_token_lifetime": 600, "resources": ["https://api.example.cn/", "urn:example:api"],
        "minimum_acr": "urn:citygate:acr:L2", "maximum_acr": "urn:citygate:acr:L3", "software_id": "park",
        "software_version": "2.1", "software_statement": "e30.e30.e30", "require_pkce": true,
        "realname_claims": ["real_name", "id_number"],
        "redirect_loopback_any_port": false,
    ]

    @Test func `a registration reads back equal from what it writes`() throws {
        let client = try Example.metadata(Self.full)
        let object = try #require(client.json.object)
        #expect(Set(object.names).subtracting(["require_pushed_authorization_requests"]) == Set(Self.full.keys))
        for (name, value) in Self.full { #expect(object[name] == value, "\(name)") }
        let again = try ClientMetadata(
            client.json,
            policy: ClientRegistrationPolicy(capabilities: Example.capabilities(), origin: .administrator)
        )
        #expect(again == client)
        let plain = try Example.metadata()
        #expect(
            try ClientMetadata(
                plain.json,
                policy: ClientRegistrationPolicy(capabilities: Example.capabilities(), origin: .administrator)
            ) == plain
        )
    }

    @Test(
        arguments: [
            ("client_name", 7), ("client_name", "a\nb"), ("client_name", "a\u{202E}b"), ("client_name", ""),
            ("redirect_uris", "https://rp.example.cn/cb"), ("redirect_uris", [1]), ("redirect_uris", []),
            ("response_types", ["token"]), ("grant_types", ["password"]), ("grant_types", "authorization_code"),
            ("token_endpoint_auth_method", "tls_client_auth"), ("token_endpoint_auth_signing_alg", "HS256"),
            ("token_endpoint_auth_signing_alg", "none"), ("id_token_signed_response_alg", "none"),
            ("id_token_signed_response_alg", "HS256"), ("userinfo_signed_response_alg", "RS1"),
            ("access_token_signed_response_alg", "SM2"), ("access_token_format", "paseto"),
            ("jwks_uri", "http://rp.cn/"),
            ("jwks_uri", "file:///etc/passwd"), ("jwks_uri", "https://u@rp.cn/"), ("jwks", 1), ("jwks", ["keys": []]),
            ("jwks", ["keys": [["kty": "oct", "k": "AAAA"]]]), ("logo_uri", "javascript:alert(1)"),
            ("logo_uri", "data:image/png,x"), ("client_uri", "https://rp.cn/#x"), ("contacts", [1]),
            ("subject_type", "pairwise"), ("default_max_age", -1), ("default_max_age", 1.5), ("default_max_age", "1"),
            ("require_auth_time", "true"), ("default_acr_values", ["L2"]), ("minimum_acr", "urn:citygate:acr:L4"),
            ("maximum_acr", 3), ("contacts", ["a\nb"]), ("software_id", ["x"]),
            ("access_token_lifetime", 3601), ("access_token_lifetime", 59), ("refresh_token_lifetime", 2_592_001),
            ("id_token_lifetime", 0), ("resources", ["api"]), ("resources", ["https://a.cn/#x"]), ("consent", "never"),
            ("realname_claims", ["email"]), ("scope", "a\"b"), ("scope", "openid realname"),
            ("redirect_loopback_any_port", true), ("backchannel_logout_uri", "http://rp.cn/"),
            ("post_logout_redirect_uris", ["http://rp.cn/"]), ("dpop_bound_access_tokens", true),
            ("require_pushed_authorization_requests", true), ("unknown_member", 1), ("client_secret", "x"),
            ("client_name#", "x"), ("client_name#a.b", "x"), ("client_id", "x"),
        ] as [(String, JSON)]
    )
    func `a member that breaks its rule is refused by name`(member: String, value: JSON) throws {
        #expect(try Example.faults([member: value]).contains(member))
    }

    @Test(
        arguments: [
            (["response_types": ["id_token"]], "grant_types"),
            (["response_types": ["code id_token"], "grant_types": ["authorization_code"]], "grant_types"),
            (["response_types": ["code"], "grant_types": ["implicit"]], "grant_types"),
            (["grant_types": ["authorization_code"], "response_types": []], "response_types"),
            (["redirect_uris": nil], "redirect_uris"),
            (["grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"], "grant_types"),
            (["token_endpoint_auth_method": "private_key_jwt"], "jwks"),
            (["token_endpoint_auth_method": "none", "require_pkce": false], "require_pkce"),
            (["jwks": ["keys": []], "jwks_uri": "https://rp.cn/"], "jwks_uri"),
            (["minimum_acr": "urn:citygate:acr:L3", "maximum_acr": "urn:citygate:acr:L2"], "minimum_acr"),
            (
                ["default_acr_values": ["urn:citygate:acr:L3"], "maximum_acr": "urn:citygate:acr:L2"],
                "default_acr_values"
            ),
        ] as [([String: JSON], String)]
    )
    func `members that contradict each other are refused`(changes: [String: JSON], member: String) throws {
        #expect(try Example.faults(changes).contains(member))
    }

    @Test func `a pairwise client with several hosts needs a sector (OpenID Connect Core §8.1)`() throws {
        var server = try Example.capabilities()
        server.subjectTypes = [.pairwise, .public]
        let policy = ClientRegistrationPolicy(capabilities: server, origin: .administrator)
        let one = try ClientMetadata(["redirect_uris": ["https://a.cn/1", "https://a.cn/2"]], policy: policy)
        #expect(one.subjectType == .pairwise)
        #expect(throws: ClientMetadataError.self) {
            try ClientMetadata(["redirect_uris": ["https://a.cn/1", "https://b.cn/2"]], policy: policy)
        }
    }

    @Test func `a machine client needs no redirect URI and has no scope about a person`() throws {
        let client = try Example.metadata(["grant_types": ["client_credentials"], "redirect_uris": nil])
        #expect(client.responseTypes.isEmpty)
        #expect(client.scope.isEmpty)
    }

    @Test func `all faults are told at once`() throws {
        let faults = try Example.faults(["client_name": 1, "subject_type": "x", "scope": "\\", "zzz": 1])
        #expect(faults == ["scope", "client_name", "subject_type", "zzz"])
    }

    @Test func `a client that registers itself is not refused for members nobody knows (RFC 7591 §2)`() throws {
        #expect(try Example.faults(["software_id": "x", "request_uris": []], origin: .dynamicRegistration).isEmpty)
    }

    @Test(
        arguments: [
            ["consent": "first_party"], ["resources": ["https://api.cn/"]], ["organisation": "市政府"],
            ["require_pkce": false], ["scope": "openid parking.read"],
            ["scope": "openid realname", "realname_claims": ["id_number"]],
        ] as [[String: JSON]]
    )
    func `a client that registers itself cannot raise its own trust`(changes: [String: JSON]) throws {
        #expect(try Example.faults(changes).isEmpty)
        #expect(try !Example.faults(changes, origin: .dynamicRegistration).isEmpty)
    }

    @Test func `keys are kept by their public members`() throws {
        let key = try SigningKey.generate(.ES256, kid: "k1")
        let client = try Example.metadata([
            "token_endpoint_auth_method": "private_key_jwt", "jwks": ["keys": [key.publicJWK.json]],
        ])
        #expect(client.jwks?.keys == [key.publicJWK])
        #expect(client.json["jwks"]?["keys"]?.array?.count == 1)
    }

    @Test func `the name is told in the reader's language, else as it stands (RFC 7591 §2.2)`() throws {
        let client = try Example.client(["client_name": "Parking", "client_name#zh-CN": "停车"])
        #expect(client.metadata.displayName(locales: ["en", "zh-CN"]) == "停车")
        #expect(client.metadata.displayName(locales: ["en"]) == "Parking")
        #expect(client.metadata.displayName(locales: []) == "Parking")
        #expect(client.metadata.displayName() == "停车")
        let other = try Example.client([
            "client_name": "Parking", "client_name#ZH-hans": "停车", "tos_uri#zh": "https://rp.example.cn/zh",
            "policy_uri": "https://rp.example.cn/p",
        ])
        #expect(other.metadata.displayName() == "停车")
        #expect(other.metadata.termsAddress() == "https://rp.example.cn/zh")
        #expect(other.metadata.policyAddress() == "https://rp.example.cn/p")
    }

    @Test func `a stored registration is read though a switch was turned, its URIs are judged as ever`() throws {
        var server = try Example.capabilities()
        server = ProviderCapabilities(issuer: server.issuer, endpoints: server.endpoints)
        let policy = ClientRegistrationPolicy(capabilities: server, origin: .administrator)
        let whole = try Example.metadata(Self.full)
        #expect(throws: ClientMetadataError.self) { try ClientMetadata(whole.json, policy: policy) }
        #expect(try ClientMetadata(stored: whole.json, policy: policy) == whole)
        var later = try #require(whole.json.object)
        later["member_of_a_later_release"] = 1
        #expect(try ClientMetadata(stored: .object(later), policy: policy) == whole)
        let sandbox = try Example.metadata(["redirect_uris": ["http://127.0.0.1:*/callback"]], sandbox: true)
        #expect(throws: ClientMetadataError.self) { try ClientMetadata(stored: sandbox.json, policy: policy) }
    }

    @Test func `something that is no object is refused`() throws {
        let policy = ClientRegistrationPolicy(capabilities: try Example.capabilities(), origin: .dynamicRegistration)
        for json: JSON in [nil, [], "x", 1] {
            #expect(throws: ClientMetadataError.self) { try ClientMetadata(json, policy: policy) }
        }
    }
}
