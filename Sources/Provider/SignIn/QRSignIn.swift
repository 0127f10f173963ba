import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// Login by a picture that the phone confirms (journeys.md section 4): the browser's side of the conversation, from the picture on
/// the page to the session. The phone's side comes through the mini-program's calls; both meet in ``QRSessions``.
struct QRSignIn: Sendable {
    let desk: PageDesk
    let conversations: QRSessions
    let watch: QRSessionWatch
    let accounts: Accounts
    let sessions: Sessions
    let waiting: WaitingRequests
    /// The mini-program as people know it, and the ways to open it.
    let miniProgram: MiniProgramBrand
    /// Sandbox only: remembers what was shown.
    let pictures: RecentPictures?
    /// Where a login ends that no relying party waits for (journeys.md L7).
    let landing: String

    /// The longest a browser's question stays unanswered.
    static let longPoll = Duration.seconds(25)

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("login/qr", use: renew)
        router.get("login/qr/:id/status", use: status)
        router.get("login/qr/:id/events", use: events)
        router.post("login/qr/:id/finish", use: finish)
        router.get("q/:code", use: scannedByCamera)
    }

    // MARK: The panel on the login page

    /// The panel for the login page: the conversation named by `id`, or a new one.
    func panel(
        _ id: String,
        _ waiting: WaitingRequest?,
        browser: BrowserIdentity,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> QRPanel {
        var session = try await conversations.find(id, browser: browser)
        if let found = session, found.pending != waiting?.pending.name || found.state == .consumed { session = nil }
        let shown: QRSession
        if let session { shown = session } else { shown = try await begin(waiting, browser, request, context) }
        return QRPanel(
            session: shown,
            text: conversations.text(of: shown.id),
            account: try await mask(shown),
            transaction: waiting?.pending.name,
            program: miniProgram
        )
    }

    private func begin(
        _ waiting: WaitingRequest?,
        _ browser: BrowserIdentity,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> QRSession {
        let session = try await conversations.begin(
            QRSessions.Purpose(
                pending: waiting?.pending.name,
                clientID: waiting?.client.id.value,
                domain: waiting?.label.domain,
                userAgent: request.headers[.userAgent].map { String($0.prefix(300)) }
            ),
            browser: browser,
            trace: Trace(context)
        )
        pictures?.add(conversations.text(of: session.id))
        return session
    }

    /// Another picture in place of the old: the button 点击刷新, and the page's own renewal.
    @Sendable func renew(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let transaction = form.field(named: "transaction")
        let waiting = try await waiting.find(transaction, browser: browser)
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser),
            transaction.isEmpty || waiting?.isOpen == true
        else {
            guard wantsJSON(request) else { return .seeOther("/login") }
            return .json(["code": .string(Fault.flowExpired.code.rawValue)], status: .gone)
        }
        try await conversations.discard(form.field(named: "qr"), browser: browser)
        let session = try await begin(waiting, browser, request, context)
        guard wantsJSON(request) else {
            return .seeOther("\(waiting.map { $0.loginPath + "&" } ?? "/login?")qr=\(session.id)")
        }
        let text = conversations.text(of: session.id)
        guard let picture = QRPicture.svg(text) else { throw HTTPError(.internalServerError) }
        return .json([
            "id": .string(session.id), "text": .string(text), "picture": .string(picture.string),
            "v": .integer(Int64(session.version)), "state": .string(session.state.rawValue),
            "expires_in": .integer(Int64(session.expiresIn)),
        ])
    }

    private func wantsJSON(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("application/json") == true
    }

    // MARK: Waiting

    /// `?v=N`: answers when the conversation has left version N, at the latest after 25 s. Without `v`, at once and not more often
    /// than every two seconds; the words are those of RFC 8628 §3.5.
    @Sendable func status(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let id = context.parameters.get("id") ?? ""
        guard let key = QRSessions.watchKey(id) else { return Self.unknown }
        let asked = try Parameters.ofQuery(request).field(named: "v")
        guard let version = wholeNumber(asked) else {
            guard watch.mayPoll(key) else { return Self.slowDown }
            guard let session = try await conversations.find(id, browser: browser) else {
                return try await stranger(id, browser, context)
            }
            return .json(try await answer(session, isPlain: true))
        }
        // The owner is checked before anybody waits: a stranger costs no place.
        guard let now = try await conversations.find(id, browser: browser) else {
            return try await stranger(id, browser, context)
        }
        guard now.version == version, !now.state.isFinal else { return .json(try await answer(now, isPlain: false)) }
        let session = try await watch.value(key, within: min(Self.longPoll, .seconds(now.expiresIn + 1))) {
            try await conversations.find(id, browser: browser)
        } isStale: { session in
            session.map { $0.version == version && !$0.state.isFinal } ?? false
        }
        guard let session else { return Self.slowDown }
        guard let session else { return Self.unknown }
        return .json(try await answer(session, isPlain: false))
    }

    /// The same as server-sent events (HTML Standard §9.2), until the conversation is over.
    @Sendable func events(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let id = context.parameters.get("id") ?? ""
        guard let key = QRSessions.watchKey(id), let first = try await conversations.find(id, browser: browser) else {
            return try await stranger(id, browser, context)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var session = first
                try await writer.write(Self.event(try await answer(session, isPlain: false)))
                while !session.state.isFinal {
                    let version = session.version
                    let next = try await watch.value(key, within: min(.seconds(15), .seconds(session.expiresIn + 1))) {
                        try await conversations.find(id, browser: browser)
                    } isStale: { next in
                        next.map { $0.version == version && !$0.state.isFinal } ?? false
                    }
                    guard let next, let next else { break }
                    let isNews = next.version != version || next.state != session.state
                    session = next
                    let line = isNews ? Self.event(try await answer(session, isPlain: false)) : Self.heartbeat
                    try await writer.write(line)
                }
                try await writer.finish(nil)
            }
        )
    }

    private static let heartbeat = ByteBuffer(string: ": still here\n\n")

    private static func event(_ json: JSON) -> ByteBuffer { ByteBuffer(string: "data: \(json.text)\n\n") }

    private func answer(_ session: QRSession, isPlain: Bool) async throws -> JSON {
        .object([
            ("v", .integer(Int64(session.version))), ("state", .string(session.state.rawValue)),
            ("expires_in", .integer(Int64(session.expiresIn))),
            ("account", try await mask(session).map { .string($0) }),
            ("number", session.number.map { .integer(Int64($0)) }),
            ("error", isPlain ? Self.error(session.state).map { .string($0) } : nil),
            ("interval", isPlain ? .integer(Int64(QRSessionWatch.pollInterval)) : nil),
        ])
    }

    private static func error(_ state: QRSessionState) -> String? {
        switch state {
        case .waiting, .scanned: "authorization_pending"
        case .confirmed: nil
        case .cancelled: "access_denied"
        case .expired, .consumed: "expired_token"
        }
    }

    private static var slowDown: Response {
        var response = Response.json(["error": "slow_down", "interval": 2], status: .tooManyRequests)
        response.headers[.retryAfter] = "2"
        return response
    }

    /// The same for a secret that never was and for another browser's.
    private static var unknown: Response {
        .json(["error": "expired_token", "code": .string(Fault.qrUnknown.code.rawValue)], status: .notFound)
    }

    private func stranger(_ id: String, _ browser: BrowserIdentity, _ context: ProviderContext) async throws -> Response
    {
        try await conversations.noteStranger(id, browser: browser, trace: Trace(context))
        return Self.unknown
    }

    /// The account that scanned, masked (journeys.md Q5).
    private func mask(_ session: QRSession) async throws -> String? {
        guard let id = session.account, session.state == .scanned || session.state == .confirmed,
            let account = try await accounts.find(id)
        else { return nil }
        return account.phone.map(Mask.phone) ?? account.username.map(Mask.username)
    }

    // MARK: The end

    /// Spends the confirmed conversation and gives this browser, and no other, a new session (trust.md T03).
    @Sendable func finish(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let id = context.parameters.get("id") ?? ""
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            return page(ErrorPage(.qrWrongDevice, wayOn: Brand.Link("重新登录", "/login")), request, context, browser)
        }
        let current = try await conversations.find(id, browser: browser)
        let waiting = try await waiting.find(current?.pending ?? "", browser: browser)
        if let current, current.state == .waiting || current.state == .scanned || current.state == .expired {
            // The button without script, pressed too early: the page again, with what has happened so far.
            return .seeOther("\(waiting.map { $0.loginPath + "&" } ?? "/login?")qr=\(id)")
        }
        switch try await conversations.consume(id, browser: browser, trace: Trace(context)) {
        case .failure(let refusal):
            let link = Brand.Link("重新登录", waiting?.loginPath ?? "/login")
            return page(ErrorPage(Self.fault(refusal), wayOn: link), request, context, browser)
        case .success(let consumed):
            return try await enter(consumed, waiting, request, context, browser)
        }
    }

    private func enter(
        _ consumed: QRSessions.Consumed,
        _ waiting: WaitingRequest?,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) async throws -> Response {
        // RFC 8176 §2: another channel than the browser's, and a person who was there. Between networks the login may have been
        // relayed, number or not: such a session states no more than L2 (trust.md T01).
        let started = try await sessions.begin(
            consumed.account,
            methods: [.multipleChannel, .user],
            levelCap: consumed.isNear ? nil : .l2,
            replacing: desk.cookies.value(.session, in: request),
            browser: request.headers[.userAgent].map { String($0.prefix(200)) },
            trace: Trace(context)
        )
        guard let started else {
            let phone = desk.site.brand.supportPhone
            let fault = Fault.accountDisabled(phone: phone, reference: context.requestID)
            return page(ErrorPage(fault), request, context, browser)
        }
        var response = Response.seeOther(waiting?.isOpen == true ? waiting?.resumePath ?? landing : landing)
        response.setCookie(desk.cookies.header(.session, started.cookie.reveal(), maxAge: nil))
        return response
    }

    private static func fault(_ refusal: QRSessionRefusal) -> Fault {
        switch refusal {
        case .unknown, .wrongBrowser: .qrWrongDevice
        case .expired: .qrExpired
        case .used, .alreadyScanned: .qrUsed
        case .cancelled, .numberNeeded, .numberWrong, .numbersSpent: .qrCancelled
        }
    }

    private func page(
        _ page: ErrorPage,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) -> Response {
        desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    // MARK: The camera

    /// H11: what a phone's own camera opens. It says where to scan and confirms nothing, whatever the code.
    @Sendable func scannedByCamera(_ request: Request, context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let drawn = desk.context(request, context, browser: browser, returnPath: "/login")
        return desk.respond(QRCameraPage(program: miniProgram).page(in: drawn), browser: browser)
    }
}
