import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Access token` {
    private let key: SigningKey

    init() throws { key = try SigningKey.generate(.ES256, kid: "k1") }

    private func claims() throws -> AccessTokenClaims {
        AccessTokenClaims(
            issuer: try #require(Issuer(Example.issuer)),
            subject: Subject("s1"),
            audience: [Example.issuer],
            clientID: ClientID(trusted: "rp"),
            issuedAt: Example.now,
            expiresAt: Example.now.addingTimeInterval(600),
            id: "j1",
            scope: ["openid", "profile"],
            authentication: AuthenticationContext(
                time: Example.now.addingTimeInterval(-30.5),
                level: .l3,
                methods: [.password, .sms]
            ),
            grantID: "g1"
        )
    }

    private func validate(_ token: String, audience: String = Example.issuer, at offset: Double = 0) throws
        -> AccessTokenClaims
    {
        try AccessTokenClaims(
            validating: token,
            issuer: #require(Issuer(Example.issuer)),
            audience: audience,
            now: Example.now.addingTimeInterval(offset)
        ) { kid in kid == "k1" ? key.publicJWK : nil }
    }

    private func refusal(_ token: String, audience: String = Example.issuer, at offset: Double = 0) throws
        -> OAuthError.Code?
    {
        try Example.refusal { _ = try validate(token, audience: audience, at: offset) }
    }

    @Test func `it carries the claims of RFC 9068 §2.2`() throws {
        let json = try JSON(parsing: claims().payload())
        #expect(
            json == [
                "iss": "https://id.example.cn", "sub": "s1", "aud": "https://id.example.cn", "client_id": "rp",
                "iat": 1_800_000_000, "exp": 1_800_000_600, "jti": "j1", "scope": "openid profile",
                "auth_time": 1_799_999_969, "acr": "urn:citygate:acr:L3", "amr": ["pwd", "sms"], "gid": "g1",
            ]
        )
    }

    @Test func `one for a machine says nothing of a person, several audiences are a list`() throws {
        var claims = try claims()
        claims.authentication = nil
        claims.grantID = nil
        claims.audience = ["https://a.cn/", "https://b.cn/"]
        let json = try JSON(parsing: claims.payload())
        #expect(json["acr"] == JSON?.none)
        #expect(json["gid"] == JSON?.none)
        #expect(json["aud"]?.strings == ["https://a.cn/", "https://b.cn/"])
    }

    @Test func `what was signed reads back`() throws {
        let token = try JWS.sign(type: AccessTokenClaims.type, payload: claims().payload(), key: key)
        let read = try validate(token)
        #expect(read.subject == Subject("s1"))
        #expect(read.clientID.value == "rp")
        #expect(read.scope == ["openid", "profile"])
        #expect(read.id == "j1")
        #expect(read.grantID == "g1")
        #expect(read.authentication?.level == .l3)
        #expect(read.authentication?.methods == [.password, .sms])
        #expect(read.expiresAt == Example.now.addingTimeInterval(600))
    }

    @Test func `expired, for another resource, of another type or key is invalid_token (RFC 9068 §4)`() throws {
        let token = try JWS.sign(type: AccessTokenClaims.type, payload: claims().payload(), key: key)
        #expect(try refusal(token, at: 599) == nil)
        #expect(try refusal(token, at: 600) == .invalidToken)
        #expect(try refusal(token, audience: "https://api.cn/") == .invalidToken)
        for type in [nil, "JWT", "logout+jwt", "AT+JWT"] {
            let odd = try JWS.sign(type: type, payload: claims().payload(), key: key)
            #expect(try refusal(odd) == .invalidToken, "\(type ?? "no type")")
        }
        let foreign = try SigningKey.generate(.ES256, kid: "k1")
        #expect(try refusal(JWS.sign(type: "at+jwt", payload: claims().payload(), key: foreign)) == .invalidToken)
        let unknown = try SigningKey.generate(.ES256, kid: "k2")
        #expect(try refusal(JWS.sign(type: "at+jwt", payload: claims().payload(), key: unknown)) == .invalidToken)
    }

    @Test func `each required claim is required`() throws {
        let whole = try #require(JSON(parsing: claims().payload()).object)
        for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"] {
            for value in [nil, JSON.bool(true)] {
                var part = whole
                part[name] = value
                let token = try JWS.sign(type: "at+jwt", payload: JSON.object(part).bytes, key: key)
                #expect(try refusal(token) == .invalidToken, "\(name)")
            }
        }
        var other = whole
        other["iss"] = "https://evil.cn"
        #expect(try refusal(JWS.sign(type: "at+jwt", payload: JSON.object(other).bytes, key: key)) == .invalidToken)
    }
}

@Suite struct `Presented token` {
    private func extract(_ headers: [String], _ form: String? = nil) throws -> String? {
        try PresentedToken.extract(authorization: headers, form: form.map { try Parameters(query: $0) })?.token
    }

    @Test func `it comes in the header or in the form (RFC 6750 §2)`() throws {
        #expect(try extract(["Bearer a.b-c_~+/=="]) == "a.b-c_~+/==")
        #expect(try extract(["bearer  x"]) == "x")
        #expect(try extract([], "access_token=x") == "x")
        #expect(try extract([]) == nil)
        #expect(try extract([], "access_token=") == nil)
        #expect(try extract(["Basic cnA6eA=="]) == nil)
    }

    @Test(
        arguments: [
            ["Bearer"], ["Bearer "], ["Bearer a b"], ["Bearer =="], ["Bearer a=b"], ["Bearer é"], ["Bearer a,b"],
            ["Bearer a", "Bearer a"], ["Bearer " + String(repeating: "a", count: 8193)],
        ]
    )
    func `a malformed or doubled header is invalid_request (RFC 6750 §3.1)`(headers: [String]) throws {
        #expect(try Example.refusal { _ = try extract(headers) } == .invalidRequest)
    }

    @Test func `both at once, or one twice, is invalid_request`() throws {
        #expect(try Example.refusal { _ = try extract(["Bearer a"], "access_token=a") } == .invalidRequest)
        #expect(try Example.refusal { _ = try extract([], "access_token=a&access_token=a") } == .invalidRequest)
    }
}

@Suite struct `Opaque access token claims` {
    @Test func `what is stored reads back as it was`() throws {
        let claims = AccessTokenClaims(
            issuer: try #require(Issuer("https://login.example")),
            subject: Subject("s"),
            audience: ["https://login.example"],
            clientID: ClientID(trusted: "c"),
            issuedAt: Date(timeIntervalSince1970: 10),
            expiresAt: Date(timeIntervalSince1970: 20),
            id: "j",
            scope: ["openid"],
            grantID: "g"
        )
        #expect(try AccessTokenClaims(stored: claims.payload(), issuer: claims.issuer) == claims)
        let elsewhere = try #require(Issuer("https://other.example"))
        #expect(
            try Example.refusal { _ = try AccessTokenClaims(stored: claims.payload(), issuer: elsewhere) }
                == .invalidToken
        )
        #expect(
            try Example.refusal { _ = try AccessTokenClaims(stored: [UInt8]("{".utf8), issuer: claims.issuer) }
                == .invalidToken
        )
    }
}
