import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Client assertion` {
    private static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    private let key: SigningKey
    private let client: Client

    init() throws {
        key = try SigningKey.generate(.ES256, kid: "k1")
        var client = try Example.client()
        client.metadata.tokenEndpointAuthMethod = .privateKeyJWT
        self.client = client
    }

    private static let present = Int64(Example.now.timeIntervalSince1970)
    private static let good: [String: JSON?] = [
        "iss": "rp", "sub": "rp", "aud": .string(Example.issuer), "jti": "j1", "exp": .integer(present + 300),
        "iat": .integer(present),
    ]

    private func assertion(
        _ changes: [String: JSON?] = [:],
        type: String? = nil,
        key: SigningKey? = nil
    ) throws -> String {
        var claims = JSONObject()
        for (name, value) in Self.good.merging(changes, uniquingKeysWith: { $1 }) { claims[name] = value }
        return try JWS.sign(type: type, payload: JSON.object(claims).bytes, key: key ?? self.key)
    }

    private func verify(
        _ compact: String,
        client: Client? = nil,
        keys: [JWK]? = nil,
        pushing: String? = nil
    ) throws -> ClientAssertion.Proof {
        let parameters = Parameters([
            (name: "client_assertion", value: compact), (name: "client_assertion_type", value: Self.type),
        ])
        let found = try ClientAuthentication.extract(authorization: [], parameters: parameters)
        guard case .assertion(let assertion) = found else { throw OAuthError(.serverError, "not an assertion") }
        let client = client ?? self.client
        try found.requireMethod(of: client)
        var capabilities = try Example.capabilities()
        capabilities.endpoints.pushedAuthorizationRequest = pushing
        return try assertion.verify(
            for: client,
            by: .keys(JWKSet(keys ?? [key.publicJWK])),
            capabilities: capabilities,
            now: Example.now
        )
    }

    private func refusal(
        _ compact: String,
        client: Client? = nil,
        keys: [JWK]? = nil,
        pushing: String? = nil
    ) throws -> OAuthError.Code? {
        try Example.refusal { _ = try verify(compact, client: client, keys: keys, pushing: pushing) }
    }

    @Test func `a good one proves the client and names what must not come twice (RFC 7523 §3)`() throws {
        let proof = try verify(assertion())
        #expect(proof.jti == "j1")
        #expect(proof.expiresAt == Example.now.addingTimeInterval(300))
        #expect(try verify(assertion(type: "JWT")).jti == "j1")
        #expect(try verify(assertion(type: "client-authentication+jwt")).jti == "j1")
    }

    @Test func `the audience is the issuer or the token endpoint, alone or in a list`() throws {
        let token = "\(Example.issuer)/oauth2/token"
        #expect(try refusal(assertion(["aud": .string(token)])) == nil)
        #expect(try refusal(assertion(["aud": ["https://x.cn", .string(token)]])) == nil)
    }

    @Test func `where requests are pushed is an audience once there is such a place (RFC 9126 §2)`() throws {
        let push = "\(Example.issuer)/oauth2/par"
        #expect(try refusal(assertion(["aud": .string(push)])) != nil)
        #expect(try refusal(assertion(["aud": .string(push)]), pushing: push) == nil)
    }

    @Test func `an hour in exp is taken, but iat ends it after ten minutes`() throws {
        let proof = try verify(assertion(["exp": .integer(Self.present + 3600)]))
        #expect(proof.expiresAt == Example.now.addingTimeInterval(600))
        let old = assertionTimes(exp: 3600, iat: -601)
        #expect(try refusal(assertion(old)) == .invalidClient)
        #expect(try refusal(assertion(assertionTimes(exp: 3600, iat: -599))) == nil)
        #expect(try refusal(assertion(["exp": .integer(Self.present + 3600), "iat": nil])) == .invalidClient)
        #expect(try refusal(assertion(["iat": nil])) == nil)
    }

    private func assertionTimes(exp: Int64, iat: Int64) -> [String: JSON?] {
        ["exp": .integer(Self.present + exp), "iat": .integer(Self.present + iat)]
    }

    @Test(
        arguments: [
            ["iss": "other"], ["sub": "other"], ["iss": nil], ["sub": nil], ["iss": "other", "sub": "other"],
            ["iss": 1], ["aud": "https://other.cn"], ["aud": nil], ["aud": []], ["aud": "https://id.example.cn/"],
            ["jti": nil], ["jti": ""], ["jti": 1], ["jti": .string(String(repeating: "j", count: 513))],
            ["exp": nil], ["exp": "1"], ["exp": .integer(present)], ["exp": .integer(present - 1)],
            ["exp": .integer(-9_223_372_036_854_775_808)], ["exp": 1e300],
            ["exp": .integer(9_223_372_036_854_775_807), "iat": nil],
            ["nbf": .integer(present + 61)], ["nbf": "x"], ["iat": .integer(present + 61)], ["iat": "x"],
            ["iat": -1e300],
        ] as [[String: JSON?]]
    )
    func `whatever is wrong with its claims is invalid_client`(changes: [String: JSON?]) throws {
        let isHarmless = changes["exp"] == .some(.some(1e300))
        #expect(try refusal(assertion(changes)) == (isHarmless ? nil : .invalidClient))
    }

    @Test func `a clock that is a minute ahead is forgiven`() throws {
        #expect(
            try refusal(assertion(["nbf": .integer(Self.present + 60), "iat": .integer(Self.present + 60)])) == nil
        )
    }

    @Test func `another key, another client's key, and a changed byte are invalid_client`() throws {
        let other = try SigningKey.generate(.ES256, kid: "k1")
        #expect(try refusal(assertion(key: other)) == .invalidClient)
        #expect(try refusal(assertion(), keys: []) == .invalidClient)
        #expect(try refusal(assertion(), keys: [other.publicJWK, key.publicJWK]) == nil)
        let parts = try assertion().split(separator: ".").map(String.init)
        let forged = Base64URL.encode(Array(#"{"iss":"rp","sub":"rp","aud":"x","exp":9999999999,"jti":"z"}"#.utf8))
        #expect(try refusal([parts[0], forged, parts[2]].joined(separator: ".")) == .invalidClient)
        #expect(try refusal([parts[0], parts[1], ""].joined(separator: ".")) == .invalidClient)
    }

    @Test func `the algorithm is one we take, the registered one, and the key's own (RFC 8725 §3.1)`() throws {
        let parts = try assertion().split(separator: ".").map(String.init)
        for alg in ["none", "None", "HS256", "RS256", "ES384", "ES256K", ""] {
            let header = Base64URL.encode(Array(#"{"alg":"\#(alg)","kid":"k1"}"#.utf8))
            for signature in [parts[2], ""] {
                #expect(try refusal("\(header).\(parts[1]).\(signature)") == .invalidClient, "\(alg)")
            }
        }
        var strict = client
        strict.metadata.tokenEndpointAuthSigningAlg = .PS256
        #expect(try refusal(assertion(), client: strict) == .invalidClient)
        strict.metadata.tokenEndpointAuthSigningAlg = .ES256
        #expect(try refusal(assertion(), client: strict) == nil)
    }

    @Test func `a token of another purpose is not an assertion (RFC 8725 §3.11)`() throws {
        for type in ["at+jwt", "logout+jwt", "dpop+jwt"] {
            #expect(try refusal(assertion(type: type)) == .invalidClient, "\(type)")
        }
    }

    @Test func `it speaks for one client only`() throws {
        let other = Client(id: ClientID(trusted: "other"), metadata: client.metadata)
        #expect(try refusal(assertion(), client: other) == .invalidClient)
        var basic = client
        basic.metadata.tokenEndpointAuthMethod = .clientSecretBasic
        #expect(try refusal(assertion(), client: basic) == .invalidClient)
    }

    @Test func `keys are asked for again only where the assertion names another one`() throws {
        let found = try #require(try assertionValue(assertion()))
        let other = try SigningKey.generate(.ES256, kid: "k2")
        #expect(found.names(aKeyOf: JWKSet([key.publicJWK])))
        #expect(!found.names(aKeyOf: JWKSet([other.publicJWK])))
        #expect(!found.names(aKeyOf: JWKSet([])))
    }

    private func assertionValue(_ compact: String) throws -> ClientAssertion? {
        let parameters = Parameters([
            (name: "client_assertion", value: compact), (name: "client_assertion_type", value: Self.type),
        ])
        guard case .assertion(let found) = try ClientAuthentication.extract(authorization: [], parameters: parameters)
        else { return nil }
        return found
    }
}

@Suite struct `Client assertion by secret` {
    private static let secret = "a-secret-of-at-least-thirty-two-octets-as-HS256-demands"
    private static let present = Int64(Example.now.timeIntervalSince1970)

    private func client(_ method: ClientAuthenticationMethod = .clientSecretJWT) throws -> Client {
        var client = try Example.client()
        client.metadata.tokenEndpointAuthMethod = method
        return client
    }

    private func assertion(_ secret: String = Self.secret, alg: String = "HS256") -> String {
        let claims: JSON = [
            "iss": "rp", "sub": "rp", "aud": .string(Example.issuer), "jti": "j1", "exp": .integer(Self.present + 60),
        ]
        let input = Base64URL.encode(Array(#"{"alg":"\#(alg)"}"#.utf8)) + "." + Base64URL.encode(claims.bytes)
        return input + "." + Base64URL.encode(HMAC.sha256(key: Array(secret.utf8), Array(input.utf8)))
    }

    private func refusal(
        _ compact: String,
        _ client: Client,
        by credential: ClientAssertion.Credential
    ) throws -> OAuthError.Code? {
        let parameters = Parameters([
            (name: "client_assertion", value: compact),
            (name: "client_assertion_type", value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ])
        return try Example.refusal {
            let found = try ClientAuthentication.extract(authorization: [], parameters: parameters)
            try found.requireMethod(of: client)
            guard case .assertion(let assertion) = found else { throw OAuthError(.serverError, "not an assertion") }
            let server = try Example.capabilities()
            _ = try assertion.verify(for: client, by: credential, capabilities: server, now: Example.now)
        }
    }

    @Test func `each of two live secrets proves the client (OpenID Connect Core §9)`() throws {
        let client = try client()
        let secrets = [Secret(Self.secret), Secret("another-secret-of-at-least-thirty-two-octets")]
        #expect(try refusal(assertion(), client, by: .secrets(secrets)) == nil)
        #expect(try refusal(assertion(), client, by: .secrets(secrets.reversed())) == nil)
        #expect(try refusal(assertion(), client, by: .secrets([])) == .invalidClient)
        #expect(try refusal(assertion(Self.secret + "x"), client, by: .secrets(secrets)) == .invalidClient)
    }

    @Test func `the algorithm is HS256 and nothing else, also not by a short secret (RFC 7518 §3.2)`() throws {
        let client = try client()
        for alg in ["none", "HS384", "HS512", "RS256", "hs256"] {
            #expect(try refusal(assertion(alg: alg), client, by: .secrets([Secret(Self.secret)])) == .invalidClient)
        }
        #expect(try refusal(assertion("short"), client, by: .secrets([Secret("short")])) == .invalidClient)
    }

    @Test func `a public key never stands in for a secret, nor a secret for a key (RFC 8725 §2.1)`() throws {
        let key = try SigningKey.generate(.ES256, kid: "k1")
        let stolen = assertion(key.publicJWK.json.serialized)
        let keys = ClientAssertion.Credential.keys(JWKSet([key.publicJWK]))
        #expect(try refusal(stolen, client(.privateKeyJWT), by: keys) == .invalidClient)
        #expect(try refusal(stolen, client(), by: keys) == .invalidClient)
        let signed = try JWS.sign(type: nil, payload: Array(#"{"iss":"rp","sub":"rp"}"#.utf8), key: key)
        #expect(try refusal(signed, client(), by: .secrets([Secret(Self.secret)])) == .invalidClient)
    }

    @Test func `a registration says HS256 or nothing, and is written with it`() throws {
        let changes: [String: JSON] = ["token_endpoint_auth_method": "client_secret_jwt"]
        #expect(try Example.metadata(changes).json["token_endpoint_auth_signing_alg"]?.string == "HS256")
        let said = changes.merging(["token_endpoint_auth_signing_alg": "HS256"]) { $1 }
        #expect(try Example.metadata(said) == Example.metadata(changes))
        let wrong = changes.merging(["token_endpoint_auth_signing_alg": "ES256"]) { $1 }
        #expect(try Example.faults(wrong) == ["token_endpoint_auth_signing_alg"])
        let crossed: [String: JSON] = [
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "HS256",
            "jwks_uri": "https://rp.example.cn/jwks",
        ]
        #expect(try Example.faults(crossed) == ["token_endpoint_auth_signing_alg"])
    }
}
