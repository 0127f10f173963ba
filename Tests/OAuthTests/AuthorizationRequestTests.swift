import Cryptography
import OAuth
import Testing

@Suite struct `Authorization request` {
    @Test func `a good request says what it asks for`() throws {
        let request = try Example.request([
            "nonce": "n-0S6_WzA2Mj", "max_age": "600", "login_hint": "13800000000", "prompt": "login consent",
            "acr_values": "urn:citygate:acr:L3 urn:x urn:citygate:acr:L2", "display": "wap", "id_token_hint": "a.b.c",
        ])
        #expect(request.responseType == .code)
        #expect(request.scope == ["openid", "profile"])
        #expect(request.nonce == "n-0S6_WzA2Mj")
        #expect(request.maxAge == 600)
        #expect(request.prompt == [.login, .consent])
        #expect(request.assurance.levels == [.l3, .l2])
        #expect(!request.assurance.isEssential)
        #expect(request.display == .touch)
        #expect(request.loginHint == "13800000000")
        #expect(request.idTokenHint == "a.b.c")
        #expect(request.codeChallenge?.value == Example.challenge)
        #expect(request.isOpenID)
        #expect(!request.wantsRefreshToken)
    }

    @Test(
        arguments: [
            (["response_type": nil], .invalidRequest), (["response_type": "token"], .unsupportedResponseType),
            (["response_type": "code token"], .unsupportedResponseType),
            (["response_type": "id_token", "nonce": "n"], .unauthorizedClient),
            (["response_mode": "query.jwt"], .invalidRequest), (["response_mode": "QUERY"], .invalidRequest),
            (["scope": nil], .invalidScope), (["scope": "unheard_of"], .invalidScope),
            (["scope": "openid \"x\""], .invalidScope), (["scope": "openid realname"], .invalidScope),
            (["request": "x"], .requestNotSupported), (["request_uri": "urn:x"], .requestURINotSupported),
            (["registration": "{}"], .registrationNotSupported), (["prompt": "none login"], .invalidRequest),
            (["prompt": "odd"], .invalidRequest), (["max_age": "-1"], .invalidRequest),
            (["max_age": "+1"], .invalidRequest),
            (["max_age": "1.5"], .invalidRequest), (["max_age": "99999999999999999999"], .invalidRequest),
            (["max_age": "999999999"], .invalidRequest), (["max_age": "٣"], .invalidRequest),
            (["resource": "https://api.cn/"], .invalidTarget), (["resource": "api"], .invalidTarget),
            (["resource": "https://api.cn/#x"], .invalidTarget), (["claims": "{"], .invalidRequest),
            (["claims": "[]"], .invalidRequest), (["login_hint": String(repeating: "x", count: 257)], .invalidRequest),
            (["id_token_hint": String(repeating: "x", count: 9000)], .invalidRequest),
            (["nonce": String(repeating: "x", count: 1025)], .invalidRequest),
            (["scope": "openid unheard_of"], nil), (["display": "odd"], nil), (["unknown": "x"], nil),
            (["prompt": "none"], nil), (["max_age": "0"], nil), (["acr_values": "urn:odd"], nil), (["state": nil], nil),
        ] as [([String: String?], OAuthError.Code?)]
    )
    func `each fault has its specified error (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)`(
        changes: [String: String?],
        code: OAuthError.Code?
    ) throws {
        #expect(try Example.code(changes) == code)
    }

