import Cryptography
import Testing

@Suite struct `A digest` {
    @Test func `is SHA-2 as in the examples of FIPS 180-4`() {
        #expect(
            Hexadecimal.encode(Digest.sha256(utf8("abc")))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            Hexadecimal.encode(Digest.sha256(utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        )
        #expect(
            Hexadecimal.encode(Digest.sha384(utf8("abc")))
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        )
        #expect(
            Hexadecimal.encode(Digest.sha512(utf8("abc")))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
    }

    @Test func `is SM3 as in the examples of GB/T 32905`() {
        #expect(
            Hexadecimal.encode(Digest.sm3(utf8("abc")))
                == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        )
        #expect(
            Hexadecimal.encode(Digest.sm3(utf8(String(repeating: "abcd", count: 16))))
                == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        )
    }

    @Test func `of nothing, of a slice and of a sequence without storage is right`() {
        #expect(
            Hexadecimal.encode(Digest.sha256([UInt8]()))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        let text = utf8("xxabcxx")
        #expect(Digest.sha256(text[2..<5]) == Digest.sha256(utf8("abc")))
        #expect(Digest.sha256(utf8("cba").reversed() as ReversedCollection<[UInt8]>) == Digest.sha256(utf8("abc")))
        #expect(Digest.sha256("abc".utf8) == Digest.sha256(utf8("abc")))
    }

    @Test func `is the same from many tasks at once`() async {
        let expected = (0..<64).map { Digest.sha256([UInt8](repeating: UInt8($0), count: 100)) }
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<64).allSatisfy { index in
                        let byte = (index + task * 7) % 64
                        return Digest.sha256([UInt8](repeating: UInt8(byte), count: 100)) == expected[byte]
                    }
                }
            }
            for await right in group { #expect(right) }
        }
    }
}

@Suite struct `Random bytes` {
    @Test func `have the wanted count and do not repeat`() {
        #expect(Random.bytes(0).isEmpty)
        #expect(Random.bytes(-1).isEmpty)
        #expect(Random.bytes(33).count == 33)
        let values = Set((0..<1000).map { _ in Random.bytes(16) })
        #expect(values.count == 1000)
    }
}

@Suite struct `A comparison in constant time` {
    @Test func `tells equal from different in content or length`() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.equal([], [0]))
    }

    @Test func `SHA-1 and MD5 of abc are as published (FIPS 180-4, RFC 1321)`() {
        #expect(Hexadecimal.encode(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Hexadecimal.encode(Digest.md5(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
    }
}
