import Testing

@testable import Cryptography

@Suite struct `A JSON Web Key` {
    static let modulus7638 = """
        0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst\
        n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr\
        n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw
        """

    @Test func `has the thumbprint of RFC 7638 §3.1`() throws {
        let key = try JWK(json: [
            "kty": "RSA", "n": .string(Self.modulus7638), "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        ])
        #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(key.kid == "2011-04-29")
        #expect(key.algorithms == [.RS256])
    }

    @Test func `has the thumbprint of RFC 8037 Appendix A.3`() throws {
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.ed25519))
        #expect(key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test(arguments: [PublishedKeys.rsa, PublishedKeys.p256, PublishedKeys.ed25519, PublishedKeys.sm2])
    func `is written as it was read, without anything private`(json: JSON) throws {
        let published = PublishedKeys.publicHalf(json)
        #expect(try JWK(json: published).json == published)
        let signing = try SigningKey(jwk: json, algorithm: JWK(json: published).algorithms[0])
        let names = signing.publicJWK.json.object?.names ?? []
        #expect(!names.isEmpty && Set(names).isDisjoint(with: ["d", "p", "q", "dp", "dq", "qi"]))
        #expect(signing.publicJWK.material == (try JWK(json: published)).material)
        #expect(signing.kid == signing.publicJWK.thumbprint)
    }

    @Test(arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
    func `with a private member is refused as a public key`(name: String) {
        let json = changed(PublishedKeys.publicHalf(PublishedKeys.p256), name, "AAAA")
        #expect(throws: CryptographyError.malformedKey("carries the private member \(name)")) { try JWK(json: json) }
    }

    @Test(
        arguments: [
            ("kty", nil), ("kty", "oct"), ("kty", "ec"), ("kty", 1), ("crv", nil), ("crv", "P-384"),
            ("crv", "secp256k1"),
            ("x", nil), ("x", ""), ("x", "AAAA"), ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU="),
            ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV"), ("x", "AH_NzidwtsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF"),
            ("y", nil), ("y", 5), ("kid", 1), ("kid", .string(String(repeating: "k", count: 257))), ("alg", 1),
            ("use", []),
            ("key_ops", ["sign"]), ("key_ops", "verify"), ("key_ops", []),
        ] as [(String, JSON?)]
    ) func `on a curve is refused when a member is missing or wrong`(name: String, value: JSON?) {
        let json = changed(PublishedKeys.publicHalf(PublishedKeys.p256), name, value)
        #expect(throws: CryptographyError.self) { try JWK(json: json) }
    }

    @Test func `is refused when the point is not on the curve`() throws {
        let zero = Base64URL.encode([UInt8](repeating: 0, count: 32))
        let large = Base64URL.encode([UInt8](repeating: 0xFF, count: 32))
        for base in [PublishedKeys.p256, PublishedKeys.sm2].map(PublishedKeys.publicHalf) {
            var y = try #require(base["y"]?.string.flatMap { Base64URL.decode($0) })
            y[31] ^= 1
            for (name, value) in [("y", Base64URL.encode(y)), ("x", zero), ("y", zero), ("x", large), ("y", large)] {
                #expect(throws: CryptographyError.malformedKey("the point is not on the curve")) {
                    try JWK(json: changed(base, name, .string(value)))
                }
            }
            #expect(throws: CryptographyError.self) {
                try JWK(json: changed(changed(base, "x", .string(zero)), "y", .string(zero)))
            }
        }
        // A point of P-256 is none of the SM2 curve.
        #expect(throws: CryptographyError.self) {
            try JWK(json: changed(PublishedKeys.publicHalf(PublishedKeys.p256), "crv", "SM2"))
        }
    }

    @Test func `for Ed25519 is refused off the curve, of small order, or not in canonical form`() throws {
        let y = try hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        #expect(Edwards25519.isAcceptable(y))
        let refused = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "0200000000000000000000000000000000000000000000000000000000000000",
        ]
        for text in refused {
            let x = Base64URL.encode(try hex(text))
            #expect(throws: CryptographyError.malformedKey("the point is not on the curve"), "\(text)") {
                try JWK(json: ["kty": "OKP", "crv": "Ed25519", "x": .string(x)])
            }
        }
        for _ in 0..<20 { _ = try JWK(json: SigningKey.generate(.EdDSA).publicJWK.json) }
        var accepted = 0
        for seed in 0..<200 {
            var bytes = Digest.sha256([UInt8(seed)])
            bytes[31] &= 0x7F
            accepted += Edwards25519.isAcceptable(bytes) ? 1 : 0
        }
        // About half of all numbers are the y of a point.
        #expect((60...140).contains(accepted))
    }

    @Test func `for RSA is refused when too small, too large, even or with a bad exponent`() throws {
        let base = PublishedKeys.publicHalf(PublishedKeys.rsa)
        let modulus = try #require(base["n"]?.string.flatMap { Base64URL.decode($0) })
        var even = modulus
        even[255] &= 0xFE
        var short = modulus
        short[0] = 0x7F
        let moduli = [
            Array(modulus.dropFirst()), [0] + modulus, even, short, [], [0x80] + [UInt8](repeating: 1, count: 1024),
            Array(modulus.prefix(64)),
        ]
        for bytes in moduli {
            #expect(throws: CryptographyError.self) {
                try JWK(json: changed(base, "n", .string(Base64URL.encode(bytes))))
            }
        }
        _ = try JWK(json: changed(base, "n", .string(Base64URL.encode([0xFF] + [UInt8](repeating: 1, count: 1023)))))
        for bytes in [[], [0], [1], [2], [4], [0, 3], [1, 0, 0, 0, 1], [UInt8](repeating: 0xFF, count: 256)] {
            #expect(throws: CryptographyError.self) {
                try JWK(json: changed(base, "e", .string(Base64URL.encode(bytes))))
            }
        }
        for bytes in [[3], [17], [1, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            _ = try JWK(json: changed(base, "e", .string(Base64URL.encode(bytes))))
        }
        #expect(throws: CryptographyError.self) { try SigningKey.generate(.RS256, rsaBits: 1024) }
        #expect(throws: CryptographyError.self) { try SigningKey.generate(.RS256, rsaBits: 16_384) }
    }

    @Test func `for encryption, or for another algorithm, verifies nothing`() throws {
        let parsed = try JWS.parse(PublishedKeys.es256Token)
        let base = PublishedKeys.publicHalf(PublishedKeys.p256)
        #expect(parsed.isSigned(by: try JWK(json: base)))
        for (name, value) in [("use", "enc"), ("alg", "ECDH-ES"), ("alg", "ES384")] {
            let key = try JWK(json: changed(base, name, .string(value)))
            #expect(key.algorithms.isEmpty)
            #expect(!parsed.isSigned(by: key))
        }
        #expect(parsed.isSigned(by: try JWK(json: changed(base, "key_ops", ["verify"]))))
        #expect(parsed.isSigned(by: try JWK(json: changed(base, "x5c", ["ignored"]))))
    }

    @Test func `with halves of two keys is refused as a signing key`() throws {
        let other = try SigningKey.generate(.ES256).publicJWK.json
        let mixed = changed(changed(PublishedKeys.p256, "x", other["x"]), "y", other["y"])
        #expect(throws: CryptographyError.self) { try SigningKey(jwk: mixed, algorithm: .ES256) }
        let edwards = changed(PublishedKeys.ed25519, "x", try SigningKey.generate(.EdDSA).publicJWK.json["x"])
        #expect(throws: CryptographyError.self) { try SigningKey(jwk: edwards, algorithm: .EdDSA) }
        let rsa = changed(PublishedKeys.rsa, "n", .string(Self.modulus7638))
        #expect(throws: CryptographyError.self) { try SigningKey(jwk: rsa, algorithm: .RS256) }
        #expect(throws: CryptographyError.algorithmMismatch) {
            try SigningKey(jwk: PublishedKeys.p256, algorithm: .RS256)
        }
        #expect(throws: CryptographyError.self) {
            try SigningKey(jwk: PublishedKeys.publicHalf(PublishedKeys.p256), algorithm: .ES256)
        }
    }

    private func changed(_ json: JSON, _ name: String, _ value: JSON?) -> JSON {
        guard var members = json.object else { return json }
        members[name] = value
        return .object(members)
    }
}

