import Testing

@testable import Cryptography

/// Damaged input of every kind: it is refused or read, it never ends the process, and what is read is consistent.
@Suite struct `Damaged input` {
    @Test func `as JSON is refused or says the same after writing and reading`() throws {
        let seeds = [
            #"{"alg":"ES256","kid":"k","n":[1,-2.5e-3,true,false,null,{"a":"\u00e9\ud83d\ude00"}],"s":"é中😀"}"#,
            #"[[[[["deep",{"x":[{}]}]]]],12345678901234567890,"\\\"\/\b"]"#,
        ]
        var read = 0
        for (index, seed) in seeds.enumerated() {
            for bytes in mutations(of: utf8(seed), seed: UInt64(index + 1), count: 20_000) {
                guard let json = try? JSON(parsing: bytes) else { continue }
                read += 1
                #expect(try JSON(parsing: json.bytes) == json)
            }
        }
        #expect(read > 100)
    }

    @Test func `as a token is never believed`() throws {
        let key = try JWK(json: PublishedKeys.publicHalf(PublishedKeys.p256))
        let original = try JWS.parse(PublishedKeys.es256Token)
        for bytes in mutations(of: utf8(PublishedKeys.es256Token), seed: 5, count: 5000) {
            guard let text = String(validating: bytes, as: UTF8.self), let parsed = try? JWS.parse(text) else {
                continue
            }
            if parsed != original { #expect(!parsed.isSigned(by: key)) }
        }
    }

    @Test(arguments: [PublishedKeys.rsa, PublishedKeys.p256, PublishedKeys.ed25519, PublishedKeys.sm2])
    func `as a key is refused or written as it was read`(json: JSON) throws {
        let published = PublishedKeys.publicHalf(json)
        for bytes in mutations(of: published.bytes, seed: 6, count: 3000) {
            guard let json = try? JSON(parsing: bytes), let key = try? JWK(json: json) else { continue }
            #expect(try JWK(json: key.json) == key)
            #expect(!key.verify(signature: PublishedKeys.sm2Signature, message: bytes, algorithm: .ES256))
        }
        for bytes in mutations(of: json.bytes, seed: 7, count: 300) {
            guard let json = try? JSON(parsing: bytes) else { continue }
            for algorithm in SignatureAlgorithm.allCases { _ = try? SigningKey(jwk: json, algorithm: algorithm) }
        }
    }

    @Test func `as a password record is refused or written as it was read`() throws {
        let text =
            "$argon2id$v=19$m=19456,t=2,p=1,keyid=MTI$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8"
        var read = 0
        for bytes in mutations(of: utf8(text), seed: 8, count: 20_000) {
            guard let text = String(validating: bytes, as: UTF8.self), let record = PasswordRecord(text) else {
                continue
            }
            read += 1
            #expect(record.text == text)
        }
        #expect(read > 100)
    }

    @Test func `as a private key file is refused or is the same key`() throws {
        for algorithm in [SignatureAlgorithm.ES256, .EdDSA, .SM2] {
            let key = try SigningKey.generate(algorithm, kid: "k")
            let plain = try key.pem(passphrase: nil).reveal()
            for bytes in mutations(of: plain, seed: 9, count: 400) {
                if let read = try? SigningKey(pem: bytes, algorithm: algorithm, kid: "k") {
                    let signature = try read.sign([1])
                    #expect(read.publicJWK.verify(signature: signature, message: [1], algorithm: algorithm))
                }
            }
        }
        let passphrase = Secret(utf8("p"))
        let sealed = try SigningKey.generate(.ES256).pem(passphrase: passphrase).reveal()
        for bytes in mutations(of: sealed, seed: 10, count: 10).suffix(40) {
            _ = try? SigningKey(pem: bytes, passphrase: passphrase, algorithm: .ES256)
        }
    }

    @Test func `as the list of keys or as secrets is refused or read`() throws {
        var manifest = KeyManifest()
        for state in KeyState.allCases {
            let key = try SigningKey.generate(.ES256)
            manifest.keys.append(KeyRecord(key, state: state, createdAt: noon, activatedAt: noon))
        }
        manifest.removed = ["a", "b"]
        #expect(try KeyManifest(manifest.bytes, path: "f") == manifest)
        for bytes in mutations(of: manifest.bytes, seed: 11, count: 3000) {
            guard let read = try? KeyManifest(bytes, path: "f") else { continue }
            #expect(try KeyManifest(read.bytes, path: "f") == read)
        }
        let secrets = try SecretsFile.encode(.generate(), passphrase: nil)
        for bytes in mutations(of: secrets, seed: 12, count: 3000) {
            guard let read = try? SecretsFile.decode(bytes, passphrase: nil, path: "f") else { continue }
            #expect(read.kek.current.reveal().count == 32)
        }
    }
}
