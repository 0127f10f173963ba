import FoundationEssentials
import JWTKit
import Testing

@testable import Cryptography

/// jwt-kit stands on BoringSSL and knows nothing of this product.
@Suite struct `An independent verifier` {
    struct Claims: JWTPayload, Equatable {
        var sub: String
        var exp: ExpirationClaim

        func verify(using algorithm: some JWTAlgorithm) throws { try exp.verifyNotExpired() }
    }

    static let payload = utf8(#"{"sub":"citizen","exp":4102444800}"#)
    static let international: [SignatureAlgorithm] = [.RS256, .PS256, .ES256, .EdDSA]

    @Test(arguments: international) func `accepts our tokens by our published set, and not an altered one`(
        algorithm: SignatureAlgorithm
    ) async throws {
        let keys = try Self.international.map { try Cryptography.SigningKey.generate($0) }
        let ring = KeyRing(keys: keys.map { ($0, KeyState.current) })
        let token = try JWS.sign(type: "JWT", payload: Self.payload, key: ring.current(for: algorithm))
        let verifier = JWTKeyCollection()
        try await verifier.add(jwksJSON: ring.published.json.serialized)
        let claims = try await verifier.verify(token, as: Claims.self)
        #expect(claims.sub == "citizen")
        let parts = token.split(separator: ".")
        let forged = "\(parts[0]).\(Base64URL.encode(utf8(#"{"sub":"another","exp":4102444800}"#))).\(parts[2])"
        await #expect(throws: (any Error).self) { try await verifier.verify(forged, as: Claims.self) }
    }

    @Test func `makes tokens that we accept`() async throws {
        let es256 = try Cryptography.SigningKey.generate(.ES256, kid: "es")
        let rsa = try Cryptography.SigningKey.generate(.RS256, kid: "rs")
        let ed = PublishedKeys.ed25519
        let signer = JWTKeyCollection()
        let pem = String(decoding: try es256.pem(passphrase: nil).reveal(), as: UTF8.self)
        await signer.add(ecdsa: try ES256PrivateKey(pem: pem), kid: "es")
        let rsaPEM = String(decoding: try rsa.pem(passphrase: nil).reveal(), as: UTF8.self)
        await signer.add(rsa: try Insecure.RSA.PrivateKey(pem: rsaPEM), digestAlgorithm: .sha256, kid: "rs")
        let seed = try #require(ed["d"]?.string)
        await signer.add(eddsa: try EdDSA.PrivateKey(d: seed, curve: .ed25519), kid: "ed")
        let set = JWKSet([
            es256.publicJWK, rsa.publicJWK, try SigningKey(jwk: ed, algorithm: .EdDSA, kid: "ed").publicJWK,
        ])
        for kid in ["es", "rs", "ed"] {
            let claims = Claims(sub: "x", exp: .init(value: .distantFuture))
            let token = try await signer.sign(claims, kid: .init(string: kid))
            let parsed = try JWS.parse(token)
            #expect(parsed.isSigned(byOneOf: set))
            #expect(parsed.claims?["sub"]?.string == "x")
        }
    }

    @Test func `gives up on a set with an SM2 key, which is why private profiles can be left out`() async throws {
        let keys = try [SignatureAlgorithm.ES256, .SM2].map { try Cryptography.SigningKey.generate($0) }
        let set = JWKSet(keys.map(\.publicJWK))
        let verifier = JWTKeyCollection()
        await #expect(throws: (any Error).self) { try await verifier.add(jwksJSON: set.json.serialized) }
        let published = set.restricted(to: Self.international)
        #expect(published.keys == [keys[0].publicJWK])
        try await verifier.add(jwksJSON: published.json.serialized)
    }
}
