import Cryptography
import Testing

@Suite struct `Base64url` {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ]) func `encodes the examples of RFC 4648 §10 without padding`(text: String, encoded: String) {
        #expect(Base64URL.encode(utf8(text)) == encoded)
        #expect(Base64URL.decode(encoded) == utf8(text))
    }

    @Test func `uses the alphabet of RFC 4648 §5`() {
        #expect(Base64URL.encode([0xFB, 0xFF, 0xFE]) == "-__-")
        #expect(Base64URL.decode("-__-") == [0xFB, 0xFF, 0xFE])
        #expect(Base64URL.encode([3, 236, 255, 224, 193]) == "A-z_4ME")
    }

    @Test func `gives back every byte at every length`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, padded: false), padded: false) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zm9vY", "Zg==", "Zm8=", "Zm9v=", "Zh", "Zm9", "Zm9vYh", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "Zm9v\0", "é",
        "Zm9\u{FF56}", "-__=",
    ]) func `refuses what it would not have written`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `has one text for each byte string`() {
        var sequence = Sequence64(seed: 7)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .".utf8)
        for _ in 0..<20_000 {
            let text = (0..<sequence.below(9)).map { _ in alphabet[sequence.below(alphabet.count)] }
            guard let bytes = Base64URL.decode(text) else { continue }
            #expect(Array(Base64URL.encode(bytes).utf8) == text)
        }
    }

    @Test func `is standard base64 with padding where that is asked for`() {
        #expect(Base64.encode(utf8("fooba")) == "Zm9vYmE=")
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.decode("Zg==") == utf8("f"))
        for text in ["Zg", "Zg=", "Zg===", "Zh==", "=", "====", "Zm9v====", "Z===", "Zg==Zg==", "-_8="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        #expect(Base64.decode("Zg==", padded: false) == nil)
    }
}

@Suite struct `Hexadecimal text` {
    @Test func `is two digits a byte and nothing else`() {
        #expect(Hexadecimal.encode([0, 15, 255]) == "000fff")
        #expect(Hexadecimal.decode("000FfF") == [0, 15, 255])
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0g") == nil)
        #expect(Hexadecimal.decode("") == [])
    }
}
