import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Response types` {
    private func request(_ type: String, _ more: [(String, String)] = []) -> TestRequest {
        TestRequest(clientID: "sandbox-hybrid", responseType: type, more: more)
    }

    /// The claims of an ID token whose signature is by a published key.
    private func claims(_ token: String?, _ server: TestServer) throws -> JSON {
        let jws = try JWS.parse(try #require(token))
        #expect(server.rooms.keyRing.hasSigned(jws))
        #expect(jws.type == nil)
        return JSON.object(try #require(jws.claims))
    }

    @Test func `code id_token gives both in the fragment, bound to each other (OIDC Core §3.3)`() async throws {
        try await TestServer.with { server in
            let request = request("code id_token", [("claims", #"{"id_token":{"phone_number":null}}"#)])
            let answer = try await server.browser().authorize(request, server: server)
            #expect(answer.location?.hasPrefix(request.redirectURI + "#") == true)
            #expect(answer.redirected("state") == "s1")
            #expect(answer.redirected("iss") == TestServer.issuer)
            #expect(answer.redirected("access_token") == nil)
            let code = try #require(answer.redirected("code"))
            let front = try claims(answer.redirected("id_token"), server)
            #expect(front["nonce"] == "n1")
            #expect(front["aud"] == "sandbox-hybrid")
            #expect(front["c_hash"]?.string == Base64URL.encode(Array(Digest.sha256(code.utf8).prefix(16))))
            #expect(front["at_hash"] == nil)
            #expect(front["phone_number"] == nil, "what is said of the person comes by the back channel (§3.3.3.6)")

            let tokens = try await server.post(
                "/oauth2/token",
                request.exchange(code),
                basic: server.basic(request.clientID)
            )
            let back = try claims(tokens.json["id_token"]?.string, server)
            for name in ["iss", "sub", "aud", "nonce", "auth_time", "acr", "sid"] {
                #expect(front[name] == back[name], "\(name)")
            }
            #expect(back["phone_number"]?.string == "+8613800000001")
        }
    }

    @Test func `id_token gives one alone, with the claims of the scopes, and nothing to redeem (OIDC Core §3.2, §5.4)`()
        async throws
    {
        try await TestServer.with { server in
            var request = request("id_token")
            request.scope = "openid profile phone"
            let answer = try await server.browser().authorize(request, server: server)
            #expect(answer.location?.hasPrefix(request.redirectURI + "#") == true)
            #expect(answer.redirected("code") == nil)
            let claims = try claims(answer.redirected("id_token"), server)
            #expect(claims["nonce"] == "n1")
            #expect(claims["phone_number"]?.string == "+8613800000001")
            #expect(claims["preferred_username"]?.string == "zhangsan")
            #expect(claims["id_number"] == nil)
            #expect(claims["c_hash"] == nil && claims["at_hash"] == nil)
            let kind = OneTime.Kind.authorizationCode.rawValue
            let codes = try await server.rooms.database.rows("SELECT 1 AS one FROM one_time WHERE kind = \(kind)")
            #expect(codes.isEmpty)
            let record = try await server.rooms.database.row(
                "SELECT client_id FROM audit WHERE event = 'id_token.issued'"
            )
            #expect(try record?.get("client_id", as: String.self) == "sandbox-hybrid")
        }
    }

    @Test(arguments: ["code", "id_token", "code id_token", "id_token code"])
    func `form_post carries each of them in a form that posts itself`(type: String) async throws {
        try await TestServer.with { server in
            let request = request(type, [("response_mode", "form_post")])
            let page = try await server.browser().authorize(request, server: server)
            #expect(page.status == .ok)
            #expect(page.headers[.cacheControl] == "no-store")
            #expect(page.body.contains("action=\"\(request.redirectURI)\""))
            #expect(page.posted("state") == "s1")
            #expect((page.posted("code") != nil) == type.contains("code"))
            #expect((page.posted("id_token") != nil) == type.contains("id_token"))
            #expect(page.location == nil)
        }
    }

    @Test func `an error of a fragment type goes into the fragment, also when the mode asked for is refused`()
        async throws
    {
        try await TestServer.with { server in
            let cases: [([(String, String)], String)] = [
                ([("prompt", "none")], "login_required"), ([("nonce", "")], "invalid_request"),
                ([("response_mode", "query")], "invalid_request"), ([("scope", "profile")], "invalid_scope"),
                ([("prompt", "unheard-of")], "invalid_request"),
            ]
            for type in ["id_token", "code id_token"] {
                for (more, code) in cases {
                    let request = request(type, more)
                    let answer = try await server.browser().get(request.path, following: false)
                    #expect(answer.location?.hasPrefix(request.redirectURI + "#") == true, "\(more)")
                    #expect(answer.redirected("error") == code, "\(more)")
                    #expect(answer.redirected("state") == "s1")
                    #expect(answer.redirected("iss") == TestServer.issuer)
                }
            }
        }
    }

    @Test func `only a client that registered a type gets it, and token in any form is nobody's`() async throws {
        try await TestServer.with { server in
            for type in ["id_token", "code id_token"] {
                let stranger = TestRequest(responseType: type)
                let answer = try await server.browser().get(stranger.path, following: false)
                #expect(answer.redirected("error") == "unauthorized_client", "\(type)")
            }
            for type in ["token", "id_token token", "code token", "code id_token token", "none"] {
                let answer = try await server.browser().get(request(type).path, following: false)
                #expect(answer.redirected("error") == "unsupported_response_type", "\(type)")
            }
        }
    }

    @Test func `a registration needs implicit for each type that gives an ID token`() async throws {
        try await TestServer.with { server in
            let members: [(String, JSON)] = [
                ("redirect_uris", ["https://rp.example/cb"]), ("response_types", ["code id_token"]),
                ("grant_types", ["authorization_code"]), ("scope", "openid"),
            ]
            await #expect(throws: ClientMetadataError.self) { try await server.register("half", members) }
            let about = try await server.get("/.well-known/openid-configuration").json
            #expect(about["response_types_supported"] == ["code", "id_token", "code id_token"])
            #expect(about["response_modes_supported"] == ["query", "fragment", "form_post"])
            #expect(about["grant_types_supported"]?.strings?.contains("implicit") == true)
        }
    }
}
