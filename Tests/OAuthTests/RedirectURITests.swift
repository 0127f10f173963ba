import Cryptography
import OAuth
import Testing

@Suite struct `Redirect URI` {
    private func matches(
        _ presented: String,
        _ registered: String...,
        anyPort: Bool = false,
        sandbox: Bool = false
    ) -> Bool {
        RedirectURI(
            presented,
            registered: registered.map(RegisteredRedirectURI.init(trusted:)),
            rules: RedirectMatchingRules(anyLoopbackPort: anyPort, sandboxPatterns: sandbox)
        ) != nil
    }

    @Test func `equality is all (RFC 9700 §2.1)`() {
        #expect(matches("https://rp.example.cn/cb", "https://other.cn/", "https://rp.example.cn/cb"))
        #expect(matches("https://rp.example.cn/cb?a=1&b=%2F", "https://rp.example.cn/cb?a=1&b=%2F"))
    }

    /// The tricks behind the advisories of trust.md section 4, each against an honest registration of `https://rp.example.cn/cb`.
    static let tricks = [
        "https://rp.example.cn/cb/", "https://rp.example.cn/cb?", "https://rp.example.cn/cb#",
        "https://rp.example.cn/cb#x",
        "https://rp.example.cn/cb?x=1", "https://rp.example.cn//cb", "https://rp.example.cn/./cb",
        "https://rp.example.cn/x/../cb", "https://rp.example.cn/cb/..;/", "https://rp.example.cn/..;/cb",
        "https://rp.example.cn/%63b", "https://rp.example.cn/c%62", "https://rp.example.cn/cb%00",
        "https://rp.example.cn/cb%20", "https://rp.example.cn/cb%0d%0a", "https://rp.example.cn/CB",
        "HTTPS://rp.example.cn/cb", "Https://rp.example.cn/cb", "https://RP.example.cn/cb", "https://rp.Example.cn/cb",
        "https://rp.example.cn./cb", "https://rp.example.cn:443/cb", "https://rp.example.cn:/cb",
        "https://rp.example.cn:8443/cb", "https://rp.example.cn:0443/cb", "https://rp.example.cn:https/cb",
        "http://rp.example.cn/cb", "https:rp.example.cn/cb", "https:/rp.example.cn/cb", "https:///rp.example.cn/cb",
        "//rp.example.cn/cb", "/cb", "rp.example.cn/cb", "https:\\\\rp.example.cn\\cb", "https://rp.example.cn\\cb",
        "https://evil.cn\\@rp.example.cn/cb", "https://rp.example.cn@evil.cn/cb", "https://rp.example.cn/cb@evil.cn",
        "https://a@b@rp.example.cn/cb", "https://user:pw@rp.example.cn/cb", "https://@rp.example.cn/cb",
        "https://rp.example.cn:443@evil.cn/cb", "https://evil.cn#@rp.example.cn/cb",
        "https://evil.cn?@rp.example.cn/cb",
        "https://evil.cn/https://rp.example.cn/cb", "https://rp.example.cn.evil.cn/cb", "https://xrp.example.cn/cb",
        "https://rp.example.cnevil.cn/cb", "https://rp-example.cn/cb", "https://rpxexample.cn/cb",
        "https://rp.example。cn/cb", "https://rp．example.cn/cb", "https://rp.example.cn／cb",
        "https://rp.exampl\u{435}.cn/cb",
        "https://rp.example.cn/c\u{0301}b", "https://rp.example.cn/cb\u{200B}", "https://rp.example.cn/cb\u{FEFF}",
        "\u{FEFF}https://rp.example.cn/cb", " https://rp.example.cn/cb", "https://rp.example.cn/cb ",
        "https://rp.example.cn/cb\n", "https://rp.example.cn/cb\r\nSet-Cookie: a=b", "https://rp.example.cn/cb\t",
        "https://rp.example.cn/cb\u{0}", "https://rp.example.cn/cb;a", "https://*.example.cn/cb",
        "https://rp.example.cn/*",
        "javascript:alert(1)//https://rp.example.cn/cb", "JavaScript:alert(1)", "data:text/html,x", "about:blank", "",
        "https://[rp.example.cn]/cb", "https://rp%2eexample.cn/cb", "https://rp.example.cn%2f@evil.cn/cb",
        "https://rp.example.cn/cb,https://evil.cn", "https://rp.example.cn/cb https://evil.cn", "*",
    ]

    @Test(arguments: tricks)
    func `nothing but the registered string is taken`(trick: String) {
        #expect(!matches(trick, "https://rp.example.cn/cb"))
        #expect(!matches(trick, "https://rp.example.cn/cb", anyPort: true, sandbox: true))
    }

