import Cryptography
import Testing

@testable import Sandbox

/// A token response as an issuer makes it, with one thing changed.
struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The check that must notice; nil when nothing is wrong.
    let fault: String?
    var options = DemoLoginOptions()
    var tokenType: String?
    var algorithm = SignatureAlgorithm.ES256
    var signsWithStrangersKey = false
    var claims: [(String, JSON?)] = []

    init(_ description: String, _ fault: String?, claims: [(String, JSON?)] = []) {
        testDescription = description
        self.fault = fault
        self.claims = claims
    }

    func with(_ change: (inout Forgery) -> Void) -> Forgery {
        var copy = self
        change(&copy)
        return copy
    }
}

/// Keys and requests that all tests of tokens share.
enum Example {
    static let issuer = "http://127.0.0.1:8080"
    static let now: Int64 = 1_795_521_252
    static let accessToken = "an-access-token"

    static func claims(nonce: String) -> JSONObject {
        var claims = JSONObject()
        claims["iss"] = .string(issuer)
        claims["sub"] = "subject-1"
        claims["aud"] = .string(DemoRelyingParty.clientID)
        claims["exp"] = .integer(now + 600)
        claims["iat"] = .integer(now)
        claims["auth_time"] = .integer(now)
        claims["nonce"] = .string(nonce)
        claims["at_hash"] = .string(Base64URL.encode(Array(Digest.sha256(accessToken.utf8).prefix(16))))
        return claims
    }
}

@Suite struct `ID tokens at the demo site` {
    private let key: SigningKey
    private let rsaKey: SigningKey
    private let keys: JWKSet

    /// Made once: an RSA key takes a good part of a second.
    private static let rsaKey = Result { try SigningKey.generate(.RS256, kid: "rsa") }

    init() throws {
        key = try SigningKey.generate(.ES256, kid: "one")
        rsaKey = try Self.rsaKey.get()
        keys = JWKSet([key.publicJWK, rsaKey.publicJWK])
    }

    static let recentLogin = DemoLoginOptions(DemoForm([("max_age", "0")])) ?? DemoLoginOptions()
    static let freshLogin = DemoLoginOptions(DemoForm([("prompt", "login")])) ?? DemoLoginOptions()

    static let forgeries: [Forgery] = [
        Forgery("as it should be", nil),
        Forgery(
            "audiences with this client as authorized party",
            nil,
            claims: [
                ("aud", ["other", .string(DemoRelyingParty.clientID)]), ("azp", .string(DemoRelyingParty.clientID)),
            ]
        ),
        Forgery("without at_hash", nil, claims: [("at_hash", nil)]),
        Forgery("expired within the allowed difference of clocks", nil, claims: [("exp", .integer(Example.now - 30))]),
        Forgery("a stranger's key under the same kid", "signature").with { $0.signsWithStrangersKey = true },
        Forgery("an algorithm that was not registered", "alg").with { $0.algorithm = .RS256 },
        Forgery("an access token", "typ").with { $0.tokenType = "at+jwt" },
        Forgery("another issuer", "iss", claims: [("iss", "http://127.0.0.1:8081")]),
        Forgery("no issuer", "iss", claims: [("iss", nil)]),
        Forgery("another audience", "aud", claims: [("aud", "other")]),
        Forgery(
            "several audiences without azp",
            "azp",
            claims: [
                ("aud", ["other", .string(DemoRelyingParty.clientID)])
            ]
        ),
        Forgery("another authorized party", "azp", claims: [("azp", "other")]),
        Forgery("no subject", "sub", claims: [("sub", nil)]),
        Forgery("expired", "exp", claims: [("exp", .integer(Example.now - 61))]),
        Forgery("an expiry of the greatest number", nil, claims: [("exp", .integer(.max))]),
        Forgery("no expiry", "exp", claims: [("exp", nil)]),
        Forgery("an expiry as text", "exp", claims: [("exp", "1795521852")]),
        Forgery("from the future", "iat", claims: [("iat", .integer(Example.now + 61))]),
        Forgery("another login's nonce", "nonce", claims: [("nonce", "another")]),
        Forgery("no nonce", "nonce", claims: [("nonce", nil)]),
        Forgery("another access token's hash", "at_hash", claims: [("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")]),
        Forgery("at_hash of another type", "at_hash", claims: [("at_hash", 1)]),
        Forgery("a login older than max_age", "auth_time", claims: [("auth_time", .integer(Example.now - 61))])
            .with { $0.options = recentLogin },
        Forgery("no auth_time though max_age was asked", "auth_time", claims: [("auth_time", nil)])
            .with { $0.options = recentLogin },
        Forgery("an auth_time of the smallest number", "auth_time", claims: [("auth_time", .integer(.min))])
            .with { $0.options = recentLogin },
        Forgery(
            "an old login though prompt=login was asked",
            "auth_time",
            claims: [
                ("auth_time", .integer(Example.now - 100))
            ]
        ).with { $0.options = freshLogin },
        Forgery("a fresh login as prompt=login asks", nil).with { $0.options = freshLogin },
    ]

    @Test(arguments: forgeries)
    func `a token passes all checks or fails at the right one (OpenID Connect Core §3.1.3.7)`(
        forgery: Forgery
    ) throws {
        let attempt = DemoVisitors.Attempt(forgery.options, at: Example.now)
        var claims = Example.claims(nonce: attempt.nonce)
        for (name, value) in forgery.claims { claims[name] = value }
        var signer = forgery.algorithm == .RS256 ? rsaKey : key
        if forgery.signsWithStrangersKey { signer = try SigningKey.generate(.ES256, kid: "one") }
        let token = try JWS.sign(type: forgery.tokenType, payload: JSON.object(claims).bytes, key: signer)
        #expect(fault(of: token, attempt) == forgery.fault.map { "id_token_" + $0 })
    }

    @Test(arguments: [#"{"alg":"none"}"#, #"{"alg":"HS256","kid":"one"}"#, #"{"alg":"es256","kid":"one"}"#])
    func `a token that names another algorithm is refused before its signature counts (RFC 8725 §3.1)`(
        header: String
    ) throws {
        let attempt = DemoVisitors.Attempt(DemoLoginOptions(), at: Example.now)
        let claims = JSON.object(Example.claims(nonce: attempt.nonce)).bytes
        let token = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(claims) + "."
        #expect(fault(of: token, attempt) == "id_token_alg")
    }

    @Test(arguments: ["", "a", "a.b", "a.b.c.d", "..", "e30.e30.e30", "e30.W10.e30"])
    func `what is no token is refused as malformed`(token: String) {
        let attempt = DemoVisitors.Attempt(DemoLoginOptions(), at: Example.now)
        #expect(fault(of: token, attempt) == "id_token_format")
    }

    private func fault(of token: String, _ attempt: DemoVisitors.Attempt) -> String? {
        let json: JSON = [
            "access_token": .string(Example.accessToken), "id_token": .string(token), "token_type": "Bearer",
        ]
        do throws(DemoFault) {
            _ = try DemoIDToken(
                DemoTokens(json),
                keys: keys,
                attempt: attempt,
                issuer: Example.issuer,
                clientID: DemoRelyingParty.clientID,
                now: Example.now
            )
            return nil
        } catch {
            return error.code
        }
    }
}
