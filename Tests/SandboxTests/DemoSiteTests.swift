import AsyncHTTPClient
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Sandbox

/// The site in front of a fake issuer, and a browser that keeps one cookie.
private struct Visit: Sendable {
    let issuer: FakeIssuer
    let issuerURL: String
    let site: any TestClientProtocol

    /// Known once the port is.
    private final class Address: Sendable {
        let url = Mutex("")
    }

    /// Runs `body` with both servers up.
    static func run(_ body: @escaping @Sendable (Visit) async throws -> Void) async throws {
        let issuer = try FakeIssuer()
        let address = Address()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, ready) = AsyncStream<Int>.makeStream()
            let router = issuer.router { address.url.withLock { $0 } }
            let application = Application(
                router: router,
                configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { ready.yield($0.localAddress?.port ?? 0) },
                logger: quiet
            )
            group.addTask { try await application.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            address.url.withLock { $0 = "http://127.0.0.1:\(port)" }
            try await inFront(of: issuer, "http://127.0.0.1:\(port)", body)
            group.cancelAll()
        }
    }

    private static func inFront(
        of issuer: FakeIssuer,
        _ url: String,
        _ body: @escaping @Sendable (Visit) async throws -> Void
    ) async throws {
        let configuration = DemoRelyingParty.Configuration(
            issuer: url,
            port: 9,
            clientSecret: Secret("s:cret"),
            logger: quiet,
            now: { Example.now }
        )
        let routes = DemoRoutes(configuration, issuer: DemoIssuer(configuration, client: .shared))
        try await Application(router: routes.router, logger: quiet).test(.router) { site in
            try await body(Visit(issuer: issuer, issuerURL: url, site: site))
        }
    }

    private static let quiet: Logger = {
        var logger = Logger(label: "quiet")
        logger.logLevel = .critical
        return logger
    }()

    /// `GET` with a cookie.
    func get(_ path: String, cookie: String? = nil) async throws -> TestResponse {
        try await site.execute(uri: path, method: .get, headers: Self.headers(cookie))
    }

    func post(_ path: String, _ form: DemoForm, cookie: String? = nil) async throws -> TestResponse {
        var headers = Self.headers(cookie)
        headers[.contentType] = "application/x-www-form-urlencoded"
        return try await site.execute(
            uri: path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: form.encoded)
        )
    }

    private static func headers(_ cookie: String?) -> HTTPFields {
        var headers = HTTPFields()
        if let cookie { headers[.cookie] = "session=x; demo_session=\(cookie); a=b" }
        return headers
    }

    /// Starts a login and tells the issuer what to remember of it.
    /// - Returns: the browser's cookie, and what the issuer answers to the callback.
    func start(_ query: String = "", cookie: String? = nil) async throws -> (cookie: String, answer: DemoForm) {
        let response = try await get("/login" + query, cookie: cookie)
        let location = try #require(response.headers[.location])
        let sent = try #require(DemoForm(parsing: location.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()))
        #expect(location.hasPrefix(issuerURL + "/authorize?"))
        #expect(sent["response_type"] == "code" && sent["code_challenge_method"] == "S256")
        issuer.memory.withLock { memory in
            memory.nonce = sent["nonce"] ?? ""
            memory.challenge = sent["code_challenge"] ?? ""
        }
        let answer = DemoForm([("state", sent["state"] ?? ""), ("code", "good"), ("iss", issuerURL)])
        return (try Self.cookie(response), answer)
    }

    static func cookie(_ response: TestResponse) throws -> String {
        let line = try #require(response.headers[.setCookie])
        #expect(line.contains("HttpOnly") && line.contains("SameSite=Lax"))
        return String(line.dropFirst("demo_session=".count).prefix { $0 != ";" })
    }

    /// Code of the last fault, from the page.
    static func fault(_ response: TestResponse) -> String? {
        let page = String(buffer: response.body)
        guard let start = page.firstRange(of: "data-fault=\"")?.upperBound else { return nil }
        return String(page[start...].prefix { $0 != "\"" })
    }

    func session(_ cookie: String?) async throws -> JSON {
        try JSON(parsing: Array(try await get("/session.json", cookie: cookie).body.readableBytesView))
    }
}

