import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `ID token` {
    private func token() throws -> IDToken {
        IDToken(
            issuer: try #require(Issuer(Example.issuer)),
            subject: Subject("s1"),
            audience: ClientID(trusted: "rp"),
            issuedAt: Example.now,
            expiresAt: Example.now.addingTimeInterval(600),
            authentication: AuthenticationContext(time: Example.now, level: .l2, methods: [.password])
        )
    }

    @Test func `it carries the claims of OpenID Connect Core §2`() throws {
        var token = try token()
        #expect(
            try JSON(parsing: token.payload(for: .RS256)) == [
                "iss": "https://id.example.cn", "sub": "s1", "aud": "rp", "exp": 1_800_000_600, "iat": 1_800_000_000,
                "auth_time": 1_800_000_000, "acr": "urn:citygate:acr:L2", "amr": ["pwd"],
            ]
        )
        token.nonce = "n\"1"
        token.sessionID = SessionID("sid1")
        token.authorizedParty = ClientID(trusted: "rp")
        token.claims["email"] = "a@b.cn"
        token.claims["sub"] = "evil"
        token.claims["at_hash"] = "evil"
        let json = try JSON(parsing: token.payload(for: .ES256))
        #expect(json["nonce"] == "n\"1")
        #expect(json["sid"] == "sid1")
        #expect(json["azp"] == "rp")
        #expect(json["email"] == "a@b.cn")
        #expect(json["sub"] == "s1")
        #expect(json["at_hash"] == JSON?.none)
    }

    /// Computed by an independent program: base64url of the left half of the digest.
    @Test(
        arguments: [
            (SignatureAlgorithm.RS256, "77QmUPtjPfzWtF2AnpK9RQ"), (.PS256, "77QmUPtjPfzWtF2AnpK9RQ"),
            (.ES256, "77QmUPtjPfzWtF2AnpK9RQ"), (.EdDSA, "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
            (.SM2, "kmAmKWez_tFC1DKMAy3gcA"),
        ]
    )
    func `at_hash and c_hash use the hash of the algorithm (OpenID Connect Core §3.1.3.6)`(
        algorithm: SignatureAlgorithm,
        hash: String
    ) throws {
        var token = try token()
        token.accessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
        token.code = token.accessToken
        let json = try JSON(parsing: token.payload(for: algorithm))
        #expect(json["at_hash"]?.string == hash)
        #expect(json["c_hash"]?.string == hash)
    }
}

@Suite struct `ID token hint` {
    private let key: SigningKey

    init() throws { key = try SigningKey.generate(.ES256, kid: "k1") }

    private func sign(_ changes: [String: JSON?] = [:], type: String? = nil) throws -> String {
        let good: [String: JSON?] = [
            "iss": .string(Example.issuer), "sub": "s1", "aud": "rp", "exp": 1, "sid": "sid1",
        ]
        var claims = JSONObject()
        for (name, value) in good.merging(changes, uniquingKeysWith: { $1 }) { claims[name] = value }
        return try JWS.sign(type: type, payload: JSON.object(claims).bytes, key: key)
    }

    private func hint(_ token: String) throws -> IDTokenHint {
        try IDTokenHint(token, issuer: #require(Issuer(Example.issuer))) { $0.isSigned(by: key.publicJWK) }
    }

    @Test func `an expired token of ours is a good hint (RP-Initiated Logout §2)`() throws {
        let hint = try hint(sign())
        #expect(hint.subject == Subject("s1"))
        #expect(hint.sessionID == SessionID("sid1"))
        #expect(hint.isFor(ClientID(trusted: "rp")))
        #expect(!hint.isFor(ClientID(trusted: "other")))
        #expect(try self.hint(sign(["aud": ["a", "rp"]], type: "JWT")).isFor(ClientID(trusted: "rp")))
    }

    @Test func `a foreign, unsigned, wrong or other kind of token is invalid_request`() throws {
        let foreign = try SigningKey.generate(.ES256, kid: "k1")
        let parts = try sign().split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        var bad = [
            "", "a", "a.b.c", "..", "\(none).\(parts[1]).", "\(parts[0]).\(parts[1]).",
            try JWS.sign(type: nil, payload: Array("{}".utf8), key: foreign),
            try JWS.sign(type: nil, payload: Array("[]".utf8), key: key),
            try sign(type: "at+jwt"), try sign(type: "logout+jwt"),
        ]
        for changes: [String: JSON?] in [
            ["iss": "https://evil.cn"], ["sub": nil], ["aud": nil], ["aud": []], ["aud": 1], ["exp": nil], ["sub": 1],
        ] { bad.append(try sign(changes)) }
        for token in bad { #expect(try Example.refusal { _ = try hint(token) } == .invalidRequest, "\(token)") }
    }

    @Test func `a request's hint must be the client's own`() throws {
        let key = key
        let request = try Example.request(["id_token_hint": sign()])
        #expect(try request.verifiedHint { $0.isSigned(by: key.publicJWK) }?.subject == Subject("s1"))
        #expect(try Example.request().verifiedHint { _ in true } == nil)
        let other = try Example.request(["id_token_hint": sign(["aud": "other"])])
        #expect(
            try Example.refusal { _ = try other.verifiedHint { $0.isSigned(by: key.publicJWK) } } == .invalidRequest
        )
    }
}
