import Cryptography
import Testing

@Suite struct `A JSON Web Signature` {
    @Test func `by RS256 is that of RFC 7515 Appendix A.2`() throws {
        let parsed = try JWS.parse(PublishedKeys.rs256Token)
        #expect(parsed.payload == utf8(PublishedKeys.payload))
        #expect(parsed.algorithm == .RS256)
        #expect(parsed.isSigned(by: try JWK(json: PublishedKeys.publicHalf(PublishedKeys.rsa))))
        let key = try SigningKey(jwk: PublishedKeys.rsa, algorithm: .RS256)
        #expect(try key.sign(parsed.signingInput) == parsed.signature)
    }

    @Test func `by ES256 is that of RFC 7515 Appendix A.3`() throws {
        let parsed = try JWS.parse(PublishedKeys.es256Token)
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.p256))
        #expect(parsed.isSigned(by: key))
        let own = try SigningKey(jwk: PublishedKeys.p256, algorithm: .ES256)
        #expect(key.verify(signature: try own.sign(utf8("x")), message: utf8("x"), algorithm: .ES256))
    }

    @Test func `by EdDSA is that of RFC 8037 Appendix A.4 and A.5`() throws {
        let parsed = try JWS.parse(PublishedKeys.edDSAToken)
        #expect(parsed.payload == utf8("Example of Ed25519 signing"))
        #expect(parsed.isSigned(by: try JWK(json: PublishedKeys.publicHalf(PublishedKeys.ed25519))))
        let key = try SigningKey(jwk: PublishedKeys.ed25519, algorithm: .EdDSA)
        #expect(try key.sign(parsed.signingInput) == parsed.signature)
    }

    @Test func `by SM2 is that of GM/T 0003.5 with the identifier 1234567812345678`() throws {
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.sm2))
        #expect(key.verify(signature: PublishedKeys.sm2Signature, message: utf8("message digest"), algorithm: .SM2))
        #expect(!key.verify(signature: PublishedKeys.sm2Signature, message: utf8("message digesT"), algorithm: .SM2))
        let own = try SigningKey(jwk: PublishedKeys.sm2, algorithm: .SM2)
        let signature = try own.sign(utf8("x"))
        #expect(signature.count == 64)
        #expect(key.verify(signature: signature, message: utf8("x"), algorithm: .SM2))
    }

    @Test(arguments: SignatureAlgorithm.allCases) func `is made and proved by each algorithm`(
        algorithm: SignatureAlgorithm
    ) throws {
        let key = try SigningKey.generate(algorithm, kid: "k1")
        let token = try JWS.sign(type: "at+jwt", payload: utf8(#"{"sub":"a"}"#), key: key)
        let parsed = try JWS.parse(token)
        #expect(parsed.header == ["typ": "at+jwt", "alg": .string(algorithm.rawValue), "kid": "k1"])
        #expect(parsed.type == "at+jwt")
        #expect(parsed.kid == "k1")
        #expect(parsed.claims?["sub"]?.string == "a")
        let published = try JWK(json: key.publicJWK.json)
        #expect(published == key.publicJWK)
        #expect(parsed.isSigned(by: published))
        #expect(parsed.isSigned(byOneOf: JWKSet([published])))
        #expect(try !JWS.parse(JWS.sign(type: nil, payload: [], key: key)).header.serialized.contains("typ"))
    }

    @Test(arguments: SignatureAlgorithm.allCases) func `is not believed when a single bit has changed`(
        algorithm: SignatureAlgorithm
    ) throws {
        let key = try SigningKey.generate(algorithm)
        let message = utf8("the message")
        let signature = try key.sign(message)
        #expect(key.publicJWK.verify(signature: signature, message: message, algorithm: algorithm))
        for position in signature.indices where position % 5 == 0 || position > signature.count - 3 {
            var altered = signature
            altered[position] ^= 0x10
            #expect(!key.publicJWK.verify(signature: altered, message: message, algorithm: algorithm))
        }
        for count in [0, 1, 63, signature.count - 1] {
            #expect(
                !key.publicJWK.verify(signature: Array(signature.prefix(count)), message: message, algorithm: algorithm)
            )
        }
        #expect(!key.publicJWK.verify(signature: signature + [0], message: message, algorithm: algorithm))
        #expect(!key.publicJWK.verify(signature: [0] + signature, message: message, algorithm: algorithm))
        #expect(!key.publicJWK.verify(signature: signature, message: message + [0], algorithm: algorithm))
        let zero = [UInt8](repeating: 0, count: signature.count)
        #expect(!key.publicJWK.verify(signature: zero, message: message, algorithm: algorithm))
        let ones = [UInt8](repeating: 0xFF, count: signature.count)
        #expect(!key.publicJWK.verify(signature: ones, message: message, algorithm: algorithm))
        #expect(key.publicJWK.verify(signature: signature, message: message, algorithm: algorithm))
    }

    @Test func `verifies by no algorithm but that of the key (RFC 8725 §3.1)`() throws {
        let keys = try SignatureAlgorithm.allCases.map { try SigningKey.generate($0) }
        let message = utf8("m")
        for key in keys {
            let signature = try key.sign(message)
            let anyAlgorithm = try JWK(json: PublishedKeys.publicHalf(without("alg", key.publicJWK.json)))
            for algorithm in SignatureAlgorithm.allCases where algorithm != key.algorithm {
                #expect(!key.publicJWK.verify(signature: signature, message: message, algorithm: algorithm))
                #expect(!anyAlgorithm.verify(signature: signature, message: message, algorithm: algorithm))
            }
            #expect(anyAlgorithm.verify(signature: signature, message: message, algorithm: key.algorithm))
        }
    }

    @Test func `without alg in the key an RSA key verifies both of its algorithms, each by itself`() throws {
        let key = try SigningKey(jwk: PublishedKeys.rsa, algorithm: .PS256)
        let open = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.rsa))
        #expect(open.algorithms == [.RS256, .PS256])
        let signature = try key.sign([1])
        #expect(open.verify(signature: signature, message: [1], algorithm: .PS256))
        #expect(!open.verify(signature: signature, message: [1], algorithm: .RS256))
        #expect(key.publicJWK.algorithms == [.PS256])
    }

    @Test(arguments: ["none", "None", "NONE", "", "HS256", "RS384", "rs256", "ES256K", "RS256 "])
    func `with an algorithm that is not ours is signed by nobody`(alg: String) throws {
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.rsa))
        let header = Base64URL.encode(JSON.object([("alg", .string(alg))]).bytes)
        let body = header + "." + Base64URL.encode(utf8(PublishedKeys.payload))
        for signature in ["", Base64URL.encode(try JWS.parse(PublishedKeys.rs256Token).signature)] {
            let parsed = try JWS.parse(body + "." + signature)
            #expect(parsed.algorithm == nil)
            #expect(!parsed.isSigned(by: key))
            #expect(!parsed.isSigned(byOneOf: JWKSet([key])))
        }
    }

    @Test func `by HS256 with a public key as the secret proves nothing to the public key`() throws {
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.rsa))
        let body = Base64URL.encode(utf8(#"{"alg":"HS256"}"#)) + "." + Base64URL.encode(utf8("{}"))
        let code = HMAC.sha256(key: key.json.bytes, utf8(body))
        let parsed = try JWS.parse(body + "." + Base64URL.encode(code))
        #expect(!parsed.isSigned(by: key))
    }

    @Test func `by HS256 is proved by a shared secret of at least 32 bytes (RFC 7518 §3.2)`() throws {
        let secret = Random.bytes(32)
        let body = Base64URL.encode(utf8(#"{"alg":"HS256"}"#)) + "." + Base64URL.encode(utf8("{}"))
        let parsed = try JWS.parse(body + "." + Base64URL.encode(HMAC.sha256(key: secret, utf8(body))))
        #expect(parsed.isAuthenticatedHS256(secret: Secret(secret)))
        #expect(!parsed.isAuthenticatedHS256(secret: Secret(Random.bytes(32))))
        let weak = Array(secret.prefix(31))
        let weakly = try JWS.parse(body + "." + Base64URL.encode(HMAC.sha256(key: weak, utf8(body))))
        #expect(!weakly.isAuthenticatedHS256(secret: Secret(weak)))
        let other = try JWS.parse(PublishedKeys.rs256Token)
        #expect(!other.isAuthenticatedHS256(secret: Secret(secret)))
    }

    @Test(arguments: [
        "", ".", "..", "...", "a.b", "a.b.c.d", "eyJhbGciOiJFUzI1NiJ9..=", "eyJhbGciOiJFUzI1NiJ9. .", "e30.e30.",
        "W10.e30.", "MQ.e30.", "eyJhbGciOiJFUzI1NiIsImFsZyI6Im5vbmUifQ.e30.", "eyJhbGciOjF9.e30.",
        "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.", "eyJhbGciOiJFUzI1NiIsInR5cCI6W119.e30.",
        "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.", "eyJhbGciOiJFUzI1NiJ9.e30.\u{E9}",
        "eyJhbGciOiJFUzI1NiJ9\n.e30.",
    ]) func `is refused when its form is wrong`(text: String) {
        #expect(throws: CryptographyError.self) { try JWS.parse(text) }
    }

    @Test func `is refused beyond the limit of its size`() throws {
        let token = "eyJhbGciOiJFUzI1NiJ9." + String(repeating: "A", count: 20_000) + "."
        #expect(throws: CryptographyError.malformedJWS("longer than 16384 bytes")) { try JWS.parse(token) }
        _ = try JWS.parse(token, limit: 30_000)
        #expect(throws: CryptographyError.self) {
            try JWS.parse(PublishedKeys.es256Token, limit: PublishedKeys.es256Token.utf8.count - 1)
        }
    }

    private func without(_ name: String, _ json: JSON) -> JSON {
        guard var members = json.object else { return json }
        members[name] = nil
        return .object(members)
    }
}
