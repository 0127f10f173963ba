import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Scopes` {
    @Test func `names are kept once and in order (RFC 6749 §3.3)`() throws {
        let scope = try Scope(parsing: "openid  profile openid email ")
        #expect(scope.names == ["openid", "profile", "email"])
        #expect(scope.description == "openid profile email")
        #expect(try Scope(parsing: "").isEmpty)
    }

    @Test(arguments: ["a\tb", "a\nb", "a\"b", "a\\b", "é", "a\u{7F}", "中"])
    func `a character outside RFC 6749 §3.3 is refused`(text: String) throws {
        #expect(try Example.refusal { _ = try Scope(parsing: text) } == .invalidScope)
    }

    @Test func `more than sixty-four names are refused`() throws {
        let text = (0..<65).map { "s\($0)" }.joined(separator: " ")
        #expect(try Example.refusal { _ = try Scope(parsing: text) } == .invalidScope)
    }

    @Test func `sets of names combine`() {
        let (left, right): (Scope, Scope) = (["a", "b"], ["b", "c"])
        #expect(left.union(right) == ["a", "b", "c"])
        #expect(left.intersection(right) == ["b"])
        #expect(left.subtracting(right) == ["a"])
        #expect(left.intersection(right).isSubset(of: right))
        #expect(!left.isSubset(of: right))
    }
}

@Suite struct `Response type and mode` {
    @Test func `the order of words does not matter (RFC 6749 §3.1.1)`() {
        #expect(ResponseType(parsing: "id_token code") == .codeIDToken)
        #expect(ResponseType(parsing: "code") == .code)
    }

    @Test(arguments: [
        "token", "code token", "id_token token", "none", "CODE", "code code", "code  id_token", " code", "",
    ])
    func `what is not offered is not read`(text: String) {
        #expect(ResponseType(parsing: text) == nil)
    }

    @Test func `an ID token goes into the fragment unless asked otherwise`() {
        #expect(ResponseType.code.defaultMode == .query)
        #expect(ResponseType.idToken.defaultMode == .fragment)
        #expect(ResponseType.codeIDToken.defaultMode == .fragment)
    }
}

@Suite struct `Identifiers` {
    @Test(arguments: ["", "a b", "a\u{0}", "é", String(repeating: "a", count: 129), "a\n"])
    func `a client identifier is 1 to 128 visible ASCII characters`(text: String) {
        #expect(ClientID(text) == nil)
    }

    @Test(
        arguments: [
            "http://id.example.cn", "https://id.example.cn?x=1", "https://id.example.cn#x", "https://u@id.example.cn",
            "https://", "https://id.example.cn./", "ftp://id.example.cn", "id.example.cn", "https://id.example.cn:0",
            "https://id.example.cn/a/../b", "https://中.cn", "http://127.0.0.1:8080",
        ]
    )
    func `an issuer is a plain https URI without query and fragment (RFC 8414 §2)`(text: String) {
        #expect(Issuer(text) == nil)
    }

    @Test func `an issuer knows its origin and path`() throws {
        let issuer = try #require(Issuer("https://id.example.cn:8443/tenant/"))
        #expect(issuer.origin == "https://id.example.cn:8443")
        #expect(issuer.path == "/tenant")
        #expect(issuer.value == "https://id.example.cn:8443/tenant/")
        #expect(Issuer("http://127.0.0.1:8080", allowLoopbackHTTP: true) != nil)
        #expect(Issuer("http://example.cn", allowLoopbackHTTP: true) == nil)
    }
}

@Suite struct `Authentication context` {
    @Test func `each level has one class reference and back`() {
        #expect(
            AssuranceLevel.allCases.map(\.acr) == [
                "urn:citygate:acr:L1", "urn:citygate:acr:L2", "urn:citygate:acr:L3", "urn:citygate:acr:L4",
            ]
        )
        for level in AssuranceLevel.allCases { #expect(AssuranceLevel(acr: level.acr) == level) }
        #expect(AssuranceLevel(acr: "L1") == nil)
        #expect(AssuranceLevel.l1 < .l4)
    }
}

@Suite struct `Languages` {
    @Test(
        arguments: [
            ("zh-CN", ["zh-CN"]), ("zh", ["zh-CN"]), ("ZH-hans-cn", ["zh-CN"]), ("en-GB fr zh", ["en", "zh-CN"]),
            ("fr", []), ("", []), ("x", []),
        ]
    )
    func `ui_locales are matched by lookup and never an error (OpenID Connect Core §3.1.2.1)`(
        wanted: String,
        found: [String]
    ) throws {
        #expect(try Example.request(["ui_locales": wanted]).uiLocales == found)
    }
}
