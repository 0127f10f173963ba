import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Logout request` {
    private let key: SigningKey
    private let client: Client

    init() throws {
        key = try SigningKey.generate(.ES256, kid: "k1")
        client = try Example.client([
            "post_logout_redirect_uris": ["https://rp.example.cn/bye", "https://rp.example.cn/b?x=1"]
        ])
    }

    private func hint(sub: JSON = "s1", sid: JSON? = "sid1", aud: JSON = "rp") throws -> IDTokenHint {
        var claims = JSONObject()
        for (name, value) in [
            ("iss", JSON.string(Example.issuer)), ("sub", sub), ("aud", aud), ("exp", 1), ("sid", sid),
        ] as [(String, JSON?)] { claims[name] = value }
        let token = try JWS.sign(type: nil, payload: JSON.object(claims).bytes, key: key)
        return try IDTokenHint(token, issuer: #require(Issuer(Example.issuer))) { $0.isSigned(by: key.publicJWK) }
    }

    private func decide(
        _ query: String,
        hint: IDTokenHint? = nil,
        client: Client? = nil,
        session: LogoutDecision.OpenSession? = .init(subject: Subject("s1"), sessionID: SessionID("sid1"))
    ) throws -> LogoutDecision {
        let request = try LogoutRequest(Parameters(query: query))
        return try LogoutDecision(request, hint: hint, client: client, session: session)
    }

    @Test func `a hint of the open login needs no question (RP-Initiated Logout §2)`() throws {
        #expect(try !decide("", hint: hint()).needsConfirmation)
        #expect(try !decide("", hint: hint(sid: nil)).needsConfirmation)
    }

    @Test func `without it, or with somebody else's, the person is asked`() throws {
        #expect(try decide("").needsConfirmation)
        #expect(try decide("client_id=rp", client: client).needsConfirmation)
        #expect(try decide("", hint: hint(sub: "s2")).needsConfirmation)
        #expect(try decide("", hint: hint(sid: "sid2")).needsConfirmation)
    }

    @Test func `where nobody is logged in there is nothing to ask`() throws {
        #expect(try !decide("", session: nil).needsConfirmation)
    }

    @Test func `the browser goes back to a registered URI with state, else it stays (RP-Initiated Logout §3)`() throws {
        let back = "post_logout_redirect_uri=https://rp.example.cn/bye"
        #expect(try decide(back, client: client).location == "https://rp.example.cn/bye")
        #expect(try decide("\(back)&state=a%26b", client: client).location == "https://rp.example.cn/bye?state=a%26b")
        let query = "post_logout_redirect_uri=https://rp.example.cn/b%3Fx%3D1&state=s"
        #expect(try decide(query, client: client).location == "https://rp.example.cn/b?x=1&state=s")
        #expect(try decide("", client: client).location == nil)
    }

    @Test(
        arguments: [
            "https://rp.example.cn/bye/", "https://rp.example.cn/bye%3Fx", "https://evil.cn/",
            "https://rp.example.cn/cb",
            "HTTPS://rp.example.cn/bye", "https://rp.example.cn/bye%23", "https://rp.example.cn@evil.cn/bye", "/bye",
        ]
    )
    func `no other place is ever redirected to`(uri: String) throws {
        let query = "post_logout_redirect_uri=\(uri)"
        #expect(try Example.refusal { _ = try decide(query, client: client) } == .invalidRequest)
        #expect(try Example.refusal { _ = try decide(query, hint: hint(), client: client) } == .invalidRequest)
    }

    @Test func `nor is a registered one without a known and enabled client`() throws {
        let back = "post_logout_redirect_uri=https://rp.example.cn/bye"
        #expect(try Example.refusal { _ = try decide(back) } == .invalidRequest)
        var disabled = client
        disabled.isEnabled = false
        #expect(try Example.refusal { _ = try decide(back, client: disabled) } == .invalidRequest)
    }

    @Test func `only a hint made for the client proves it, whoever is logged in (RP-Initiated Logout §3)`() throws {
        let back = "post_logout_redirect_uri=https://rp.example.cn/bye&client_id=rp"
        for session in [nil, LogoutDecision.OpenSession(subject: Subject("s1"), sessionID: SessionID("sid1"))] {
            #expect(try !decide(back, client: client, session: session).isProved)
            #expect(try decide(back, hint: hint(), client: client, session: session).isProved)
            #expect(try decide(back, hint: hint(sub: "s2"), client: client, session: session).isProved)
            #expect(try !decide(back, hint: hint(aud: "other"), client: client, session: session).isProved)
        }
        #expect(try !decide("", hint: hint()).isProved)
    }

    @Test func `a logout_hint and ui_locales change nothing`() throws {
        #expect(try decide("logout_hint=s1&ui_locales=zh-CN").needsConfirmation)
        #expect(try !decide("logout_hint=s2&ui_locales=xx", hint: hint()).needsConfirmation)
    }

    @Test func `client and hint must agree`() throws {
        let request = try LogoutRequest(Parameters(query: "client_id=rp"))
        #expect(try request.client(hint: hint())?.value == "rp")
        #expect(try request.client(hint: nil)?.value == "rp")
        #expect(try Example.refusal { _ = try request.client(hint: hint(aud: "other")) } == .invalidRequest)
        let plain = try LogoutRequest(Parameters())
        #expect(try plain.client(hint: hint())?.value == "rp")
        #expect(try plain.client(hint: hint(aud: ["rp", "b"])) == nil)
        #expect(try plain.client(hint: nil) == nil)
    }

    @Test(arguments: ["state=a&state=b", "client_id=a&client_id=a", "client_id=%20", "state=%0a", "x=1&x=2"])
    func `a repeated or impossible parameter is invalid_request`(query: String) throws {
        #expect(try Example.refusal { _ = try LogoutRequest(Parameters(query: query)) } == .invalidRequest)
    }
}