    @Test func `letters that Swift calls equal are not equal here`() {
        // U+212A KELVIN SIGN == "K" as strings.
        #expect("https://rp.example.cn/\u{212A}" == "https://rp.example.cn/K")
        #expect(!matches("https://rp.example.cn/\u{212A}", "https://rp.example.cn/K"))
    }

    @Test(
        arguments: [
            "http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:52811/cb", "http://127.0.0.1:65535/cb",
        ]
    )
    func `a native app's loopback port may vary (RFC 8252 §7.3)`(presented: String) {
        #expect(matches(presented, "http://127.0.0.1/cb", anyPort: true))
        #expect(matches(presented, "http://127.0.0.1:8080/cb", anyPort: true))
        #expect(matches(presented, "http://127.0.0.1/cb") == (presented == "http://127.0.0.1/cb"))
    }

    @Test func `so may the port of the IPv6 loopback address`() {
        #expect(matches("http://[::1]:52811/cb?a=1", "http://[::1]/cb?a=1", anyPort: true))
        #expect(!matches("http://[::1]:52811/cb", "http://127.0.0.1/cb", anyPort: true))
    }

    static let loopbackTricks = [
        "http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:/cb",
        "http://127.0.0.1:+80/cb", "http://127.0.0.1:80:80/cb", "http://127.0.0.1:8a/cb",
        "http://127.0.0.1:99999999999/cb",
        "http://127.0.0.1:80@evil.cn/cb", "http://127.0.0.1:80/cb/", "http://127.0.0.1:80/cb?x",
        "http://127.0.0.1:80/cb#x",
        "http://127.0.0.1.evil.cn/cb", "http://127.0.0.1evil.cn/cb", "http://127.0.0.2:80/cb", "http://127.1:80/cb",
        "http://localhost:80/cb", "https://127.0.0.1:80/cb", "http://127.0.0.1:*/cb", "http://127.0.0.1:٨٠/cb",
        "http://u@127.0.0.1:80/cb", "http://127.0.0.1:80\\cb", "http://127.0.0.1:80/../cb", "http://2130706433/cb",
        "http://0x7f.0.0.1/cb", "http://127.0.0.1%00:80/cb", "http://127.0.0.1:-1/cb",
    ]

    @Test(arguments: loopbackTricks)
    func `the loopback exception is about the port and nothing else`(trick: String) {
        #expect(!matches(trick, "http://127.0.0.1/cb", anyPort: true, sandbox: true))
        #expect(!matches(trick, "http://127.0.0.1:*/cb", anyPort: true, sandbox: true))
    }

    @Test func `localhost matches only as it is registered (RFC 8252 §8.3)`() {
        #expect(matches("http://localhost:8080/cb", "http://localhost:8080/cb", anyPort: true))
        #expect(!matches("http://localhost:8081/cb", "http://localhost:8080/cb", anyPort: true))
    }

    @Test func `the sandbox's pattern stands for any port, and for nothing outside the sandbox`() {
        let patterns = ["http://127.0.0.1:*/callback", "https://localhost:*/callback"]
        for (pattern, presented) in zip(patterns, ["http://127.0.0.1:8099/callback", "https://localhost:1/callback"]) {
            #expect(matches(presented, pattern, sandbox: true))
            #expect(!matches(presented, pattern))
            #expect(!matches(presented, pattern, anyPort: true))
            #expect(!matches(pattern, pattern, sandbox: true))
            #expect(!matches(pattern, pattern))
        }
        #expect(!matches("http://127.0.0.1/callback", patterns[0], sandbox: true))
        #expect(!matches("https://evil.cn:80/cb", "https://evil.cn:*/cb", sandbox: true))
        #expect(!matches("http://localhost:80/callback", "https://localhost:*/callback", sandbox: true))
    }
}

