import Cryptography
import HTTPTypes
import OAuth
import Testing

@testable import Provider

@Suite struct `Pushed authorization requests` {
    private let request = TestRequest(clientID: "sandbox-par")

    private func pushed(_ server: TestServer, _ request: TestRequest) async throws -> String {
        let answer = try await server.push(request)
        #expect(answer.status == .created)
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.json["expires_in"]?.int == 60)
        return try #require(answer.json["request_uri"]?.string)
    }

    private func codeOf(_ answer: TestAnswer) -> String? { answer.redirected("code") }

    @Test func `what was pushed is what is asked, whatever the browser adds`() async throws {
        try await TestServer.with { server in
            let uri = try await pushed(server, request)
            let other = [("scope", "openid realname"), ("state", "evil"), ("redirect_uri", "https://evil.example/")]
            let browser = server.browser()
            var page = try await browser.get(TestServer.path(uri, client: request.clientID, more: other))
            page = try await browser.logIn(on: page, server: server)
            let fields = [
                ("csrf", page.hidden("csrf") ?? ""), ("transaction", page.hidden("transaction") ?? ""),
                ("decision", "allow"),
            ]
            let answer = try await browser.post("/consent", fields)
            #expect(answer.location?.hasPrefix(request.redirectURI) == true)
            #expect(answer.redirected("state") == "s1")
            let code = try #require(codeOf(answer))
            let tokens = try await server.post(
                "/oauth2/token",
                request.exchange(code),
                basic: server.basic(request.clientID)
            )
            #expect(tokens.json["scope"]?.string == request.scope)
        }
    }

    @Test func `a reference serves once, also when it is answered at once (CVE-2026-96446)`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            for more in [[], [("prompt", "none")], [("max_age", "x")]] {
                var request = request
                request.more = more
                // A fault that stands in the request is told at the push.
                guard more.first?.0 != "max_age" else {
                    #expect(try await server.push(request).error == "invalid_request")
                    continue
                }
                let path = TestServer.path(try await pushed(server, request), client: request.clientID)
                let first = try await browser.get(path, following: false)
                #expect(first.status == .seeOther)
                if !more.isEmpty { #expect(first.redirected("error") == "login_required") }
                let second = try await browser.get(path, following: false)
                #expect(second.status == .badRequest)
                #expect(second.body.contains("invalid_request_uri"))
                #expect(second.location == nil)
            }
            // The request taken in the first round waits on: its reload is the page's, not the reference's.
        }
    }

    @Test func `a reference is its client's alone, and another's attempt spoils nothing`() async throws {
        try await TestServer.with { server in
            let uri = try await pushed(server, request)
            for stranger in ["sandbox-basic", "nobody"] {
                let answer = try await server.browser().get(TestServer.path(uri, client: stranger), following: false)
                #expect(answer.status == .badRequest)
                #expect(answer.location == nil)
            }
            let right = try await server.browser().get(TestServer.path(uri, client: request.clientID), following: false)
            #expect(right.status == .seeOther)
        }
    }

    @Test func `a reference is dead after its minute; a captcha, a code or nonsense is none`() async throws {
        try await TestServer.with { server in
            let uri = try await pushed(server, request)
            try await server.advance(seconds: 61)
            let code = try await server.code()
            let prefix = "urn:ietf:params:oauth:request_uri:"
            for reference in [uri, prefix + code, prefix, prefix + String(repeating: "A", count: 46), prefix + "\u{0}"]
            {
                let path = TestServer.path(reference, client: request.clientID)
                let answer = try await server.browser().get(path, following: false)
                #expect(answer.status == .badRequest, "\(reference)")
                #expect(answer.location == nil)
            }
        }
    }

    @Test func `a client held to pushing gets nothing for a plain request, and the error at its own address`()
        async throws
    {
        try await TestServer.with { server in
            let answer = try await server.browser().get(request.path, following: false)
            #expect(answer.location?.hasPrefix(request.redirectURI) == true)
            #expect(answer.redirected("error") == "invalid_request")
            #expect(answer.redirected("state") == "s1")
        }
    }

    private static let faults: [([String: String?], String)] = [
        (["redirect_uri": nil], "invalid_request"), (["redirect_uri": "https://evil.example/"], "invalid_request"),
        (["response_type": nil], "invalid_request"), (["response_type": "token"], "unsupported_response_type"),
        (["scope": nil], "invalid_scope"), (["scope": "openid \""], "invalid_scope"),
        (["code_challenge": nil], "invalid_request"), (["code_challenge_method": "plain"], "invalid_request"),
        (["request_uri": "urn:ietf:params:oauth:request_uri:x"], "invalid_request"),
        (["request": "a.b.c"], "request_not_supported"), (["prompt": "none login"], "invalid_request"),
        (["resource": "https://other.example/"], "invalid_target"), (["claims": "{"], "invalid_request"),
        (["id_token_hint": "a.b.c"], "invalid_request"), (["client_id": "sandbox-basic"], "invalid_request"),
        (["client_assertion": "a.b.c"], "invalid_request"), (["state": "\u{1}"], "invalid_request"),
    ]

    @Test func `every fault is told at the push, as JSON`() async throws {
        try await TestServer.with { server in
            for (changes, code) in Self.faults {
                let answer = try await server.push(request, changing: changes)
                #expect(answer.error == code, "\(changes)")
                #expect(answer.status == .badRequest, "\(changes)")
                #expect(answer.json["request_uri"] == nil)
                #expect(answer.location == nil)
            }
        }
    }

    @Test func `clients prove themselves as at the token endpoint`() async throws {
        try await TestServer.with { server in
            let fields = request.fields
            #expect(try await server.post("/oauth2/par", fields).error == "invalid_client")
            let wrong = try await server.post("/oauth2/par", fields, basic: (request.clientID, "wrong"))
            #expect(wrong.status == .unauthorized)
            #expect(wrong.headers[.wwwAuthenticate]?.hasPrefix("Basic") == true)
            // A public client proves nothing and may push (RFC 9126 §2).
            let open = TestRequest(clientID: "sandbox-public")
            #expect(try await server.post("/oauth2/par", open.fields).status == .created)
            // An identifier beside Basic may be left out (RFC 6749 §3.2.1).
            let short = fields.filter { $0.0 != "client_id" }
            #expect(try await server.post("/oauth2/par", short, basic: server.basic("sandbox-par")).status == .created)
        }
    }

    @Test func `a posted reference is taken like one in the query`() async throws {
        try await TestServer.with { server in
            let uri = try await pushed(server, request)
            let browser = server.browser()
            let fields = [("client_id", request.clientID), ("request_uri", uri)]
            let page = try await browser.post("/oauth2/authorize", fields)
            #expect(page.body.contains("id=\"password-login\""))
        }
    }

    @Test func `the endpoint is announced, open to other origins, and takes POST only`() async throws {
        try await TestServer.with { server in
            let about = try await server.get("/.well-known/openid-configuration").json
            let address = about["pushed_authorization_request_endpoint"]?.string
            #expect(address == "\(TestServer.issuer)/oauth2/par")
            #expect(about["require_pushed_authorization_requests"]?.bool == false)
            #expect(try await server.get("/oauth2/par").status == .methodNotAllowed)
            let basic = try server.basic(request.clientID)
            let answer = try await server.post(
                "/oauth2/par",
                request.fields,
                basic: basic,
                headers: [.origin: "https://spa.example"]
            )
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
            #expect(answer.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @Test func `one reference raced 64-fold at two servers is taken once`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                for _ in 0..<10 {
                    let path = TestServer.path(try await pushed(first, request), client: request.clientID)
                    let answers = try await race(64) { number in
                        let server = number.isMultiple(of: 2) ? first : second
                        return try await server.browser().get(path, following: false)
                    }
                    #expect(answers.count { $0.status == .seeOther } == 1)
                    #expect(answers.count { $0.status == .badRequest } == 63)
                }
            }
        }
    }
}
