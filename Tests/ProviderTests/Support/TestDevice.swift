import Cryptography
import OAuth
import Testing

@testable import Provider

/// A device that shows a code and polls (RFC 8628).
struct TestDevice: Sendable {
    let clientID: String
    let deviceCode: String
    let userCode: String
    let answer: TestAnswer
}

extension TestServer {
    static let deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

    /// The credentials of a ready client as form fields or as HTTP Basic.
    private func credentials(_ id: String) throws -> (fields: [(String, String)], basic: (String, String)?) {
        try ready(id).secret == nil ? ([("client_id", id)], nil) : ([], basic(id))
    }

    func deviceAuthorization(_ fields: [(String, String)], by client: String = "sandbox-device") async throws
        -> TestAnswer
    {
        let proof = try credentials(client)
        return try await post("/oauth2/device_authorization", fields + proof.fields, basic: proof.basic)
    }

    func device(_ scope: String = "openid profile offline_access", by client: String = "sandbox-device") async throws
        -> TestDevice
    {
        let answer = try await deviceAuthorization([("scope", scope)], by: client)
        return TestDevice(
            clientID: client,
            deviceCode: try #require(answer.json["device_code"]?.string, "\(answer.body)"),
            userCode: try #require(answer.json["user_code"]?.string),
            answer: answer
        )
    }

    func poll(_ device: TestDevice, by client: String? = nil, _ more: [(String, String)] = []) async throws
        -> TestAnswer
    {
        let proof = try credentials(client ?? device.clientID)
        let fields = [("grant_type", Self.deviceGrant), ("device_code", device.deviceCode)] + more
        return try await post("/oauth2/token", fields + proof.fields, basic: proof.basic)
    }
}

extension TestBrowser {
    /// Types a user code; the page that comes then.
    func enter(_ userCode: String) async throws -> TestAnswer {
        let page = try await get("/device")
        return try await post("/device", [("csrf", page.hidden("csrf") ?? ""), ("user_code", userCode)])
    }

    /// Types a user code and logs in if asked; the page with the question.
    func reachQuestion(_ userCode: String, server: TestServer, account: String = "zhangsan") async throws -> TestAnswer
    {
        let page = try await enter(userCode)
        guard page.body.contains("id=\"password-login\"") else { return page }
        return try await logIn(on: page, server: server, account: account)
    }

    /// Answers the question on its page.
    func decide(_ decision: String, on page: TestAnswer) async throws -> TestAnswer {
        let fields = [
            ("csrf", page.hidden("csrf") ?? ""), ("transaction", page.hidden("transaction") ?? ""),
            ("decision", decision),
        ]
        return try await post("/device/confirm", fields)
    }
}
