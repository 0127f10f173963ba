import Cryptography
import OAuth
import Testing

@Suite struct `Authorization target` {
    private func fault(
        _ query: String,
        client: Client?,
        sandbox: Bool = false
    ) throws -> AuthorizationPageFault? {
        do {
            _ = try AuthorizationTarget(
                Parameters(query: query),
                client: client,
                capabilities: Example.capabilities(),
                sandboxPatterns: sandbox
            )
            return nil
        } catch let fault as AuthorizationPageFault {
            return fault
        }
    }

    @Test(
        arguments: [
            ("redirect_uri=https://rp.example.cn/cb", .missingClientID),
            ("client_id=&redirect_uri=https://rp.example.cn/cb", .missingClientID),
            ("client_id=rp&client_id=rp&redirect_uri=https://rp.example.cn/cb", .repeatedClientID),
            ("client_id=r%20p&redirect_uri=https://rp.example.cn/cb", .unknownClient),
            ("client_id=other&redirect_uri=https://rp.example.cn/cb", .unknownClient),
            ("client_id=rp", .missingRedirectURI),
            ("client_id=rp&redirect_uri=", .missingRedirectURI),
            (
                "client_id=rp&redirect_uri=https://rp.example.cn/cb&redirect_uri=https://rp.example.cn/cb",
                .repeatedRedirectURI
            ),
            ("client_id=rp&redirect_uri=https://evil.cn/cb", .unregisteredRedirectURI),
            ("client_id=rp&redirect_uri=https://rp.example.cn/cb%00", nil),
            ("client_id=rp&redirect_uri=https://rp.example.cn/cb", nil),
        ] as [(String, AuthorizationPageFault?)]
    )
    func `who does not prove client and redirect URI gets our page`(
        query: String,
        fault: AuthorizationPageFault?
    ) throws {
        guard !query.contains("%00") else {
            #expect(try Example.refusal { _ = try Parameters(query: query) } == .invalidRequest)
            return
        }
        #expect(try self.fault(query, client: Example.client()) == fault)
    }

    @Test func `an unknown and a disabled client get our page`() throws {
        let query = "client_id=rp&redirect_uri=https://rp.example.cn/cb"
        #expect(try fault(query, client: nil) == .unknownClient)
        var client = try Example.client()
        client.isEnabled = false
        #expect(try fault(query, client: client) == .disabledClient)
    }

    @Test func `every trick with the redirect URI ends on our page`() throws {
        let client = try Example.client()
        for trick in `Redirect URI`.tricks {
            let parameters = Parameters([(name: "client_id", value: "rp"), (name: "redirect_uri", value: trick)])
            #expect(throws: AuthorizationPageFault.self, "\(trick)") {
                try AuthorizationTarget(parameters, client: client, capabilities: Example.capabilities())
            }
        }
    }

    @Test func `another repeated parameter does not hide who may hear of it`() throws {
        let query = "client_id=rp&redirect_uri=https://rp.example.cn/cb&state=1&state=2&scope=a&scope=b"
        let target = try AuthorizationTarget(
            Parameters(query: query),
            client: Example.client(),
            capabilities: Example.capabilities()
        )
        #expect(target.redirectURI.value == Example.callback)
        #expect(target.state == nil)
    }

    @Test(
        arguments: [
            ([:], .query), (["response_type": "id_token"], .fragment), (["response_type": "token"], .query),
            (["response_type": nil], .query), (["response_mode": "form_post"], .formPost),
            (["response_mode": "fragment"], .fragment), (["response_mode": "odd"], .query),
            (["response_type": "code id_token", "response_mode": "query"], .fragment),
            (["response_type": "code id_token", "response_mode": "form_post"], .formPost),
        ] as [([String: String?], ResponseMode)]
    )
    func `an error takes the way that the answer would take`(changes: [String: String?], mode: ResponseMode) throws {
        #expect(try Example.target(changes).responseMode == mode)
    }

    @Test(arguments: ["a\nb", "é", "\u{7F}", String(repeating: "s", count: 2049)])
    func `a state that cannot be echoed is left out of the answer (RFC 6749 §4.1.2.1)`(state: String) throws {
        #expect(try Example.target(["state": state]).state == nil)
        #expect(try Example.code(["state": state]) == .invalidRequest)
    }

    @Test func `a native client may come back on any loopback port, a sandbox client by its pattern`() throws {
        let native = try Example.client(["application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"]])
        #expect(try fault("client_id=rp&redirect_uri=http://127.0.0.1:5/cb", client: native) == nil)
        let sandbox = try Example.client(["redirect_uris": ["http://127.0.0.1:*/cb"]], sandbox: true)
        let query = "client_id=rp&redirect_uri=http://127.0.0.1:5/cb"
        #expect(try fault(query, client: sandbox, sandbox: true) == nil)
        #expect(try fault(query, client: sandbox) == .unregisteredRedirectURI)
    }
}