@Suite struct `A JWK set` {
    @Test func `leaves out what it cannot use (RFC 7517 §5) and keeps the order`() throws {
        let es = PublishedKeys.publicHalf(PublishedKeys.p256)
        let ed = PublishedKeys.publicHalf(PublishedKeys.ed25519)
        let set = try JWKSet(json: [
            "keys": [["kty": "oct", "k": "AAAA"], es, ["kty": "EC", "crv": "P-521"], PublishedKeys.p256, ed, [:]]
        ])
        #expect(set.keys.map(\.json) == [es, ed])
        #expect(try JWKSet(json: set.json) == set)
    }

    @Test func `is refused without an array of objects, or with too many`() {
        let wrong: [JSON] = [nil, [], [:], ["keys": nil], ["keys": [:]], ["keys": [1]], ["keys": "x"]]
        for json in wrong { #expect(throws: CryptographyError.self) { try JWKSet(json: json) } }
        let many = JSON.array([JSON](repeating: [:], count: JWKSet.largest + 1))
        #expect(throws: CryptographyError.self) { try JWKSet(json: ["keys": many]) }
    }

    @Test func `finds candidates by kid and algorithm`() throws {
        let keys = [
            try SigningKey.generate(.ES256, kid: "a"), try SigningKey.generate(.ES256, kid: "b"),
            try SigningKey.generate(.EdDSA, kid: "a"),
        ]
        let set = JWKSet(keys.map(\.publicJWK))
        #expect(set.candidates(kid: "a", algorithm: .ES256) == [keys[0].publicJWK])
        #expect(set.candidates(kid: nil, algorithm: .ES256).count == 2)
        #expect(set.candidates(kid: "c", algorithm: .ES256).isEmpty)
        #expect(set.candidates(kid: "a", algorithm: .RS256).isEmpty)
        let token = try JWS.parse(JWS.sign(type: nil, payload: [], key: keys[1]))
        #expect(token.isSigned(byOneOf: set))
        #expect(!token.isSigned(byOneOf: JWKSet([keys[0].publicJWK])))
    }
}

@Suite struct `An elliptic signature` {
    @Test func `goes from DER to r and s and back`() throws {
        var sequence = Sequence64(seed: 3)
        for round in 0..<2000 {
            var raw = (0..<64).map { _ in UInt8(truncatingIfNeeded: sequence.next()) }
            for index in 0..<(round % 34) { raw[index] = 0 }
            for index in 0..<(round % 31) { raw[32 + index] = 0 }
            let der = try #require(ECSignature.der(raw: raw))
            #expect(ECSignature.raw(der: der) == raw)
        }
    }

    @Test func `in DER is refused when cut, longer than 256 bits a number, or something else`() throws {
        let der = try #require(ECSignature.der(raw: [UInt8](repeating: 0xFE, count: 64)))
        #expect(der.count == 72)
        for count in 0..<der.count { #expect(ECSignature.raw(der: Array(der[..<count])) == nil) }
        for bytes in mutations(of: der, seed: 11, count: 5000) {
            if let raw = ECSignature.raw(der: bytes) { #expect(raw.count == 64) }
        }
        #expect(ECSignature.der(raw: [UInt8](repeating: 1, count: 63)) == nil)
        #expect(ECSignature.der(raw: [UInt8](repeating: 1, count: 65)) == nil)
    }
}
