import HTTPTypes
import Testing

@testable import Provider

/// OAuth 2.0 Form Post Response Mode §2.
@Suite struct `An answer by form_post` {
    private let request = TestRequest(clientID: "sandbox-first-party", more: [("response_mode", "form_post")])

    @Test func `stands in a form to the verified address, and the policy names no other`() async throws {
        try await TestServer.with { server in
            let page = try await server.browser().authorize(request, server: server)
            #expect(page.status == .ok && page.location == nil)
            #expect(page.body.contains("method=\"post\" action=\"\(request.redirectURI)\""))
            #expect(page.hidden("state") == "s1" && page.hidden("iss") == TestServer.issuer)
            #expect(page.headers[.cacheControl] == "no-store")
            let policy = try #require(page.headers[.contentSecurityPolicy])
            let target = policy.split(separator: ";").first { $0.contains("form-action") }
            #expect(target?.contains("http://127.0.0.1:9999") == true && target?.contains("*") == false)
            let code = try #require(page.hidden("code"))
            let tokens = try await server.post(
                "/oauth2/token",
                request.exchange(code),
                basic: server.basic(request.clientID)
            )
            #expect(tokens.status == .ok)
        }
    }

    @Test func `an error comes the same way`() async throws {
        try await TestServer.with { server in
            var asked = request
            asked.more.append(("prompt", "none"))
            let page = try await server.browser().get(asked.path)
            #expect(page.hidden("error") == "login_required" && page.hidden("code") == nil)
        }
    }

    @Test func `a state that is markup stays a value`() async throws {
        try await TestServer.with { server in
            let path = request.path.replacing("state=s1", with: "state=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
            let page = try await server.browser().get(path + "&prompt=none")
            #expect(!page.body.contains("<script>alert"))
            #expect(page.body.contains("&quot;&gt;&lt;script&gt;") || page.body.contains("&#34;&gt;&lt;script&gt;"))
        }
    }
}
