import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import OAuth

@testable import Provider

/// A client that registers itself, as a test plays it.
extension TestServer {
    /// An initial access token as an operator makes it.
    func registrationToken(
        _ allowance: RegistrationAllowance = RegistrationAllowance(),
        uses: Int = 1,
        lifetime: Int = 600
    ) async throws -> String {
        try await rooms.initialAccessTokens.issue(
            allowance,
            uses: uses,
            lifetime: lifetime,
            note: "test",
            trace: .commandLine
        ).token.reveal()
    }

    /// A request with a JSON body, if there is one, and a bearer token, if there is one.
    func sendJSON(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSON?,
        bearer: String?,
        type: String = "application/json"
    ) async throws -> TestAnswer {
        var headers = HTTPFields()
        if body != nil { headers[.contentType] = type }
        if let bearer { headers[.authorization] = "Bearer \(bearer)" }
        let buffer = body.map { ByteBuffer(bytes: $0.bytes) }
        return try await client.execute(uri: path, method: method, headers: headers, body: buffer) { TestAnswer($0) }
    }

    /// `POST /oauth2/register`; a redirect URI stands there unless said otherwise.
    func registerClient(_ members: [(String, JSON)] = [], token: String?) async throws -> TestAnswer {
        try await sendJSON(.post, "/oauth2/register", Self.registration(members), bearer: token)
    }

    static func registration(_ members: [(String, JSON)]) -> JSON {
        var object = JSONObject()
        object["redirect_uris"] = ["http://127.0.0.1:9999/callback"]
        for (name, value) in members { object[name] = value.isNull ? nil : value }
        return .object(object)
    }
}

/// A client as its registration answered.
struct TestClientInformation {
    let id: String
    let secret: String?
    let token: String
    let path: String
    let json: JSON

    init(_ answer: TestAnswer) throws {
        guard let id = answer.json["client_id"]?.string,
            let token = answer.json["registration_access_token"]?.string
        else { throw TestFault("no registration: \(answer.status) \(answer.body)") }
        self.id = id
        self.token = token
        secret = answer.json["client_secret"]?.string
        path = "/oauth2/register/\(id)"
        json = answer.json
    }
}
