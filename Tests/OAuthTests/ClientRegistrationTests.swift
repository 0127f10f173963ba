import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `A client that registers itself` {
    private let key = try? SigningKey.generate(.ES256, kid: "s1")

    private func policy(_ allowance: RegistrationAllowance = RegistrationAllowance(), held: ClientMetadata? = nil)
        throws
        -> ClientRegistrationPolicy
    {
        var policy = ClientRegistrationPolicy(capabilities: try Example.capabilities(), origin: .dynamicRegistration)
        policy.allowance = allowance
        policy.held = held
        return policy
    }

    private func register(
        _ members: [String: JSON],
        _ policy: ClientRegistrationPolicy,
        issuers: [SoftwareStatement.Issuer] = []
    ) throws -> ClientMetadata {
        var object = JSONObject()
        object["redirect_uris"] = [.string(Example.callback)]
        for (name, value) in members { object[name] = value }
        let request = try ClientRegistrationRequest(body: JSON.object(object).bytes)
        return try request.metadata(policy: policy, issuers: issuers, now: Example.now)
    }

    private func code(
        _ members: [String: JSON],
        _ policy: ClientRegistrationPolicy,
        issuers: [SoftwareStatement.Issuer] = []
    ) throws -> OAuthError.Code? {
        try Example.refusal { _ = try register(members, policy, issuers: issuers) }
    }

    // MARK: What may be registered

    @Test(arguments: [["scope": "openid records.read"], ["resources": ["https://api.cn/"]]] as [[String: JSON]])
    func `has what its initial access token allows`(members: [String: JSON]) throws {
        #expect(try code(members, policy()) == .invalidClientMetadata)
        var allowance = RegistrationAllowance()
        allowance.scope = ["openid", "records.read", "profile", "email", "phone", "address"]
        allowance.resources = ["https://api.cn/"]
        #expect(try code(members, policy(allowance)) == nil)
    }

    @Test func `has identity data only where the token names scope and claims`() throws {
        let members: [String: JSON] = ["scope": "openid realname", "realname_claims": ["real_name"]]
        var allowance = RegistrationAllowance()
        #expect(try code(members, policy(allowance)) == .invalidClientMetadata)
        allowance.scope = ["openid", "realname"]
        #expect(try code(members, policy(allowance)) == .invalidClientMetadata)
        allowance.realnameClaims = ["real_name"]
        #expect(try register(members, policy(allowance)).realnameClaims == ["real_name"])
        let more: [String: JSON] = ["scope": "openid realname", "realname_claims": ["real_name", "id_number"]]
        #expect(try code(more, policy(allowance)) == .invalidClientMetadata)
    }

    @Test func `is never the city's own, whatever the token allows`() throws {
        var allowance = RegistrationAllowance()
        allowance.scope = ["openid", "realname"]
        #expect(try code(["consent": "first_party"], policy(allowance)) == .invalidClientMetadata)
    }

    @Test func `gets the scopes that are allowed where it names none`() throws {
        var allowance = RegistrationAllowance()
        allowance.scope = ["openid", "phone", "records.read"]
        #expect(try register([:], policy(allowance)).scope == ["openid", "phone"])
        #expect(try !register([:], policy()).scope.contains("realname"))
    }

    @Test func `stays below the level of its token, said or not`() throws {
        var allowance = RegistrationAllowance()
        allowance.maximumLevel = .l2
        #expect(try register([:], policy(allowance)).maximumACR == .l2)
        #expect(try register(["maximum_acr": "urn:citygate:acr:L1"], policy(allowance)).maximumACR == .l1)
        #expect(try code(["maximum_acr": "urn:citygate:acr:L3"], policy(allowance)) == .invalidClientMetadata)
        #expect(try code(["default_acr_values": ["urn:citygate:acr:L3"]], policy(allowance)) == .invalidClientMetadata)
    }

    @Test func `has the grants and hosts of its token`() throws {
        var allowance = RegistrationAllowance()
        allowance.grantTypes = [.authorizationCode]
        allowance.redirectHosts = ["Example.cn"]
        #expect(try code([:], policy(allowance)) == nil)
        #expect(
            try code(["grant_types": ["authorization_code", "refresh_token"]], policy(allowance))
                == .invalidClientMetadata
        )
        for uri in ["https://evilexample.cn/cb", "https://example.cn.evil.cn/", "https://example.com/"] {
            #expect(try code(["redirect_uris": [.string(uri)]], policy(allowance)) == .invalidRedirectURI, "\(uri)")
        }
        for uri in ["https://example.cn/cb", "https://a.b.EXAMPLE.cn/"] {
            #expect(try code(["redirect_uris": [.string(uri)]], policy(allowance)) == nil, "\(uri)")
        }
    }

    @Test(
        arguments: [
            (["http://rp.cn/cb"], "web"), (["https://rp.cn/cb#x"], "web"), (["https://*.rp.cn/cb"], "web"),
            (["http://127.0.0.1/cb"], "web"), (["cn.example.app:/cb"], "web"), (["myapp:/cb"], "native"),
            (["javascript:alert(1)"], "native"), (["http://127.0.0.1:*/cb"], "native"), (["rp.cn/cb"], "web"),
            (["https://u@rp.cn/cb"], "web"), (["https://rp.cn/a/../cb"], "web"), (["http://rp.cn/cb"], "native"),
        ] as [([String], String)]
    )
    func `hears invalid_redirect_uri for an address that is none (RFC 7591 §3.2.2)`(uris: [String], type: String) throws
    {
        let members: [String: JSON] = ["redirect_uris": JSON(uris), "application_type": .string(type)]
        #expect(try code(members, policy()) == .invalidRedirectURI)
    }

    @Test func `is on another machine if its ID token goes through the browser (OpenID Connect Registration §2)`()
        throws
    {
        let members: [String: JSON] = [
            "redirect_uris": ["https://localhost/cb"], "response_types": ["id_token"], "grant_types": ["implicit"],
        ]
        #expect(try code(members, policy()) == .invalidRedirectURI)
    }

    @Test(arguments: ["[]", "x", "{\"a\":1,\"a\":2}", "{\"redirect_uris\":[\"https://rp.cn/\"]} x", "", "\u{FEFF}{}"])
    func `sends strict JSON, one object`(body: String) throws {
        #expect(try Example.refusal { _ = try ClientRegistrationRequest(body: body.utf8) } == .invalidClientMetadata)
    }

    @Test func `chooses neither id nor secret, and is not refused for trying (RFC 7591 §2)`() throws {
        let metadata = try register(["client_id": "me", "client_secret": "mine", "x": 1], policy())
        let names = try #require(metadata.json.object).names
        #expect(!names.contains("client_id") && !names.contains("client_secret") && !names.contains("x"))
    }

    @Test func `an allowance reads back from what it writes, and an unknown constraint is no allowance`() throws {
        var allowance = RegistrationAllowance()
        allowance.scope = ["openid"]
        allowance.resources = ["https://api.cn/"]
        allowance.realnameClaims = ["real_name"]
        allowance.maximumLevel = .l2
        allowance.grantTypes = [.authorizationCode]
        allowance.redirectHosts = ["example.cn"]
        allowance.requiresSoftwareStatement = true
        #expect(RegistrationAllowance(json: allowance.json) == allowance)
        #expect(RegistrationAllowance(json: [:]) == RegistrationAllowance())
        for json: JSON in [["later": true], ["scope": "openid"], ["maximum_acr": "L9"], [], nil] {
            #expect(RegistrationAllowance(json: json) == nil)
        }
    }

    // MARK: Replacement

    @Test func `keeps what an operator gave it, and gains nothing by a change`() throws {
        let held = try Example.metadata([
            "organisation": "市交通委", "consent": "first_party", "resources": ["https://api.cn/"],
            "scope": "openid realname parking.read", "realname_claims": ["real_name"], "require_pkce": false,
        ])
        let policy = try policy(held: held)
        let bare = try register(["scope": "openid"], policy)
        #expect(bare.organisation == "市交通委" && bare.consent == .firstParty && !bare.requirePKCE)
        #expect(bare.resources.isEmpty && bare.realnameClaims.isEmpty)
        let whole = try ClientRegistrationRequest(body: held.json.bytes)
        #expect(try whole.metadata(policy: policy, issuers: [], now: Example.now) == held)
        #expect(try code(["organisation": "市政府"], policy) == .invalidClientMetadata)
        #expect(try code(["resources": ["https://other.cn/"]], policy) == .invalidClientMetadata)
    }

    @Test(
        arguments: [
            ["client_id": "other"], ["client_id": nil], ["registration_access_token": "x"],
            ["registration_client_uri": "x"], ["client_id_issued_at": 1], ["client_secret_expires_at": 0],
            ["client_secret": "chosen"], ["client_secret": 1],
        ] as [[String: JSON]]
    )
    func `names itself in a replacement, and nothing that is the server's (RFC 7592 §2.2)`(changes: [String: JSON])
        throws
    {
        func refusal(_ changes: [String: JSON]) throws -> OAuthError.Code? {
            var object = JSONObject()
            object["client_id"] = "rp"
            for (name, value) in changes { object[name] = value.isNull ? nil : value }
            let request = try ClientRegistrationRequest(body: JSON.object(object).bytes)
            return try Example.refusal {
                try request.requireReplacement(of: ClientID(trusted: "rp")) { $0 == "current" }
            }
        }
        #expect(try refusal(changes) == .invalidClientMetadata)
        #expect(try refusal([:]) == nil)
        #expect(try refusal(["client_secret": "current"]) == nil)
    }

    // MARK: Software statements (RFC 7591 §2.3)

    private func statement(_ claims: [String: JSON], by key: SigningKey) throws -> JSON {
        var object = JSONObject()
        object["iss"] = "https://vouch.example.cn"
        for (name, value) in claims { object[name] = value.isNull ? nil : value }
        return .string(try JWS.sign(type: nil, payload: JSON.object(object).bytes, key: key))
    }

    @Test func `has what a trusted statement says, whatever stands beside it`() throws {
        let key = try #require(key)
        let issuers = [SoftwareStatement.Issuer(id: "https://vouch.example.cn", keys: JWKSet([key.publicJWK]))]
        let signed = try statement(
            [
                "client_name": "真名", "organisation": "市交通委", "redirect_uris": ["https://true.example.cn/cb"],
                "software_id": "park", "exp": .integer(Int64(Example.now.timeIntervalSince1970) + 60),
            ],
            by: key
        )
        let metadata = try register(["software_statement": signed, "client_name": "假名"], policy(), issuers: issuers)
        #expect(metadata.clientName == "真名" && metadata.organisation == "市交通委" && metadata.softwareID == "park")
        #expect(metadata.redirectURIs.map(\.value) == ["https://true.example.cn/cb"])
        #expect(metadata.json["software_statement"] == signed)
        // Vouched for, and still not beyond the token.
        let proud = try statement(["consent": "first_party"], by: key)
        #expect(try code(["software_statement": proud], policy(), issuers: issuers) == .invalidClientMetadata)
    }

    @Test func `hears which way a statement fails`() throws {
        let key = try #require(key)
        let stranger = try SigningKey.generate(.ES256, kid: "s1")
        let issuers = [SoftwareStatement.Issuer(id: "https://vouch.example.cn", keys: JWKSet([key.publicJWK]))]
        let now = Int64(Example.now.timeIntervalSince1970)
        func check(_ statement: JSON, _ expected: OAuthError.Code, _ words: Comment) throws {
            #expect(try code(["software_statement": statement], policy(), issuers: issuers) == expected, words)
        }
        try check(statement(["iss": "https://other.cn"], by: key), .unapprovedSoftwareStatement, "another issuer")
        try check(statement([:], by: stranger), .invalidSoftwareStatement, "another key")
        try check(statement(["exp": .integer(now - 61)], by: key), .invalidSoftwareStatement, "expired")
        try check(statement(["nbf": .integer(now + 61)], by: key), .invalidSoftwareStatement, "not yet")
        try check(statement(["exp": "soon"], by: key), .invalidSoftwareStatement, "no time")
        try check(statement(["aud": "https://other.cn"], by: key), .invalidSoftwareStatement, "another audience")
        try check(statement(["iss": nil], by: key), .invalidSoftwareStatement, "no issuer")
        try check("x.y.z", .invalidSoftwareStatement, "no JWT")
        try check(7, .invalidSoftwareStatement, "no text")
        let unsigned = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + ".e30."
        try check(.string(unsigned), .invalidSoftwareStatement, "unsigned")
        var allowance = RegistrationAllowance()
        allowance.requiresSoftwareStatement = true
        #expect(try code([:], policy(allowance), issuers: issuers) == .invalidSoftwareStatement)
        #expect(try code(["software_statement": statement([:], by: key)], policy(allowance), issuers: issuers) == nil)
        // Nobody is trusted unless an operator says so.
        #expect(try code(["software_statement": statement([:], by: key)], policy()) == .unapprovedSoftwareStatement)
    }
}
