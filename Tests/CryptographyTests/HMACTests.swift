import Cryptography
import Testing

@Suite struct `A message authentication code` {
    static let vectors: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            .init(repeating: 0x0B, count: 20), utf8("Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            utf8("Jefe"), utf8("what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            .init(repeating: 0xAA, count: 20), .init(repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), .init(repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            .init(repeating: 0xAA, count: 131), utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            .init(repeating: 0xAA, count: 131),
            utf8(
                "This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm."
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: vectors.indices) func `is HMAC-SHA-256 as in RFC 4231 §4`(index: Int) {
        let vector = Self.vectors[index]
        #expect(Hexadecimal.encode(HMAC.sha256(key: vector.key, vector.message)) == vector.code)
    }

    @Test func `is HMAC-SM3 as OpenSSL's command line computes it`() {
        #expect(
            Hexadecimal.encode(HMAC.sm3(key: utf8("key"), utf8("The quick brown fox jumps over the lazy dog")))
                == "bd4a34077888162b210645b8ebf74b9af357303789357a27c7fc457244ebd398"
        )
        #expect(
            Hexadecimal.encode(HMAC.sm3(key: utf8("key"), utf8("abc")))
                == "28e63256e7c5a087b1f073265dc53092163f7b82729735d06f28f10af9d52393"
        )
    }

    @Test func `under an empty key does not go on with the key of the call before`() {
        _ = HMAC.sha256(key: utf8("another key"), utf8("text"))
        #expect(
            Hexadecimal.encode(HMAC.sha256(key: [], []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        )
    }

    @Test func `is valid only whole, for its message and its key`() {
        let code = HMAC.sha256(key: utf8("k"), utf8("m"))
        #expect(HMAC.isValidSHA256(code, key: utf8("k"), utf8("m")))
        #expect(!HMAC.isValidSHA256(code, key: utf8("l"), utf8("m")))
        #expect(!HMAC.isValidSHA256(code, key: utf8("k"), utf8("n")))
        #expect(!HMAC.isValidSHA256(Array(code.dropLast()), key: utf8("k"), utf8("m")))
        #expect(!HMAC.isValidSHA256([], key: utf8("k"), utf8("m")))
    }
}

@Suite struct `Key derivation` {
    @Test func `is HKDF-SHA-256 as in RFC 5869 Appendix A`() throws {
        let first = HKDF.sha256(
            secret: [UInt8](repeating: 0x0B, count: 22),
            salt: Array(0...12),
            info: Array(0xF0...0xF9),
            count: 42
        )
        #expect(
            Hexadecimal.encode(first)
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
        let second = HKDF.sha256(
            secret: Array(0x00...0x4F),
            salt: Array(0x60...0xAF),
            info: Array(0xB0...0xFF),
            count: 82
        )
        #expect(
            Hexadecimal.encode(second)
                == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        )
        let third = HKDF.sha256(secret: [UInt8](repeating: 0x0B, count: 22), salt: [], info: [], count: 42)
        #expect(
            Hexadecimal.encode(third)
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    @Test func `keeps the bounds of its size`() {
        #expect(HKDF.sha256(secret: [1], salt: [], info: [], count: 0).count == 1)
        #expect(HKDF.sha256(secret: [1], salt: [], info: [], count: 8160).count == 8160)
        #expect(HKDF.sha256(secret: [1], salt: [], info: [], count: 100_000).count == 8160)
    }
}