@Suite struct `Registering a redirect URI` {
    static let refusedForAll = [
        "/cb", "rp.example.cn/cb", "https://rp.example.cn/cb#x", "https://rp.example.cn/cb#", "https://*.example.cn/cb",
        "https://rp.example.cn/*", "https://u:p@rp.example.cn/cb", "https://@rp.example.cn/cb", "https://a@b@c.cn/cb",
        "https://rp.example.cn/../cb", "https://rp.example.cn/a/..;/cb", "https://rp.example.cn/%2e%2E/cb",
        "https://rp.example.cn/a/%2e%2e%2fcb", "https://rp.example.cn/%252e%252e/cb", "https://rp.example.cn/./cb",
        "https://rp.example.cn\\cb", "https://rp.example.cn/%5ccb", "https://rp.example.cn/c b",
        "https://rp.example.cn/%0acb",
        "https://rp.example.cn/cb?x=%0d%0a", "https://rp.example.cn/cb%00", "https://rp.example.cn/中",
        "https://中.cn/cb",
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x",
        "HTTPS://rp.example.cn/cb", "https:rp.example.cn", "https:///cb", "https://", "https://rp..example.cn/cb",
        "https://rp.example.cn./cb", "https://rp.example.cn:0/cb", "https://rp.example.cn:99999/cb",
        "https://rp.example.cn:/cb",
        "https://rp%2eexample.cn/cb", "https://-rp.cn/cb", "http://rp.example.cn/cb", "http://127.0.0.1.evil.cn/cb",
        "http://127.0.0.1:*/cb", "https://localhost:*/cb", "https://rp.example.cn:*/cb", "http://10.0.0.1/cb", "",
        "https://rp.example.cn/cb%", "https://rp.example.cn/cb%4", "ftp://rp.example.cn/cb", "app:/cb",
        "https://[zz]/cb",
    ]

    @Test(arguments: refusedForAll)
    func `what two programs could read differently is refused (RFC 6749 §3.1.2, RFC 9700 §4.1)`(uri: String) throws {
        for type in ["web", "native"] {
            let faults = try Example.faults([
                "redirect_uris": [.string(uri)], "application_type": .string(type),
                "token_endpoint_auth_method": "none",
            ])
            #expect(faults == ["redirect_uris"], "\(type)")
        }
    }

    @Test(
        arguments: [
            "https://rp.example.cn", "https://rp.example.cn/", "https://rp.example.cn:8443/a/b?x=1&y=%20",
            "https://203.0.113.7/cb", "https://[2001:db8::1]/cb", "https://localhost/cb",
            "https://rp.example.cn/a..b/...",
            "https://rp.example.cn/cb?next=/a/../b",
        ]
    )
    func `https is taken from every client`(uri: String) throws {
        #expect(try Example.faults(["redirect_uris": [.string(uri)]]).isEmpty)
    }

    @Test(
        arguments: [
            "http://127.0.0.1/cb", "http://127.0.0.1:8080/cb", "http://[::1]/cb", "http://localhost:3000/cb",
            "cn.example.app:/cb", "cn.example.app://callback",
        ]
    )
    func `loopback http and a scheme with a dot are for native apps (RFC 8252 §7)`(uri: String) throws {
        #expect(try Example.faults(["redirect_uris": [.string(uri)], "application_type": "native"]).isEmpty)
        #expect(try Example.faults(["redirect_uris": [.string(uri)]]) == ["redirect_uris"])
        let isHTTP = uri.hasPrefix("http:")
        #expect(try Example.faults(["redirect_uris": [.string(uri)]], sandbox: true).isEmpty == isHTTP)
    }

    @Test(arguments: [
        "cn.example.app:cb", "cn..app:/cb", ".cn:/cb", "cn.example.:/cb", "cn.app://u@h/", "cn.app:///cb",
    ])
    func `a private-use scheme has the form of RFC 8252 §7.1`(uri: String) throws {
        #expect(
            try Example.faults(["redirect_uris": [.string(uri)], "application_type": "native"]) == ["redirect_uris"]
        )
    }

    @Test func `the sandbox takes a star as the port of a loopback host only`() throws {
        for uri in ["http://127.0.0.1:*/callback", "https://localhost:*/callback", "http://[::1]:*"] {
            #expect(try Example.faults(["redirect_uris": [.string(uri)]], sandbox: true).isEmpty, "\(uri)")
        }
        for uri in [
            "https://rp.example.cn:*/callback", "http://127.0.0.1:*evil/", "http://127.0.0.1:*@evil.cn/",
            "http://127.0.0.1:*/a*", "http://127.0.0.1:*/../x", "http://127.0.0.1:*.evil.cn/",
        ] {
            #expect(try Example.faults(["redirect_uris": [.string(uri)]], sandbox: true) == ["redirect_uris"], "\(uri)")
        }
    }

    @Test func `each fault is told with its own code (RFC 7591 §3.2.2)`() throws {
        do {
            _ = try Example.metadata(["redirect_uris": ["https://a.cn/#x", "http://b.cn/"], "subject_type": "odd"])
            Issue.record("the registration was accepted")
        } catch let error as ClientMetadataError {
            #expect(error.faults.map(\.code) == [.invalidRedirectURI, .invalidRedirectURI, .invalidClientMetadata])
            #expect(error.oauthError.code == .invalidRedirectURI)
        }
    }
}
