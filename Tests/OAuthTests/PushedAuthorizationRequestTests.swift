import Cryptography
import OAuth
import Testing

@Suite struct `Pushed authorization request` {
    private let reference = "urn:ietf:params:oauth:request_uri:abc"

    private func code(
        _ changes: [String: String?],
        _ arrival: AuthorizationRequest.Arrival,
        required: Bool = false
    ) throws -> OAuthError.Code? {
        var client = try Example.client()
        client.metadata.requirePushedAuthorizationRequests = required
        let server = try Example.capabilities()
        let parameters = Example.parameters(changes)
        let target = try AuthorizationTarget(parameters, client: client, capabilities: server)
        return try Example.refusal {
            _ = try AuthorizationRequest(
                parameters,
                target: target,
                capabilities: server,
                arrival: arrival,
                receivedAt: Example.now
            )
        }
    }

    @Test
    func `a client held to pushing is refused what the browser brings, and nothing that was pushed (RFC 9126 §6)`()
        throws
    {
        #expect(try code([:], .browser, required: true) == .invalidRequest)
        #expect(try code([:], .pushed, required: true) == nil)
        #expect(try code([:], .stored, required: true) == nil)
        for arrival in [AuthorizationRequest.Arrival.browser, .pushed, .stored] {
            #expect(try code([:], arrival) == nil)
        }
    }

    @Test func `a push that refers to another request is refused (RFC 9126 §2.1)`() throws {
        #expect(try code(["request_uri": reference], .pushed) == .invalidRequest)
        #expect(try code(["request_uri": reference], .browser) == .requestURINotSupported)
        #expect(try code(["request": "x.y.z"], .pushed) == .requestNotSupported)
    }

    @Test func `a reference is one request_uri of our form and nothing else`() {
        func found(_ values: String...) -> String? {
            PushedAuthorizationRequest.reference(in: Parameters(values.map { (name: "request_uri", value: $0) }))
        }
        #expect(found(reference) == "abc")
        #expect(found("urn:ietf:params:oauth:request_uri:")?.isEmpty == true)
        #expect(found() == nil)
        #expect(found("") == nil)
        #expect(found("https://rp.example.cn/request.jwt") == nil)
        #expect(found("URN:ietf:params:oauth:request_uri:abc") == nil)
        #expect(found(reference, reference) == nil)
    }

    @Test func `the client's proof is not kept, and the client is the one that proved itself`() throws {
        let parameters = Example.parameters([
            "client_id": nil, "client_secret": "s", "client_assertion": "a", "client_assertion_type": "t",
        ])
        let kept = PushedAuthorizationRequest.request(in: parameters, of: ClientID(trusted: "rp"))
        #expect(try kept.value("client_id") == "rp")
        for name in ["client_secret", "client_assertion", "client_assertion_type"] {
            #expect(try kept.value(name) == nil)
        }
        #expect(try kept.value("scope") == "openid profile")
    }

    @Test func `the answer carries the reference and its life (RFC 9126 §2.2)`() throws {
        let body = try JSON(parsing: PushedAuthorizationRequest.body(reference: "abc", expiresIn: 60))
        #expect(body == ["request_uri": .string(reference), "expires_in": 60])
    }

    @Test func `every fault of the first stage has its code for the client (RFC 9126 §2.3)`() {
        for fault in AuthorizationPageFault.allCases {
            #expect(!fault.oauthError.explanation.isEmpty)
        }
        #expect(AuthorizationPageFault.unregisteredRedirectURI.oauthError.code == .invalidRequest)
        #expect(AuthorizationPageFault.invalidRequestURI.oauthError.code == .invalidRequestURI)
    }
}
