import Cryptography
import OAuth
import Postgres
import Testing

@testable import Provider

extension TestServer {
    /// A whole login with offline access.
    func tokens(
        _ request: TestRequest = TestRequest(scope: "openid profile offline_access"),
        account: String = "zhangsan"
    ) async throws -> TestTokens {
        let code = try await code(request, account: account)
        let answer = try await post("/oauth2/token", request.exchange(code), basic: basic(request.clientID))
        return try TestTokens(answer)
    }

    /// A refresh as a client sends it.
    func refresh(_ token: String, by client: String = "sandbox-basic", _ more: [(String, String)] = []) async throws
        -> TestAnswer
    {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)] + more
        return try await post("/oauth2/token", form, basic: basic(client))
    }

    func introspect(_ token: String, by client: String = "sandbox-basic") async throws -> TestAnswer {
        try await post("/oauth2/introspect", [("token", token)], basic: basic(client))
    }

    func revoke(_ token: String, by client: String = "sandbox-basic") async throws -> TestAnswer {
        try await post("/oauth2/revoke", [("token", token)], basic: basic(client))
    }

    /// A token for a service itself.
    func serviceToken(_ client: String = "sandbox-service", _ more: [(String, String)] = []) async throws -> String {
        let form = [("grant_type", "client_credentials"), ("resource", "https://api.citygate.example/")] + more
        let answer = try await post("/oauth2/token", form, basic: basic(client))
        return try #require(answer.json["access_token"]?.string, "\(answer.body)")
    }

    /// One value of the store.
    func count(_ sql: SQL) async throws -> Int {
        try #require(try await rooms.database.row(sql)).get(at: 0)
    }
}

/// A token answer.
struct TestTokens: Sendable {
    let access: String
    let refresh: String
    let answer: TestAnswer

    init(_ answer: TestAnswer) throws {
        self.answer = answer
        access = try #require(answer.json["access_token"]?.string, "\(answer.body)")
        refresh = answer.json["refresh_token"]?.string ?? ""
    }

    /// The claims of a JWT of the answer.
    func claims(_ member: String = "access_token") throws -> JSONObject {
        let jwt = try #require(answer.json[member]?.string)
        return try #require(try JWS.parse(jwt, limit: 8192).claims)
    }
}
