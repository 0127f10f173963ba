import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The paths of the demo site, in the order in which a login walks them.
struct DemoRoutes: Sendable {
    private let configuration: DemoRelyingParty.Configuration
    private let issuer: DemoIssuer
    private let visitors: DemoVisitors
    private let pages: DemoPages

    private static let cookieName = "demo_session"
    private static let largestForm = 32 << 10
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")

    init(_ configuration: DemoRelyingParty.Configuration, issuer: DemoIssuer) {
        self.configuration = configuration
        self.issuer = issuer
        visitors = DemoVisitors(now: configuration.now)
        pages = DemoPages(issuer: configuration.issuer, clientID: configuration.clientID)
    }

    var router: Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { request, _ in await home(request) }
        router.get("/session.json") { request, _ in session(request) }
        router.get("/login") { request, _ in await login(request) }
        router.get("/callback") { request, _ in
            await callback(DemoForm(parsing: (request.uri.query ?? "").utf8), posted: false, request)
        }
        router.post("/callback") { request, _ in await callback(await Self.form(of: request), posted: true, request) }
        router.post("/logout") { request, _ in await logout(request) }
        router.post("/backchannel-logout") { request, _ in await hear(request) }
        router.get("/signed-out") { request, _ in await signedOut(request) }
        router.get("/demo.css") { _, _ in Self.file(DemoStyle.sheet, "text/css; charset=utf-8") }
        router.get("/favicon.svg") { _, _ in Self.file(DemoStyle.icon, "image/svg+xml") }
        return router
    }

    private func home(_ request: Request) async -> Response {
        let visitor = visitors.visitor(Self.cookie(request))
        let document =
            visitor?.login.map { pages.signedIn($0, csrf: visitor?.csrf ?? "") }
            ?? pages.signedOut(endedAt: visitor?.endedAt, notices: visitors.notices)
        return await page(document)
    }

    /// The same as the page, for programs: who is logged in by this browser's cookie, with what tokens, and the last fault.
    private func session(_ request: Request) -> Response {
        let visitor = visitors.visitor(Self.cookie(request))
        var answer = JSONObject()
        answer["authenticated"] = .bool(visitor?.login != nil)
        answer["issuer"] = .string(configuration.issuer)
        answer["client_id"] = .string(configuration.clientID)
        for (name, value) in visitor?.login?.json.object ?? JSONObject() { answer[name] = value }
        answer["fault"] = visitor?.fault?.json ?? .null
        answer["ended_at"] = visitor?.endedAt.map { .integer($0) } ?? .null
        answer["backchannel_logouts"] = .array(visitors.notices.map(\.json))
        var response = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: JSON.object(answer).bytes)))
        response.headers[.contentType] = "application/json"
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func login(_ request: Request) async -> Response {
        guard let form = DemoForm(parsing: (request.uri.query ?? "").utf8), let options = DemoLoginOptions(form) else {
            return await page(pages.fault(DemoFault("unknown_option", "本网站不提供这种登录方式。")), status: .badRequest)
        }
        do throws(DemoFault) {
            let metadata = try await issuer.currentMetadata()
            let attempt = DemoVisitors.Attempt(options, at: configuration.now())
            let cookie = visitors.begin(attempt, cookie: Self.cookie(request))
            return redirect(to: attempt.authorizationURL(metadata, configuration), cookie: cookie)
        } catch {
            return await refusal(error, Self.cookie(request))
        }
    }

    private func callback(_ form: DemoForm?, posted: Bool, _ request: Request) async -> Response {
        let cookie = Self.cookie(request)
        guard var form else { return await refusal(.malformed, cookie) }
        var posted = posted
        if posted, cookie == nil {
            // SameSite=Lax keeps the cookie back from another site's POST; it comes with the GET that follows.
            return redirect(to: "/callback?" + DemoForm([("posted", visitors.keep(form))]).encoded)
        }
        if !posted, let handle = form["posted"] {
            guard let kept = visitors.takeKept(handle) else { return await refusal(.stale, cookie) }
            (form, posted) = (kept, true)
        }
        guard let state = form["state"], let attempt = visitors.take(state: state, cookie: cookie) else {
            return await refusal(.stale, cookie)
        }
        do throws(DemoFault) {
            let login = try await complete(attempt, form, posted: posted)
            let renewed = visitors.renew(cookie) { visitor in
                visitor.login = login
                visitor.fault = nil
                visitor.endedAt = nil
            }
            return redirect(to: "/", cookie: renewed)
        } catch {
            return await refusal(error, cookie)
        }
    }

    /// From the authorization response to a person: code, tokens, checks, claims.
    private func complete(
        _ attempt: DemoVisitors.Attempt,
        _ form: DemoForm,
        posted: Bool
    ) async throws(DemoFault) -> DemoLogin {
        let metadata = try await issuer.currentMetadata()
        let code = try attempt.code(in: form, posted: posted, metadata: metadata)
        let tokens = try await issuer.redeem(code: code, verifier: attempt.verifier)
        let keys = try await issuer.keys(for: DemoIDToken.parse(tokens.idToken).kid)
        let idToken = try DemoIDToken(
            tokens,
            keys: keys,
            attempt: attempt,
            issuer: configuration.issuer,
            clientID: configuration.clientID,
            now: configuration.now()
        )
        let claims = try await issuer.userinfo(accessToken: tokens.accessToken)
        // OpenID Connect Core §5.3.2: claims of another subject must not be used.
        guard claims["sub"] != nil, claims["sub"] == idToken.claims["sub"] else {
            throw .untrusted("userinfo_sub", "sub of userinfo and ID token differ")
        }
        return DemoLogin(options: attempt.options, tokens: tokens, idToken: idToken, claims: claims)
    }

    private func logout(_ request: Request) async -> Response {
        let cookie = Self.cookie(request)
        guard let visitor = visitors.visitor(cookie), let login = visitor.login else { return redirect(to: "/") }
        guard let presented = await Self.form(of: request)?["csrf"],
            ConstantTime.equal(Array(presented.utf8), Array(visitor.csrf.utf8))
        else {
            let fault = DemoFault("csrf", "退出请求不是从本网站的页面发出的，没有执行。")
            return await page(pages.fault(fault), status: .forbidden)
        }
        let state = OpaqueToken().value.reveal()
        let renewed = visitors.renew(cookie) { visitor in
            visitor.login = nil
            visitor.fault = nil
            visitor.logoutState = state
        }
        guard let address = await issuer.knownMetadata?.endSessionEndpoint else {
            return redirect(to: "/signed-out", cookie: renewed)
        }
        // OpenID Connect RP-Initiated Logout §2.
        let form = DemoForm([
            ("id_token_hint", login.tokens.idToken), ("client_id", configuration.clientID),
            ("post_logout_redirect_uri", configuration.postLogoutRedirectURI), ("state", state),
            ("ui_locales", "zh-CN"),
        ])
        return redirect(to: form.appended(to: address), cookie: renewed)
    }

    /// The issuer says that a login has ended (OpenID Connect Back-Channel Logout §2.5 to §2.8).
    private func hear(_ request: Request) async -> Response {
        var status = HTTPResponse.Status.ok
        do throws(DemoFault) {
            guard let text = await Self.form(of: request)?["logout_token"],
                let parsed = try? JWS.parse(text, limit: DemoLogoutToken.longest)
            else { throw DemoLogoutToken.refused("format") }
            let token = try DemoLogoutToken(
                parsed,
                keys: try await issuer.keys(for: parsed.kid),
                issuer: configuration.issuer,
                clientID: configuration.clientID,
                now: configuration.now()
            )
            visitors.end(token)
        } catch {
            visitors.refuse(error)
            // What is the site's own trouble may be better in a while; a bad token stays bad.
            status = error.code == "issuer_unreachable" ? .serviceUnavailable : .badRequest
        }
        var response = Response(status: status)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func signedOut(_ request: Request) async -> Response {
        let cookie = Self.cookie(request)
        let state = DemoForm(parsing: (request.uri.query ?? "").utf8)?["state"]
        let expected = visitors.visitor(cookie)?.logoutState
        let isConfirmed = expected != nil && expected == state
        visitors.update(cookie) { $0.logoutState = nil }
        return await page(pages.goodbye(isConfirmed: isConfirmed))
    }

    // MARK: Answers

    private func refusal(_ fault: DemoFault, _ cookie: String?) async -> Response {
        configuration.logger.notice("demo relying party: login failed", metadata: ["code": "\(fault.code)"])
        visitors.update(cookie) { $0.fault = fault }
        return await page(pages.fault(fault), status: fault.code == "issuer_unreachable" ? .badGateway : .badRequest)
    }

    /// A page under a policy that allows nothing inline and nothing from elsewhere; browsers apply `form-action` to the redirect
    /// after a form too, so the logout endpoint's origin is named.
    private func page(_ document: DemoMarkup, status: HTTPResponse.Status = .ok) async -> Response {
        let origin = await issuer.knownMetadata?.logoutOrigin.map { " " + $0 } ?? ""
        var response = Response(status: status, body: .init(byteBuffer: ByteBuffer(bytes: document.bytes)))
        response.headers[.contentType] = "text/html; charset=utf-8"
        response.headers[.cacheControl] = "no-store"
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'\(origin); frame-ancestors 'none'; "
            + "base-uri 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        if let name = Self.referrerPolicy { response.headers[name] = "no-referrer" }
        return response
    }

    private func redirect(to address: String, cookie: String? = nil) -> Response {
        var response = Response(status: .seeOther)
        response.headers[.location] = address
        response.headers[.cacheControl] = "no-store"
        if let name = Self.referrerPolicy { response.headers[name] = "no-referrer" }
        if let cookie {
            let secure = configuration.baseURL.hasPrefix("https://") ? "; Secure" : ""
            response.headers[.setCookie] = "\(Self.cookieName)=\(cookie); Path=/; HttpOnly; SameSite=Lax\(secure)"
        }
        return response
    }

    private static func file(_ text: String, _ type: String) -> Response {
        var response = Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: text)))
        response.headers[.contentType] = type
        response.headers[.cacheControl] = "max-age=300"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    // MARK: Questions

    private static func cookie(_ request: Request) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") }
                guard pair.starts(with: (cookieName + "=").utf8) else { continue }
                let value = String(Substring(pair.dropFirst(cookieName.utf8.count + 1)))
                if Base64URL.decode(value)?.count == 32 { return value }
            }
        }
        return nil
    }

    private static func form(of request: Request) async -> DemoForm? {
        guard let type = request.headers[.contentType],
            type.lowercased().hasPrefix("application/x-www-form-urlencoded"),
            let body = try? await request.body.collect(upTo: largestForm)
        else { return nil }
        return DemoForm(parsing: body.readableBytesView)
    }
}
