import OAuth
import Testing

@Suite struct `Request parameters` {
    @Test func `names and values are decoded as RFC 6749 Appendix B says`() throws {
        let parameters = try Parameters(query: "a=%20%25%26%2B%C2%A3%E2%82%AC&b+c=d+e&%66=1=2")
        #expect(try parameters.value("a") == " %&+£€")
        #expect(try parameters.value("b c") == "d e")
        #expect(try parameters.value("f") == "1=2")
    }

    @Test func `a parameter without a value counts as not sent (RFC 6749 §3.1)`() throws {
        let parameters = try Parameters(query: "a=&b&&c=1&")
        #expect(try parameters.value("a") == nil)
        #expect(parameters.occurrence(of: "b") == .absent)
        #expect(try parameters.value("c") == "1")
        #expect(throws: OAuthError.self) { try parameters.required("a") }
    }

    @Test func `a repeated parameter is an error where it is read, the others stay readable (RFC 6749 §3.1)`() throws {
        let parameters = try Parameters(query: "client_id=x&state=1&state=1&client_id=x&nonce=n")
        #expect(parameters.repeatedNames == ["state", "client_id"])
        #expect(parameters.occurrence(of: "state") == .repeated)
        #expect(try parameters.value("nonce") == "n")
        #expect(try Example.refusal { _ = try parameters.value("state") } == .invalidRequest)
        #expect(try Example.refusal { try parameters.refuseRepetition() } == .invalidRequest)
    }

    @Test func `an unknown parameter may not be repeated either, also not with an empty value`() throws {
        #expect(try Example.refusal { try Parameters(query: "zzz=1&zzz=").refuseRepetition() } == .invalidRequest)
    }

    @Test func `only resource may be repeated (RFC 8707 §2)`() throws {
        let parameters = try Parameters(query: "resource=a&resource=&resource=b")
        try parameters.refuseRepetition()
        #expect(parameters.values("resource") == ["a", "b"])
    }

    @Test(
        arguments: [
            "a=%", "a=%4", "a=%4g", "a=%g4", "%=1", "a=%%41", "a=%C3%28", "a=%FF", "a=%ED%A0%80", "a=%C0%80", "a=%00",
            "a%00=1", "a=%F4%90%80%80", "a=%u0041",
        ]
    )
    func `a bad escape, text that is not UTF-8 and NUL are refused`(query: String) throws {
        #expect(try Example.refusal { _ = try Parameters(query: query) } == .invalidRequest)
    }

    @Test func `raw bytes that are not UTF-8 and a raw NUL are refused`() throws {
        for bytes: [UInt8] in [[0x61, 0x3D, 0xFF], [0x61, 0x3D, 0x00], [0xC3, 0x3D, 0x61], [0x00]] {
            #expect(try Example.refusal { _ = try Parameters(form: bytes) } == .invalidRequest)
        }
    }

    @Test func `sixty-four parameters are taken and one more is refused`() throws {
        let many = (0..<64).map { "p\($0)=1" }.joined(separator: "&")
        #expect(try Parameters(query: many).value("p63") == "1")
        #expect(try Example.refusal { _ = try Parameters(query: many + "&q=1") } == .invalidRequest)
    }

    @Test func `a stored request reads back the same`() throws {
        let parameters = try Parameters(query: "a=%E4%BA%AC+%26%3D&resource=x&resource=y&e=&s=~-._")
        #expect(parameters.encoded == "a=%E4%BA%AC%20%26%3D&resource=x&resource=y&e=&s=~-._")
        #expect(try Parameters(query: parameters.encoded) == parameters)
        #expect(parameters.removing(["resource", "e"]).encoded == "a=%E4%BA%AC%20%26%3D&s=~-._")
    }

    @Test func `a letter that Swift calls equal is another name`() throws {
        // U+212A KELVIN SIGN and K are canonically equivalent.
        let parameters = try Parameters(query: "%E2%84%AA=1&x=2")
        #expect(parameters.occurrence(of: "x") == .once("2"))
    }
}
