import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Client authentication` {
    private func basic(_ text: String) -> String { "Basic " + Base64.encode(Array(text.utf8)) }

    private func extract(_ authorization: [String], _ body: String) throws -> ClientAuthentication {
        try ClientAuthentication.extract(authorization: authorization, parameters: Parameters(query: body))
    }

    private func refusal(_ authorization: [String], _ body: String) throws -> OAuthError.Code? {
        try Example.refusal { _ = try extract(authorization, body) }
    }

    @Test func `identifier and secret come by HTTP Basic, form-encoded (RFC 6749 §2.3.1)`() throws {
        guard case .basic(let id, let secret) = try extract([basic("my%3Aid:p%2Bq+r%25")], "") else {
            Issue.record("not Basic")
            return
        }
        #expect(id.value == "my:id")
        #expect(secret.reveal() == "p+q r%")
        #expect("\(secret)" == "‹secret›")
        #expect(try extract([basic("rp:a:b")], "").method == .clientSecretBasic)
        #expect(try extract(["bAsIc  " + Base64.encode(Array("rp:x".utf8))], "").clientID.value == "rp")
    }

    @Test func `or in the body, or only the identifier`() throws {
        guard case .post(let id, let secret) = try extract([], "client_id=rp&client_secret=s%2B") else {
            Issue.record("not post")
            return
        }
        #expect(id.value == "rp" && secret.reveal() == "s+")
        guard case .none(let alone) = try extract([], "client_id=rp&client_secret=") else {
            Issue.record("not none")
            return
        }
        #expect(alone.value == "rp")
    }

    static let malformed = [
        "", "Basic", "Basic ", "Basic !!!!", "Basic cnA", "Basic cnA6eA", "Basic cnA6eA=== ", "Bearer abc", "Digest x",
        "Basic cnA6", "Basic OnNlY3JldA==", "Basic\tcnA6eA==", "Basic cnA6eA==, Basic cnA6eA==",
    ]

    @Test(arguments: malformed)
    func `a header that is not Basic is invalid_client`(header: String) throws {
        #expect(try refusal([header], "") == .invalidClient)
    }

    @Test(arguments: ["rp:%", "rp:%zz", "rp:%00", "r%FFp:x", "rp:%C3%28", "r p:x", "r%20p:x"])
    func `so is one whose parts do not decode`(text: String) throws {
        #expect(try refusal([basic(text)], "") == .invalidClient)
    }

    @Test func `more than one way is invalid_request (RFC 6749 §2.3, §5.2)`() throws {
        let type = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        let header = basic("rp:x")
        #expect(try refusal([header], "client_id=rp&client_secret=x") == .invalidRequest)
        #expect(try refusal([header, header], "") == .invalidRequest)
        #expect(try refusal([header], "client_assertion_type=\(type)&client_assertion=a.b.c") == .invalidRequest)
        #expect(try refusal([], "client_secret=x&client_assertion=a.b.c") == .invalidRequest)
        #expect(try refusal([], "client_id=rp&client_id=rp") == .invalidRequest)
        #expect(try refusal([], "client_id=rp&client_secret=x&client_secret=x") == .invalidRequest)
    }

    @Test func `identifiers that disagree are invalid_request, none is invalid_client`() throws {
        #expect(try refusal([basic("rp:x")], "client_id=other") == .invalidRequest)
        #expect(try refusal([basic("rp:x")], "client_id=rp") == nil)
        #expect(try refusal([], "") == .invalidClient)
        #expect(try refusal([], "client_secret=x") == .invalidClient)
        #expect(try refusal([], "client_id=%20") == .invalidClient)
        #expect(try refusal([], "client_assertion=a.b.c") == .invalidClient)
        #expect(try refusal([], "client_assertion_type=saml&client_assertion=a.b.c") == .invalidClient)
    }

    @Test func `a client may use the one method it registered, and only while it is enabled`() throws {
        let methods: [(ClientAuthenticationMethod, ClientAuthentication)] = [
            (.clientSecretBasic, try extract([basic("rp:x")], "")),
            (.clientSecretPost, try extract([], "client_id=rp&client_secret=x")),
            (.none, try extract([], "client_id=rp")),
        ]
        for registered in ClientAuthenticationMethod.allCases {
            var client = try Example.client()
            client.metadata.tokenEndpointAuthMethod = registered
            for (method, authentication) in methods {
                let refusal = try Example.refusal { try authentication.requireMethod(of: client) }
                #expect(refusal == (method == registered ? nil : .invalidClient), "\(method) \(registered)")
            }
        }
        var client = try Example.client()
        client.isEnabled = false
        #expect(try Example.refusal { try methods[0].1.requireMethod(of: client) } == .invalidClient)
        let other = Client(id: ClientID(trusted: "other"), metadata: client.metadata)
        #expect(try Example.refusal { try methods[0].1.requireMethod(of: other) } == .invalidClient)
    }
}
