import Cryptography
import FoundationEssentials
import Glibc
import HTTPTypes
import Logging
import Testing

@testable import Provider

@Suite struct `Logs of a whole login` {
    /// Runs `body` with a logger as chatty as it gets, as the server makes it, and gives what it wrote.
    private func logs(_ body: @Sendable (Logger) async throws -> Void) async throws -> String {
        let path = "/tmp/citygate-log-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let descriptor = open(path, O_CREAT | O_RDWR | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        let sink = LogSink(descriptor: descriptor)
        try await body(Logger(label: "test") { JSONLogHandler(label: $0, level: .trace, sink: sink) })
        sink.flush()
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func `hold no secret and no personal data, and say what happened`() async throws {
        let secrets = Collected()
        let text = try await logs { logger in
            try await TestServer.with(logger: logger) { server in
                let request = TestRequest(scope: "openid profile phone email realname offline_access")
                let browser = server.browser()
                let page = try await browser.get(request.path)
                let captcha = try #require(page.hidden("captcha_id"))
                let wrong = try await browser.logIn(on: page, server: server, password: "Wrong-2026")
                let consent = try await browser.logIn(on: wrong, server: server, account: "13800000001")
                let done = try await browser.post(
                    "/consent",
                    [
                        ("csrf", #require(consent.hidden("csrf"))),
                        ("transaction", #require(consent.hidden("transaction"))), ("decision", "allow"),
                    ]
                )
                let code = try #require(done.redirected("code"))
                let tokens = try TestTokens(
                    await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
                )
                _ = try await server.get("/oauth2/userinfo", bearer: tokens.access)
                _ = try await server.get("/oauth2/userinfo", bearer: String(tokens.access.dropLast()))
                let refreshed = try TestTokens(await server.refresh(tokens.refresh))
                _ = try await server.refresh(tokens.refresh + "x")
                _ = try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
                _ = try await server.post("/oauth2/token", request.exchange(code), basic: ("sandbox-basic", "Guess-9"))
                let hint = try #require(tokens.answer.json["id_token"]?.string)
                _ = try await browser.get("/oauth2/logout?id_token_hint=\(hint)")
                try secrets.add([
                    Persona.password, "Wrong-2026", "Guess-9", captcha, code, tokens.access, tokens.refresh,
                    refreshed.access, refreshed.refresh, request.verifier, server.basic().1,
                    page.hidden("csrf"), page.hidden("transaction"), browser.cookie("browser"),
                    browser.cookie("session"), tokens.answer.json["id_token"]?.string,
                ])
            }
        }
        secrets.add(["zhangsan", "13800000001", "110101190001010014", "张三", "zhangsan@example.com"])
        #expect(secrets.all.count >= 20)
        for secret in secrets.all { #expect(!text.contains(secret), "\(secret.prefix(12))… stands in the log") }
        // Not an empty victory: the log tells each request, its route, and that tokens were issued.
        for words in ["/oauth2/token", "/oauth2/userinfo", "token issued", "request_id", "/login"] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func `a server told to log no requests logs none`() async throws {
        let text = try await logs { logger in
            try await TestServer.with(["CITYGATE_LOGGING_REQUESTS": "false"], logger: logger) { server in
                let page = try await server.get("/login")
                #expect(page.status == .ok)
            }
        }
        #expect(!text.contains("\"msg\":\"request\""))
    }

    /// What the login had that must not be seen.
    private final class Collected: @unchecked Sendable {
        // Safe: filled by one test, one after the other, and read when that has ended.
        private(set) var all: [String] = []
        func add(_ more: [String?]) { all += more.compactMap { $0 }.filter { !$0.isEmpty } }
    }
}
