import Cryptography
import OAuth
import Testing

@Suite struct `Token request` {
    private func client(_ changes: [String: JSON] = [:]) throws -> Client {
        try Example.client(
            [
                "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "scope": "openid profile offline_access parking.read parking.write",
                "resources": ["https://api.cn/", "https://b.cn/"],
            ].merging(changes) { $1 }
        )
    }

    private func request(_ form: String, client: Client? = nil) throws -> TokenRequest {
        try TokenRequest(
            Parameters(query: form),
            client: client ?? self.client(),
            capabilities: Example.capabilities()
        )
    }

    private func refusal(_ form: String, client: Client? = nil) throws -> OAuthError.Code? {
        try Example.refusal { _ = try request(form, client: client) }
    }

    private let good = "grant_type=authorization_code&code=c&redirect_uri=https://rp.example.cn/cb"

    @Test func `a code is brought with redirect URI and verifier (RFC 6749 §4.1.3, RFC 7636 §4.5)`() throws {
        let form = "\(good)&code_verifier=\(Example.verifier)&resource=https://api.cn/"
        guard case .authorizationCode(let grant) = try request(form) else {
            Issue.record("not a code")
            return
        }
        #expect(grant.code == "c")
        #expect(grant.redirectURI == "https://rp.example.cn/cb")
        #expect(grant.verifier?.challenge.value == Example.challenge)
        #expect(grant.resources == ["https://api.cn/"])
    }

    @Test(
        arguments: [
            ("", OAuthError.Code.invalidRequest), ("grant_type=", .invalidRequest),
            ("grant_type=authorization_code&grant_type=authorization_code", .invalidRequest),
            ("grant_type=password&username=a&password=b", .unsupportedGrantType),
            ("grant_type=implicit", .unsupportedGrantType), ("grant_type=AUTHORIZATION_CODE", .unsupportedGrantType),
            ("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x", .unsupportedGrantType),
            ("grant_type=authorization_code&redirect_uri=x", .invalidRequest),
            ("grant_type=authorization_code&code=c", .invalidRequest),
            ("grant_type=authorization_code&code=c&code=c&redirect_uri=x", .invalidRequest),
            ("grant_type=authorization_code&code=c&redirect_uri=x&code_verifier=short", .invalidGrant),
            ("grant_type=authorization_code&code=c&redirect_uri=x&resource=https://evil.cn/", .invalidTarget),
            ("grant_type=authorization_code&code=c&redirect_uri=x&zzz=1&zzz=2", .invalidRequest),
            ("grant_type=refresh_token", .invalidRequest),
            ("grant_type=refresh_token&refresh_token=r&scope=%22", .invalidScope),
            ("grant_type=client_credentials&scope=openid", .invalidScope),
            ("grant_type=client_credentials&scope=tax.read", .invalidScope),
            ("grant_type=client_credentials&scope=profile", .invalidScope),
            ("grant_type=client_credentials&scope=offline_access", .invalidScope),
        ]
    )
    func `each fault has its error (RFC 6749 §5.2)`(form: String, code: OAuthError.Code) throws {
        #expect(try refusal(form) == code)
    }

