import Testing

@testable import Cryptography

@Suite struct `Authenticated encryption` {
    @Test func `is AES-256-GCM as in the test cases 13, 14 and 16 of the GCM specification`() throws {
        let zeroKey = [UInt8](repeating: 0, count: 32)
        let zeroNonce = [UInt8](repeating: 0, count: 12)
        let empty = try AESGCM.seal([], key: zeroKey, nonce: zeroNonce, aad: [])
        #expect(Hexadecimal.encode(Array(empty[12...])) == "530f8afbc74536b9a963b4f1c4cb738b")
        let block = try AESGCM.seal([UInt8](repeating: 0, count: 16), key: zeroKey, nonce: zeroNonce, aad: [])
        #expect(
            Hexadecimal.encode(Array(block[12...]))
                == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        )
        let sealed = try AESGCM.seal(
            hex(
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                    + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
            ),
            key: hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
            nonce: hex("cafebabefacedbaddecaf888"),
            aad: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        )
        #expect(
            Hexadecimal.encode(Array(sealed[12...]))
                == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        )
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000]) func `gives back what was sealed`(count: Int) throws {
        let key = Random.bytes(32)
        let plain = Random.bytes(count)
        let sealed = try AESGCM.seal(plain, key: key, aad: utf8("table|column|row"))
        #expect(sealed.count == count + AESGCM.overhead)
        #expect(try AESGCM.open(sealed, key: key, aad: utf8("table|column|row")) == plain)
    }

    @Test func `never repeats a nonce`() throws {
        let key = Random.bytes(32)
        let nonces = try (0..<500).map { _ in Array(try AESGCM.seal([1], key: key).prefix(12)) }
        #expect(Set(nonces).count == 500)
    }

    @Test func `opens nothing that was altered, cut, moved or sealed with another key`() throws {
        let key = Random.bytes(32)
        let sealed = try AESGCM.seal(utf8("card 6222"), key: key, aad: utf8("row 1"))
        for position in sealed.indices {
            var altered = sealed
            altered[position] ^= 1
            #expect(throws: CryptographyError.authenticationFailed) {
                try AESGCM.open(altered, key: key, aad: utf8("row 1"))
            }
            #expect(throws: CryptographyError.authenticationFailed) {
                try AESGCM.open(Array(sealed[..<position]), key: key, aad: utf8("row 1"))
            }
        }
        #expect(throws: CryptographyError.authenticationFailed) {
            try AESGCM.open(sealed, key: key, aad: utf8("row 2"))
        }
        #expect(throws: CryptographyError.authenticationFailed) {
            try AESGCM.open(sealed, key: Random.bytes(32), aad: utf8("row 1"))
        }
        // After failures the contexts still work.
        #expect(try AESGCM.open(sealed, key: key, aad: utf8("row 1")) == utf8("card 6222"))
    }

    @Test(arguments: [0, 16, 31, 33]) func `wants a key of 32 bytes`(count: Int) {
        let key = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptographyError.wrongLength("an AES-256 key has 32 bytes")) { try AESGCM.seal([1], key: key) }
        #expect(throws: CryptographyError.wrongLength("an AES-256 key has 32 bytes")) {
            try AESGCM.open([UInt8](repeating: 0, count: 40), key: key)
        }
    }
}
