import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `DPoP proof` {
    private static let key = try? SigningKey.generate(.ES256, kid: "k1")
    private static let present = Int64(Example.now.timeIntervalSince1970)
    private static let uri = "https://id.example.cn/oauth2/token"
    private let key: SigningKey

    init() throws { key = try #require(Self.key) }

    private static let good: [String: JSON?] = [
        "jti": "j1", "htm": "POST", "htu": .string(uri), "iat": .integer(present),
    ]

    /// A proof with claims and header members changed; nil takes one away.
    private func proof(
        _ changes: [String: JSON?] = [:],
        header: [String: JSON?] = [:],
        key: SigningKey? = nil
    ) throws -> String {
        let key = key ?? self.key
        var members: [String: JSON?] = [
            "typ": "dpop+jwt", "alg": .string(key.algorithm.rawValue), "jwk": key.publicJWK.json,
        ]
        members.merge(header) { $1 }
        func object(_ members: [String: JSON?]) -> [UInt8] {
            var object = JSONObject()
            for (name, value) in members { object[name] = value }
            return JSON.object(object).bytes
        }
        let claims = Self.good.merging(changes) { $1 }
        let input = Base64URL.encode(object(members)) + "." + Base64URL.encode(object(claims))
        return input + "." + Base64URL.encode(try key.sign(Array(input.utf8)))
    }

    private func check(_ headers: [String], method: String = "POST", token: String? = nil, at offset: Double = 0)
        throws -> DPoPProof
    {
        try DPoPProof(
            headers,
            for: .init(method: method, uri: Self.uri, accessToken: token),
            algorithms: [.ES256, .EdDSA, .PS256, .RS256],
            now: Example.now.addingTimeInterval(offset)
        )
    }

    private func refusal(_ proof: String, token: String? = nil, at offset: Double = 0) throws -> OAuthError.Code? {
        try Example.refusal { _ = try check([proof], token: token, at: offset) }
    }

    // MARK: RFC 9449

    private static let published =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy"
        + "VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."

    @Test func `the examples of figures 2 and 13 are proofs, and of the key of figure 8 (RFC 9449 §4.1, §6.1, §7.1)`()
        throws
    {
        let first = try DPoPProof(
            [
                Self.published
                    + "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwi"
                    + "aWF0IjoxNTYyMjYyNjE2fQ."
                    + "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
            ],
            for: .init(method: "POST", uri: "https://server.example.com/token"),
            algorithms: [.ES256],
            now: Date(timeIntervalSince1970: 1_562_262_616)
        )
        #expect(first.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(first.jti == "-BwC3ESc6acc2lTc")
        #expect(first.nonce == nil)
        let second = try DPoPProof(
            [
                Self.published
                    + "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0"
                    + "ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9."
                    + "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
            ],
            for: .init(
                method: "GET",
                uri: "https://resource.example.org/protectedresource",
                accessToken: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
            ),
            algorithms: [.ES256],
            now: Date(timeIntervalSince1970: 1_562_262_618)
        )
        #expect(second.thumbprint == first.thumbprint)
    }

    @Test func `a good one names its key, itself and its nonce`() throws {
        let found = try check([proof(["nonce": "n1", "more": true])])
        #expect(found.thumbprint == key.publicJWK.thumbprint)
        #expect(found.jti == "j1")
        #expect(found.nonce == "n1")
        #expect(found.expiresAt == Example.now.addingTimeInterval(300))
        for algorithm in [SignatureAlgorithm.EdDSA, .RS256, .PS256] {
            let other = try SigningKey.generate(algorithm, kid: "k")
            #expect(try check([proof(key: other)]).thumbprint == other.publicJWK.thumbprint)
        }
    }

    @Test(
        arguments: [
            ["jti": nil], ["jti": ""], ["jti": 1], ["jti": .string(String(repeating: "j", count: 513))],
            ["htm": nil], ["htm": "GET"], ["htm": "post"], ["htm": 1], ["htu": nil], ["htu": 1], ["htu": ""],
            ["htu": "https://id.example.cn/oauth2/tokens"], ["htu": "https://id.example.cn/oauth2/token/"],
            ["htu": "http://id.example.cn/oauth2/token"], ["htu": "https://evil.cn/oauth2/token"],
            ["htu": "https://id.example.cn/oauth2/token;x"], ["htu": "/oauth2/token"],
            ["htu": "https://id.example.cn/oauth2/%74oken"], ["htu": "https://id.example.cn:443/oauth2/token"],
            ["iat": nil], ["iat": "1"], ["iat": .integer(present - 300)], ["iat": .integer(present + 300)],
            ["iat": 1e300], ["iat": .integer(.min)], ["iat": .integer(.max)], ["nonce": 1], ["nonce": .null],
            ["nonce": []],
        ] as [[String: JSON?]]
    )
    func `whatever is wrong with its claims is invalid_dpop_proof (RFC 9449 §4.3)`(changes: [String: JSON?]) throws {
        #expect(try refusal(proof(changes)) == .invalidDPoPProof)
    }

    @Test func `query and fragment of htu do not matter (RFC 9449 §4.3, item 9)`() throws {
        for end in ["?a=b", "#x", "?", "#", "?a#b", "#a?b"] {
            #expect(try refusal(proof(["htu": .string(Self.uri + end)])) == nil, "\(end)")
        }
    }

    @Test func `clocks may differ by less than five minutes either way`() throws {
        for offset in [-299.0, 0, 299] { #expect(try refusal(proof(), at: offset) == nil) }
        for offset in [-300.0, 300, 86_400] { #expect(try refusal(proof(), at: offset) == .invalidDPoPProof) }
    }

    @Test(
        arguments: [
            ["typ": nil], ["typ": "JWT"], ["typ": "at+jwt"], ["typ": "DPOP+JWT"], ["typ": "application/dpop+jwt"],
            ["alg": "none"], ["alg": "HS256"], ["alg": "ES384"], ["alg": "RS256"], ["alg": "SM2"], ["alg": nil],
            ["jwk": nil], ["jwk": .null], ["jwk": "x"], ["jwk": [:]], ["jwk": ["kty": "oct", "k": "AAAA"]],
            ["jwk": nil, "kid": "k1"], ["jwk": nil, "jku": "https://evil.cn/jwks"], ["crit": ["exp"]],
        ] as [[String: JSON?]]
    )
    func `its header names its type, an algorithm of ours and one public key`(header: [String: JSON?]) throws {
        #expect(try refusal(proof(header: header)) == .invalidDPoPProof)
    }

    @Test func `a key that is private, or for another use, or another's, proves nothing`() throws {
        let json = try #require(key.publicJWK.json.object)
        for (member, value) in [("d", "AAAA"), ("use", "enc"), ("alg", "ES384")] as [(String, JSON)] {
            var jwk = json
            jwk[member] = value
            #expect(try refusal(proof(header: ["jwk": .object(jwk)])) == .invalidDPoPProof, "\(member)")
        }
        let other = try SigningKey.generate(.ES256, kid: "k1")
        #expect(try refusal(proof(header: ["jwk": other.publicJWK.json])) == .invalidDPoPProof)
        let parts = try proof().split(separator: ".").map(String.init)
        #expect(try refusal("\(parts[0]).\(parts[1]).") == .invalidDPoPProof)
        let changed = try proof(["jti": "j2"]).split(separator: ".").map(String.init)
        #expect(try refusal("\(parts[0]).\(changed[1]).\(parts[2])") == .invalidDPoPProof)
    }

    @Test func `it belongs to the access token that it comes with (RFC 9449 §4.3, item 12)`() throws {
        let hash = Base64URL.encode(Digest.sha256("token".utf8))
        #expect(try refusal(proof(["ath": .string(hash)]), token: "token") == nil)
        #expect(try refusal(proof(["ath": .string(hash)]), token: "other") == .invalidDPoPProof)
        #expect(try refusal(proof(), token: "token") == .invalidDPoPProof)
        #expect(try refusal(proof(["ath": .string(hash + "=")]), token: "token") == .invalidDPoPProof)
    }

    @Test func `there is one, not none and not two (RFC 9449 §4.3, item 1)`() throws {
        let one = try proof()
        for headers in [[], [one, one], [one + ", " + one], [one + " "], [""]] {
            #expect(try Example.refusal { _ = try check(headers) } == .invalidDPoPProof)
        }
    }

    @Test func `nothing that is random or cut ends the process`() throws {
        let good = try proof()
        for end in stride(from: 0, to: good.utf8.count, by: 7) { _ = try? refusal(String(good.prefix(end))) }
        for count in [1, 100, 8192, 8193, 100_000] {
            #expect(try refusal(String(repeating: ".", count: count)) == .invalidDPoPProof)
            #expect(try refusal(String(repeating: "e", count: count)) == .invalidDPoPProof)
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = Array(good.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if text != good { #expect(try refusal(text) == .invalidDPoPProof) }
        }
    }
}

@Suite struct `DPoP nonce` {
    private let nonce = DPoPNonce(key: Secret([UInt8](repeating: 7, count: 32)))

    @Test func `each is good for its minute and the next, and for a process whose clock is a little behind`() {
        let value = nonce.current(now: Example.now)
        for offset in [-60.0, 0, 60] {
            #expect(nonce.accepts(value, now: Example.now.addingTimeInterval(offset)))
        }
        for offset in [-180.0, -121, 121, 180, 86_400] {
            #expect(!nonce.accepts(value, now: Example.now.addingTimeInterval(offset)))
        }
    }

    @Test func `another key, another minute and other texts give none`() {
        let other = DPoPNonce(key: Secret([UInt8](repeating: 8, count: 32)))
        #expect(!nonce.accepts(other.current(now: Example.now), now: Example.now))
        #expect(nonce.current(now: Example.now) != nonce.current(now: Example.now.addingTimeInterval(60)))
        let value = nonce.current(now: Example.now)
        for text in ["", "x", value + "A", String(value.dropLast()), value.lowercased()] {
            #expect(!nonce.accepts(text, now: Example.now))
        }
        // RFC 9449 §8: NQCHAR.
        #expect(value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        for time in [-1e300, -1, 0, 1e300] { #expect(!nonce.current(now: Date(timeIntervalSince1970: time)).isEmpty) }
    }
}

@Suite struct `Binding to a key` {
    @Test func `dpop_jkt is a thumbprint or the request is refused (RFC 9449 §10)`() throws {
        var server = try Example.capabilities()
        server.dpopAlgorithms = [.ES256]
        let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        let request = try Example.request(["dpop_jkt": thumbprint], capabilities: server)
        #expect(request.keyThumbprint == thumbprint)
        for text in ["x", thumbprint + "A", String(thumbprint.dropLast()) + "=", String(repeating: "!", count: 43)] {
            #expect(try Example.code(["dpop_jkt": text], capabilities: server) == .invalidRequest, "\(text)")
        }
        // A server without DPoP does not know the parameter.
        #expect(try Example.request(["dpop_jkt": "x"]).keyThumbprint == nil)
    }

    @Test func `a pushed request takes the key of the proof beside it, and no other (RFC 9449 §10.1)`() throws {
        let bound = try PushedAuthorizationRequest.binding(Example.parameters(), to: "a")
        #expect(try bound.value("dpop_jkt") == "a")
        let named = Example.parameters(["dpop_jkt": "a"])
        #expect(try PushedAuthorizationRequest.binding(named, to: "a") == named)
        #expect(try Example.refusal { _ = try PushedAuthorizationRequest.binding(named, to: "b") } == .invalidDPoPProof)
        let empty = try PushedAuthorizationRequest.binding(Example.parameters(["dpop_jkt": ""]), to: "a")
        #expect(try empty.value("dpop_jkt") == "a")
        #expect(empty.repeatedNames.isEmpty)
    }

    @Test func `a token carries its key as cnf, and one bound in an unknown way is none (RFC 9449 §6.1)`() throws {
        let issuer = try #require(Issuer(Example.issuer))
        var claims = AccessTokenClaims(
            issuer: issuer,
            subject: Subject("s"),
            audience: [Example.issuer],
            clientID: ClientID(trusted: "rp"),
            issuedAt: Example.now,
            expiresAt: Example.now,
            id: "j",
            scope: [],
            keyThumbprint: "a"
        )
        let json = try JSON(parsing: claims.payload())
        #expect(json["cnf"] == ["jkt": "a"])
        #expect(try AccessTokenClaims(stored: claims.payload(), issuer: issuer) == claims)
        var object = try #require(json.object)
        object["cnf"] = ["x5t#S256": "a"]
        let strange = JSON.object(object).bytes
        #expect(
            try Example.refusal { _ = try AccessTokenClaims(stored: strange, issuer: issuer) } == .invalidToken
        )
        let told = try JSON(parsing: IntrospectionResponse.accessToken(claims).body())
        #expect(told["token_type"] == "DPoP")
        #expect(told["cnf"] == ["jkt": "a"])
        claims.keyThumbprint = nil
        #expect(try JSON(parsing: IntrospectionResponse.accessToken(claims).body())["cnf"] == nil)
    }

    @Test func `a challenge that wants a proof names the scheme and the algorithms (RFC 9449 §7.1)`() {
        let error = OAuthError(.useDPoPNonce, "again").demandingProof([.ES256, .EdDSA])
        #expect(
            error.resourceChallenge(realm: "r")
                == #"DPoP realm="r", error="use_dpop_nonce", error_description="again", algs="ES256 EdDSA""#
        )
        #expect(error.resourceStatus == 401)
        #expect(error.status == 400)
        #expect(OAuthError.bareProofChallenge([.ES256], realm: "r") == #"DPoP realm="r", algs="ES256""#)
    }
}