    @Test func `a device brings its code and nothing else (RFC 8628 §3.4)`() throws {
        var capabilities = try Example.capabilities()
        capabilities.grantTypes = [.deviceCode]
        var metadata = ClientMetadata()
        metadata.grantTypes = [.deviceCode]
        metadata.resources = ["https://api.cn/"]
        let client = Client(id: ClientID(trusted: "tv"), metadata: metadata)
        let base = "grant_type=urn:ietf:params:oauth:grant-type:device_code"
        func read(_ form: String) throws -> TokenRequest {
            try TokenRequest(Parameters(query: form), client: client, capabilities: capabilities)
        }
        guard case .deviceCode(let asked) = try read("\(base)&device_code=d&resource=https://api.cn/") else {
            Issue.record("not a device code")
            return
        }
        #expect(asked.deviceCode == "d" && asked.resources == ["https://api.cn/"])
        let faults: [(String, OAuthError.Code)] = [
            (base, .invalidRequest), ("\(base)&device_code=", .invalidRequest),
            ("\(base)&device_code=a&device_code=b", .invalidRequest),
            ("\(base)&device_code=\(String(repeating: "d", count: 513))", .invalidGrant),
            ("\(base)&device_code=d&resource=https://evil.cn/", .invalidTarget),
        ]
        for (form, code) in faults {
            #expect(throws: OAuthError.self) { _ = try read(form) }
            do { _ = try read(form) } catch let error as OAuthError { #expect(error.code == code, "\(form)") }
        }
    }

    @Test func `a code longer than any of ours is invalid_grant`() throws {
        let long = String(repeating: "c", count: 513)
        #expect(try refusal("grant_type=authorization_code&code=\(long)&redirect_uri=x") == .invalidGrant)
    }

    @Test func `a grant that the client did not register is unauthorized_client`() throws {
        let plain = try Example.client()
        #expect(try refusal("grant_type=refresh_token&refresh_token=r", client: plain) == .unauthorizedClient)
        #expect(try refusal("grant_type=client_credentials", client: plain) == .unauthorizedClient)
        #expect(try refusal(good, client: plain) == nil)
    }

    @Test func `client credentials give what the client may have without a person (RFC 6749 §4.4)`() throws {
        guard case .clientCredentials(let all) = try request("grant_type=client_credentials") else {
            Issue.record("not client credentials")
            return
        }
        #expect(all.scope == ["parking.read", "parking.write"])
        guard
            case .clientCredentials(let part) = try request(
                "grant_type=client_credentials&scope=parking.read&resource=https://b.cn/"
            )
        else {
            Issue.record("not client credentials")
            return
        }
        #expect(part.scope == ["parking.read"])
        #expect(part.resources == ["https://b.cn/"])
    }

    @Test func `a public client has no credentials, whatever its record says (RFC 6749 §4.4)`() throws {
        var client = try client()
        client.metadata.tokenEndpointAuthMethod = .none
        #expect(try refusal("grant_type=client_credentials", client: client) == .unauthorizedClient)
    }

    @Test func `a refresh token may be asked for less (RFC 6749 §6)`() throws {
        guard case .refreshToken(let grant) = try request("grant_type=refresh_token&refresh_token=r&scope=openid")
        else {
            Issue.record("not a refresh token")
            return
        }
        #expect(grant.refreshToken == "r")
        #expect(grant.scope == ["openid"])
    }
}

@Suite struct `Granted access` {
    private let granted = GrantedAccess(scope: ["openid", "profile"], resources: ["https://a.cn/", "https://b.cn/"])

    @Test func `a token request takes all or a part`() throws {
        #expect(try granted.narrowed() == granted)
        let part = try granted.narrowed(scope: ["profile"], resources: ["https://b.cn/"])
        #expect(part == GrantedAccess(scope: ["profile"], resources: ["https://b.cn/"]))
    }

    @Test func `never more than was granted (RFC 6749 §6, RFC 8707 §2.2)`() throws {
        #expect(try Example.refusal { _ = try granted.narrowed(scope: ["openid", "email"]) } == .invalidScope)
        #expect(try Example.refusal { _ = try granted.narrowed(resources: ["https://c.cn/"]) } == .invalidTarget)
        let none = GrantedAccess(scope: ["openid"], resources: [])
        #expect(try Example.refusal { _ = try none.narrowed(resources: ["https://a.cn/"]) } == .invalidTarget)
    }

    @Test func `the audience is the resources, or this server (RFC 9068 §3)`() throws {
        let issuer = try #require(Issuer(Example.issuer))
        #expect(granted.audience(issuer: issuer) == ["https://a.cn/", "https://b.cn/"])
        #expect(GrantedAccess(scope: [], resources: []).audience(issuer: issuer) == [Example.issuer])
    }
}

@Suite struct `Token response` {
    @Test func `it is the JSON of RFC 6749 §5.1`() {
        let full = TokenResponse(
            accessToken: "at",
            expiresIn: 600,
            scope: ["openid", "profile"],
            refreshToken: "rt",
            idToken: "a.b.c"
        )
        #expect(
            String(decoding: full.body(), as: UTF8.self)
                == #"{"access_token":"at","token_type":"Bearer","expires_in":600,"refresh_token":"rt","#
                + #""id_token":"a.b.c","scope":"openid profile"}"#
        )
        let small = TokenResponse(accessToken: "x", tokenType: .dpop, expiresIn: 1, scope: [])
        #expect(
            String(decoding: small.body(), as: UTF8.self) == #"{"access_token":"x","token_type":"DPoP","expires_in":1}"#
        )
    }

    @Test func `every text comes back from a strict parser as it went in`() throws {
        let odd = "\u{0}\u{1}\u{1F}\"\\/\u{7F}\u{2028}é中😀</script>\r\n\t"
        let response = TokenResponse(accessToken: odd, expiresIn: -1, scope: [], idToken: "")
        let json = try JSON(parsing: response.body())
        #expect(json["access_token"]?.string == odd)
        #expect(json["expires_in"]?.int == -1)
        #expect(json["id_token"]?.string == "")
    }
}