@Suite struct `The demo site` {
    @Test func `a logout notice ends the login it names, once, and a bad one ends nothing`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start()
            let after = try Visit.cookie(try await visit.get("/callback?" + answer.encoded, cookie: cookie))
            #expect(try await visit.session(after)["authenticated"]?.bool == true)
            func notify(_ change: (inout JSONObject) -> Void = { _ in }, type: String? = "logout+jwt") async throws
                -> HTTPResponse.Status
            {
                var claims = JSONObject()
                claims["iss"] = .string(visit.issuerURL)
                claims["sub"] = "subject-1"
                claims["aud"] = .string(DemoRelyingParty.clientID)
                claims["iat"] = .integer(Example.now)
                claims["exp"] = .integer(Example.now + 120)
                claims["jti"] = "one"
                claims["events"] = ["http://schemas.openid.net/event/backchannel-logout": [:]]
                change(&claims)
                let token = try JWS.sign(type: type, payload: JSON.object(claims).bytes, key: visit.issuer.key)
                return try await visit.post("/backchannel-logout", DemoForm([("logout_token", token)])).status
            }
            #expect(try await notify({ $0["nonce"] = "n" }) == .badRequest)
            #expect(try await notify({ $0["events"] = nil }) == .badRequest)
            #expect(try await notify({ $0["aud"] = "another" }) == .badRequest)
            #expect(try await notify({ $0["exp"] = .integer(Example.now - 600) }) == .badRequest)
            #expect(try await notify({ $0["sub"] = nil }) == .badRequest)
            #expect(try await notify(type: "at+jwt") == .badRequest)
            #expect(try await notify({ $0["sid"] = "of another session" }) == .ok)
            #expect(try await visit.session(after)["authenticated"]?.bool == true)
            #expect(try await notify({ $0["jti"] = "two" }) == .ok)
            #expect(try await visit.session(after)["authenticated"]?.bool == false)
            let page = String(buffer: try await visit.get("/", cookie: after).body)
            #expect(page.contains("data-testid=\"ended-elsewhere\""))
            #expect(try await notify({ $0["jti"] = "two" }) == .ok)
            let notices = try await visit.session(after)["backchannel_logouts"]?.array ?? []
            #expect(notices.count { $0["accepted"]?.bool == true } == 2)
            #expect(notices.count == 8)
        }
    }

    @Test func `a login ends with claims, a new cookie and tokens in the JSON twin`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start()
            let response = try await visit.get("/callback?" + answer.encoded, cookie: cookie)
            #expect(response.status == .seeOther && response.headers[.location] == "/")
            let renewed = try Visit.cookie(response)
            #expect(renewed != cookie)
            #expect(try await visit.session(cookie)["authenticated"] == false)
            let session = try await visit.session(renewed)
            #expect(session["claims"]?["sub"] == "subject-1")
            #expect(session["id_token"]?["claims"]?["aud"]?.string == DemoRelyingParty.clientID)
            let page = String(buffer: try await visit.get("/", cookie: renewed).body)
            #expect(page.contains("张&lt;三&gt;") && !page.contains("张<三>"))
            // RFC 6749 §2.3.1: both parts form-encoded.
            let basic = "Basic " + Base64.encode(Array("demo-relying-party:s%3Acret".utf8))
            #expect(visit.issuer.memory.withLock { $0.basic } == basic)
        }
    }

    @Test func `an answer counts once, and in its own browser only`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start()
            let (stranger, _) = try await visit.start()
            let path = "/callback?" + answer.encoded
            #expect(Visit.fault(try await visit.get(path, cookie: stranger)) == "unknown_state")
            #expect(Visit.fault(try await visit.get(path)) == "unknown_state")
            // The stranger's try has not used it up, and the second login's nonce is not the first's.
            #expect(Visit.fault(try await visit.get(path, cookie: cookie)) == "invalid_grant")
            #expect(Visit.fault(try await visit.get(path, cookie: cookie)) == "unknown_state")
        }
    }

    @Test func `an answer without the issuer's name, or with another's, is refused (RFC 9207 §2.4)`() async throws {
        try await Visit.run { visit in
            for (issuer, fault) in [(nil, "issuer_missing"), ("http://127.0.0.1:1", "issuer_mismatch")] {
                let (cookie, answer) = try await visit.start()
                var changed = DemoForm([("state", answer["state"] ?? ""), ("code", "good")])
                changed.add("iss", issuer)
                let response = try await visit.get("/callback?" + changed.encoded, cookie: cookie)
                #expect(Visit.fault(response) == fault && response.status == .badRequest)
            }
        }
    }

    @Test(arguments: ["access_denied", "login_required", "server_error", "some_new_error"])
    func `an error of the issuer is shown in words and changes nothing`(code: String) async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start()
            let form = DemoForm([
                ("state", answer["state"] ?? ""), ("iss", visit.issuerURL), ("error", code),
                ("error_description", "<script>\"\u{301}"),
            ])
            let response = try await visit.get("/callback?" + form.encoded, cookie: cookie)
            #expect(Visit.fault(response) == code)
            #expect(!String(buffer: response.body).contains("<script"))
            #expect(try await visit.session(cookie)["fault"]?["code"]?.string == code)
        }
    }

    @Test func `userinfo of another subject is not used (OpenID Connect Core §5.3.2)`() async throws {
        try await Visit.run { visit in
            visit.issuer.memory.withLock { $0.userinfoSubject = "subject-2" }
            let (cookie, answer) = try await visit.start()
            let response = try await visit.get("/callback?" + answer.encoded, cookie: cookie)
            #expect(Visit.fault(response) == "id_token_userinfo_sub")
            #expect(try await visit.session(cookie)["authenticated"] == false)
        }
    }

    @Test func `a posted answer without the cookie comes again by GET, once`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start("?response_mode=form_post")
            let bounced = try await visit.post("/callback", answer)
            let path = try #require(bounced.headers[.location])
            #expect(bounced.status == .seeOther && !path.contains("good"))
            let response = try await visit.get(path, cookie: cookie)
            #expect(response.headers[.location] == "/")
            #expect(Visit.fault(try await visit.get(path, cookie: cookie)) == "unknown_state")
        }
    }

    @Test func `an answer comes back the way that was asked for`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start("?response_mode=form_post")
            let response = try await visit.get("/callback?" + answer.encoded, cookie: cookie)
            #expect(Visit.fault(response) == "response_mode_mismatch")
            let (second, posted) = try await visit.start()
            #expect(Visit.fault(try await visit.post("/callback", posted, cookie: second)) == "response_mode_mismatch")
        }
    }

    @Test func `logging out needs the page's own form, ends here and at the issuer`() async throws {
        try await Visit.run { visit in
            let (cookie, answer) = try await visit.start()
            let browser = try Visit.cookie(try await visit.get("/callback?" + answer.encoded, cookie: cookie))
            let forged = try await visit.post("/logout", DemoForm([("csrf", cookie)]), cookie: browser)
            #expect(forged.status == .forbidden)
            #expect(try await visit.session(browser)["authenticated"] == true)
            let page = String(buffer: try await visit.get("/", cookie: browser).body)
            let start = try #require(page.firstRange(of: "name=\"csrf\" value=\"")?.upperBound)
            let csrf = String(page[start...].prefix { $0 != "\"" })
            let response = try await visit.post("/logout", DemoForm([("csrf", csrf)]), cookie: browser)
            let after = try Visit.cookie(response)
            let location = try #require(response.headers[.location])
            let sent = try #require(DemoForm(parsing: location.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()))
            #expect(location.hasPrefix(visit.issuerURL + "/logout?") && sent["id_token_hint"] != nil)
            #expect(sent["post_logout_redirect_uri"] == "http://127.0.0.1:9/signed-out")
            for session in [browser, after] { #expect(try await visit.session(session)["authenticated"] == false) }
            let state = DemoForm([("state", sent["state"] ?? "")]).encoded
            let back = String(buffer: try await visit.get("/signed-out?" + state, cookie: after).body)
            #expect(back.contains("data-confirmed=\"true\""))
        }
    }

    @Test func `every page allows nothing inline and nothing from elsewhere`() async throws {
        try await Visit.run { visit in
            for path in ["/", "/callback", "/login?prompt=bad", "/signed-out"] {
                let response = try await visit.get(path)
                let policy = response.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "\(path)")
                let page = String(buffer: response.body)
                #expect(!page.contains("<script") && !page.contains(" style=") && !page.contains(" on"), "\(path)")
                #expect(response.headers[.cacheControl] == "no-store")
            }
        }
    }

    @Test func `what the site remembers is bounded in number`() {
        let visitors = DemoVisitors { Example.now }
        var cookie: String?
        var states: [String] = []
        for _ in 0..<(DemoVisitors.attemptsPerVisitor + 3) {
            let attempt = DemoVisitors.Attempt(DemoLoginOptions(), at: Example.now)
            states.append(attempt.state)
            cookie = visitors.begin(attempt, cookie: cookie)
        }
        #expect(visitors.visitor(cookie)?.attempts.map(\.state) == states.suffix(DemoVisitors.attemptsPerVisitor))
        for _ in 0..<(DemoVisitors.largest + 10) {
            _ = visitors.begin(DemoVisitors.Attempt(DemoLoginOptions(), at: Example.now), cookie: nil)
        }
        #expect(visitors.count <= DemoVisitors.largest)
    }

    @Test func `a login that takes too long is forgotten`() {
        let time = Clock()
        let visitors = DemoVisitors { time.now.withLock { $0 } }
        let attempt = DemoVisitors.Attempt(DemoLoginOptions(), at: Example.now)
        let cookie = visitors.begin(attempt, cookie: nil)
        time.now.withLock { $0 += DemoVisitors.attemptLifetime }
        #expect(visitors.take(state: attempt.state, cookie: cookie) == nil)
        time.now.withLock { $0 += DemoVisitors.visitorLifetime }
        #expect(visitors.visitor(cookie) == nil)
    }

    private final class Clock: Sendable {
        let now = Mutex(Example.now)
    }
}
