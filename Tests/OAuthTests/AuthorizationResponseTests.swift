import Cryptography
import OAuth
import Testing

@Suite struct `Authorization response` {
    private func location(_ response: AuthorizationResponse) -> String? {
        if case .redirect(let location) = response.delivery { location } else { nil }
    }

    @Test func `code, state and iss go into the query (RFC 6749 §4.1.2, RFC 9207 §2)`() throws {
        let response = AuthorizationResponse(to: try Example.target(), code: "c0de")
        #expect(
            location(response)
                == "https://rp.example.cn/cb?code=c0de&state=af0ifjsldkj&iss=https%3A%2F%2Fid.example.cn"
        )
    }

    @Test func `what the client sent comes back as it was, and can add nothing`() throws {
        let state = "a b&code=evil#x=%2F+\"<>'\\"
        let response = AuthorizationResponse(to: try Example.target(["state": state]), code: "c")
        let query = try #require(location(response)?.split(separator: "?", maxSplits: 1).last)
        let parameters = try Parameters(query: String(query))
        #expect(try parameters.value("state") == state)
        #expect(try parameters.value("code") == "c")
        #expect(parameters.repeatedNames.isEmpty)
        #expect(!query.contains("#") && !query.contains("\"") && !query.contains("<"))
    }

    @Test(
        arguments: [
            ("https://rp.example.cn/cb?a=1", "https://rp.example.cn/cb?a=1&code=c"),
            ("https://rp.example.cn/cb?", "https://rp.example.cn/cb?code=c"),
            ("https://rp.example.cn/cb?a=1&", "https://rp.example.cn/cb?a=1&code=c"),
            ("https://rp.example.cn", "https://rp.example.cn?code=c"),
        ]
    )
    func `a query that the client registered is kept (RFC 6749 §3.1.2)`(uri: String, start: String) throws {
        let client = try Example.client(["redirect_uris": [.string(uri)]])
        let target = try Example.target(["redirect_uri": uri], client: client)
        #expect(location(AuthorizationResponse(to: target, code: "c"))?.hasPrefix(start + "&state=") == true)
        let fragment = try Example.target(["redirect_uri": uri, "response_mode": "fragment"], client: client)
        #expect(location(AuthorizationResponse(to: fragment, code: "c"))?.hasPrefix(uri + "#code=c&") == true)
    }

    @Test func `a hybrid answer goes into the fragment, or into a form (OpenID Connect Core §3.3.2.5)`() throws {
        let client = try Example.hybridClient()
        let changes: [String: String?] = ["response_type": "code id_token", "state": nil]
        let response = AuthorizationResponse(
            to: try Example.target(changes, client: client),
            code: "c",
            idToken: "a.b.c"
        )
        #expect(
            location(response) == "https://rp.example.cn/cb#code=c&id_token=a.b.c&iss=https%3A%2F%2Fid.example.cn"
        )
        let posted = AuthorizationResponse(
            to: try Example.target(changes.merging(["response_mode": "form_post"]) { $1 }, client: client),
            code: "c",
            idToken: "a.b.c"
        )
        guard case .formPost(let action, let fields) = posted.delivery else {
            Issue.record("not a form")
            return
        }
        #expect(action == Example.callback)
        #expect(fields.map(\.name) == ["code", "id_token", "iss"])
        #expect(fields.map(\.value) == ["c", "a.b.c", Example.issuer])
    }

    @Test func `an error carries code, sentence, state and iss, and no more (RFC 6749 §4.1.2.1)`() throws {
        let error = OAuthError(.invalidScope, "no \"x\"")
        #expect(
            location(AuthorizationResponse(to: try Example.target(), error: error))
                == "https://rp.example.cn/cb?error=invalid_scope&error_description=no%20%27x%27&state=af0ifjsldkj"
                + "&iss=https%3A%2F%2Fid.example.cn"
        )
        let silent = AuthorizationResponse(to: try Example.target(["state": nil]), error: OAuthError(.accessDenied, ""))
        #expect(silent.fields.map(\.name) == ["error", "iss"])
    }
}
