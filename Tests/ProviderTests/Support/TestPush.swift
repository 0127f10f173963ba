import Cryptography
import OAuth

@testable import Provider

extension TestServer {
    /// Pushes a request as a client that sends its secret by Basic.
    func push(_ request: TestRequest, changing changes: [String: String?] = [:]) async throws -> TestAnswer {
        var fields = request.fields.filter { !changes.keys.contains($0.0) }
        for (name, value) in changes { if let value { fields.append((name, value)) } }
        return try await post("/oauth2/par", fields, basic: basic(request.clientID))
    }

    /// Where a browser is sent with a pushed request.
    static func path(_ requestURI: String, client: String, more: [(String, String)] = []) -> String {
        "/oauth2/authorize?" + TestForm.encode([("client_id", client), ("request_uri", requestURI)] + more)
    }
}