    @Test func `a repeated parameter is told to the proved redirect URI, resource alone may repeat`() throws {
        let client = try Example.client(["resources": ["https://a.cn/", "https://b.cn/"]])
        let server = try Example.capabilities()
        for (extra, code) in [
            ("scope", OAuthError.Code.invalidRequest), ("unknown", .invalidRequest), ("nonce", .invalidRequest),
        ] {
            let fields = Example.fields() + [(name: extra, value: "1"), (name: extra, value: "2")]
            let target = try AuthorizationTarget(Parameters(fields), client: client, capabilities: server)
            #expect(
                try Example.refusal {
                    _ = try AuthorizationRequest(
                        Parameters(fields),
                        target: target,
                        capabilities: server,
                        receivedAt: Example.now
                    )
                } == code
            )
        }
        let fields = Example.fields() + ["https://a.cn/", "https://b.cn/"].map { (name: "resource", value: $0) }
        let target = try AuthorizationTarget(Parameters(fields), client: client, capabilities: server)
        let request = try AuthorizationRequest(
            Parameters(fields),
            target: target,
            capabilities: server,
            receivedAt: Example.now
        )
        #expect(request.resources == ["https://a.cn/", "https://b.cn/"])
    }

    @Test func `the ID token through the browser needs openid, a nonce, and not the query`() throws {
        let client = try Example.hybridClient()
        for type in ["id_token", "code id_token", "id_token code"] {
            #expect(try Example.code(["response_type": type, "nonce": "n"], client: client) == nil)
            #expect(try Example.code(["response_type": type], client: client) == .invalidRequest)
            #expect(
                try Example.code(["response_type": type, "nonce": "n", "scope": "profile"], client: client)
                    == .invalidScope
            )
            #expect(
                try Example.code(["response_type": type, "nonce": "n", "response_mode": "query"], client: client)
                    == .invalidRequest
            )
            #expect(
                try Example.code(["response_type": type, "nonce": "n", "response_mode": "form_post"], client: client)
                    == nil
            )
        }
    }

    @Test func `a request for an ID token alone needs no PKCE, since there is no code`() throws {
        let changes: [String: String?] = [
            "response_type": "id_token", "nonce": "n", "code_challenge": nil, "code_challenge_method": nil,
        ]
        #expect(try Example.code(changes, client: Example.hybridClient()) == nil)
    }

    @Test func `offline_access is ignored where no refresh token can come of it (OpenID Connect Core §11)`() throws {
        #expect(try Example.request(["scope": "openid offline_access"]).scope == ["openid"])
        let client = try Example.hybridClient()
        let request = try Example.request(["scope": "openid offline_access"], client: client)
        #expect(request.wantsRefreshToken)
        let implicit = try Example.request(
            ["scope": "openid offline_access", "response_type": "id_token", "nonce": "n"],
            client: client
        )
        #expect(!implicit.scope.contains("offline_access"))
    }

    @Test func `a scope of the client's own service is known, one of another client's is not`() throws {
        let client = try Example.client(["scope": "openid parking.read"])
        let request = try Example.request(["scope": "openid parking.read tax.read"], client: client)
        #expect(request.scope == ["openid", "parking.read"])
        #expect(try Example.code(["scope": "openid email"], client: client) == .invalidScope)
    }

    @Test func `a value of prompt that is switched off is refused`() throws {
        var server = try Example.capabilities()
        #expect(try Example.request(["prompt": "create"], capabilities: server).prompt == [.create])
        server.prompts = [.none, .login]
        #expect(try Example.code(["prompt": "create"], capabilities: server) == .invalidRequest)
    }

    @Test func `max_age falls back to the client's default (OpenID Connect Registration §2)`() throws {
        let client = try Example.client(["default_max_age": 900])
        #expect(try Example.request(client: client).maxAge == 900)
        #expect(try Example.request(["max_age": "5"], client: client).maxAge == 5)
        #expect(try Example.request().maxAge == nil)
    }

    @Test func `plain OAuth has no use for claims`() throws {
        #expect(
            try Example.request(["scope": "profile", "claims": "{\"userinfo\":{\"email\":null}}"]).claims.names.isEmpty
        )
    }

    @Test func `the first check that fails decides`() throws {
        #expect(
            try Example.code(["response_type": "token", "scope": nil, "code_challenge": nil])
                == .unsupportedResponseType
        )
        #expect(try Example.code(["scope": nil, "code_challenge": nil]) == .invalidScope)
    }
}

@Suite struct `Claims parameter` {
    @Test func `the example of OpenID Connect Core §5.5 is read`() throws {
        let claims = try ClaimsRequest(
            parsing: """
                {"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"essential":true},
                "http://example.info/claims/groups":null},
                "id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}},"x":1}
                """
        )
        #expect(claims.userInfo["given_name"]?.isEssential == true)
        #expect(claims.userInfo["nickname"]?.isEssential == false)
        #expect(claims.idToken["acr"]?.values == ["urn:mace:incommon:iap:silver"])
        #expect(claims.names.count == 6)
    }

    @Test(
        arguments: [
            "", "null", "1", "\"x\"", "{\"userinfo\":[]}", "{\"userinfo\":{\"a\":1}}",
            "{\"id_token\":{\"a\":{\"values\":1}}}",
            "{\"userinfo\":{\"a\":{\"essential\":\"yes\"}}}", "{\"userinfo\":{},\"userinfo\":{}}",
            "{\"userinfo\":{\"a\":{\"value\":" + String(repeating: "[", count: 40) + "}}}",
            "{\"userinfo\":{" + (0..<65).map { "\"c\($0)\":null" }.joined(separator: ",") + "}}",
            "{\"x\":\"" + String(repeating: "x", count: 4096) + "\"}",
        ]
    )
    func `what is not a bounded object of wishes is refused`(text: String) throws {
        #expect(try Example.refusal { _ = try ClaimsRequest(parsing: text) } == .invalidRequest)
    }

    @Test func `a wish takes the values it names, or any`() {
        #expect(ClaimsRequest.Wish().accepts("x"))
        #expect(ClaimsRequest.Wish(values: ["x", 1]).accepts(1))
        #expect(!ClaimsRequest.Wish(values: ["x"]).accepts("y"))
    }
}
