import Cryptography
import HTTPTypes
import OAuth

@testable import Provider

/// An authorization request of a test's relying party.
struct TestRequest: Sendable {
    var clientID = "sandbox-basic"
    var redirectURI = "http://127.0.0.1:9999/callback"
    var responseType = "code"
    var scope = "openid profile"
    var more: [(String, String)] = []
    var verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    var path: String {
        "/oauth2/authorize?" + TestForm.encode(fields)
    }

    /// The parameters; one of `more` takes the place of its namesake.
    var fields: [(String, String)] {
        let standard = [
            ("client_id", clientID), ("redirect_uri", redirectURI), ("response_type", responseType), ("scope", scope),
            ("state", "s1"), ("nonce", "n1"), ("code_challenge", CodeVerifier(verifier)?.challenge.value ?? ""),
            ("code_challenge_method", "S256"),
        ]
        return standard.filter { field in !more.contains { $0.0 == field.0 } } + more
    }

    /// The token request for a code.
    func exchange(_ code: String) -> [(String, String)] {
        [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI),
            ("code_verifier", verifier),
        ]
    }
}

extension TestBrowser {
    /// Logs in on the login page that `page` is, answering the captcha.
    func logIn(
        on page: TestAnswer,
        server: TestServer,
        account: String = "zhangsan",
        password: String = Persona.password,
        captcha: String? = nil,
        more: [(String, String)] = []
    ) async throws -> TestAnswer {
        guard let id = page.hidden("captcha_id"), let csrf = page.hidden("csrf") else {
            throw TestFault("no login page: \(page.status) \(page.body.prefix(400))")
        }
        let answer = try await server.rooms.captchas.answer(id: id) ?? ""
        let transaction = page.hidden("transaction").map { [("transaction", $0)] } ?? []
        return try await post(
            "/login",
            [
                ("csrf", csrf), ("captcha_id", id), ("captcha", captcha ?? answer), ("account", account),
                ("password", password),
            ] + transaction + more
        )
    }

    /// Walks a whole login and consent.
    /// - Returns: the redirect to the relying party.
    func authorize(_ request: TestRequest, server: TestServer, account: String = "zhangsan") async throws -> TestAnswer
    {
        try await walk(request.path, server: server, account: account)
    }

    /// The same from any address of the authorization endpoint.
    func walk(_ path: String, server: TestServer, account: String = "zhangsan") async throws -> TestAnswer {
        var answer = try await get(path)
        if answer.body.contains("id=\"password-login\"") {
            answer = try await logIn(on: answer, server: server, account: account)
        }
        if answer.body.contains("id=\"consent\"") {
            guard let csrf = answer.hidden("csrf"), let transaction = answer.hidden("transaction") else {
                throw TestFault("no consent form")
            }
            answer = try await post(
                "/consent",
                [("csrf", csrf), ("transaction", transaction), ("decision", "allow")]
            )
        }
        return answer
    }
}

extension TestServer {
    /// A code for a persona, with whatever it takes.
    func code(_ request: TestRequest = TestRequest(), account: String = "zhangsan") async throws -> String {
        try await code(at: request.path, account: account)
    }

    /// The same from any address of the authorization endpoint.
    func code(at path: String, account: String = "zhangsan") async throws -> String {
        let answer = try await browser().walk(path, server: self, account: account)
        guard let code = answer.redirected("code") else {
            throw TestFault("no code: \(answer.status) \(answer.location ?? String(answer.body.prefix(600)))")
        }
        return code
    }

    /// The credentials of a ready client with a secret.
    func basic(_ id: String = "sandbox-basic") throws -> (String, String) {
        (id, try ready(id).secret?.reveal() ?? "")
    }
}
