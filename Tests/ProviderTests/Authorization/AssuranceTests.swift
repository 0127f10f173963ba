import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `A level that the account lacks` {
    private func demand(_ level: String) -> TestRequest {
        let claims = "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:citygate:acr:\(level)\"]}}}"
        return TestRequest(more: [("claims", claims)])
    }

    @Test func `the person is told what is missing, and the relying party hears it when they go back`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            let page = try await browser.walk(demand("L3").path, server: server, account: "wangwu")
            #expect(page.body.contains("data-page=\"assurance\"") && page.body.contains("需要中级认证，您当前为未实名认证"))
            let fields = ["csrf", "transaction"].map { ($0, page.hidden($0) ?? "") }
            let foreign = try await browser.post("/assurance", [("csrf", "x"), fields[1], ("decision", "return")])
            #expect(foreign.body.contains("data-page=\"assurance\""))
            let answer = try await browser.post("/assurance", fields + [("decision", "return")])
            #expect(answer.redirected("error") == "unmet_authentication_requirements")
            #expect(answer.redirected("state") == "s1" && answer.redirected("iss") == TestServer.issuer)
            let records = try await server.count("SELECT count(*) FROM audit WHERE event = 'assurance.refused'")
            #expect(records == 1)
        }
    }

    @Test func `without a person it is an error at once, and a person who has the level is not stopped`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            _ = try await browser.authorize(TestRequest(), server: server, account: "wangwu")
            var silent = demand("L2")
            silent.more.append(("prompt", "none"))
            #expect(
                try await browser.get(silent.path).redirected("error") == "unmet_authentication_requirements"
            )
            #expect(try await server.browser().authorize(demand("L3"), server: server).redirected("code") != nil)
        }
    }

    @Test func `a wish is answered with what there is; a client's own floor is a demand`() async throws {
        try await TestServer.with { server in
            let wish = TestRequest(more: [("acr_values", "urn:citygate:acr:L3")])
            let browser = server.browser()
            #expect(try await browser.authorize(wish, server: server, account: "wangwu").redirected("code") != nil)
            try await server.register(
                "strict",
                [
                    ("grant_types", ["authorization_code"]), ("response_types", ["code"]), ("scope", "openid profile"),
                    ("redirect_uris", ["http://127.0.0.1:9999/callback"]),
                    ("minimum_acr", "urn:citygate:acr:L2"),
                ]
            )
            let page = try await browser.get(TestRequest(clientID: "strict").path)
            #expect(page.body.contains("需要初级认证，您当前为未实名认证"))
        }
    }

    @Test func `the page of a request that is over, or of nobody, leads on`() async throws {
        try await TestServer.with { server in
            let browser = server.browser()
            #expect(try await browser.get("/assurance").status == .gone)
            let page = try await browser.walk(demand("L3").path, server: server, account: "wangwu")
            let transaction = try #require(page.hidden("transaction"))
            #expect(try await server.browser().get("/assurance?transaction=\(transaction)").status == .gone)
            try await browser.logOut()
            let login = try await browser.get("/assurance?transaction=\(transaction)")
            #expect(login.body.contains("id=\"password-login\""))
        }
    }
}
