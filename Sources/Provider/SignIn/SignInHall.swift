import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// What every way in shares: who waits, where it ends, and what else is offered.
struct SignInHall: Sendable {
    let desk: PageDesk
    let sessions: Sessions
    let waiting: WaitingRequests
    /// Where a login ends that no relying party waits for (journeys.md L7).
    let landing: String
    /// Whether the operator wants the consent box ticked when the page opens (trust.md 0: unticked unless configured).
    let preselectsConsent: Bool
    /// Whether there are codes by SMS, and with them registration and recovery.
    let offersSMS: Bool
    /// Whether PC pages offer the QR code.
    let offersQR: Bool

    /// The ways in, as the tabs of the page.
    enum Way: String, CaseIterable, Sendable {
        case password = "/login"
        case sms = "/login/sms"

        func words(_ face: Face) -> String {
            switch (self, face) {
            case (.password, .pc): "账号登录"
            case (.password, .h5): "密码登录"
            case (.sms, .pc): "短信登录"
            case (.sms, .h5): "验证码登录"
            }
        }
    }

    /// Fills in what the page offers beside its own form.
    func furnish(_ page: inout SignInPage, _ way: Way, _ waiting: WaitingRequest?, _ face: Face) {
        page.way = way
        page.action = way.rawValue
        page.relyingParty = waiting?.label
        page.hidden = waiting.map { [("transaction", $0.pending.name)] } ?? []
        page.formTargets = waiting.map { [$0.redirectURI] } ?? []
        page.tabs = tabs(page, waiting, face)
        guard offersSMS else { return }
        page.registerURL = path("/register", waiting)
        page.recoverURL = path("/recover", waiting)
    }

    /// 扫码登录 first on PC, where it is what opens; the script changes between two forms of one page in place.
    private func tabs(_ page: SignInPage, _ waiting: WaitingRequest?, _ face: Face) -> [SignInPage.Tab] {
        let hasQR = offersQR && face == .pc
        var tabs: [SignInPage.Tab] = []
        if hasQR {
            let panel = page.qr == nil ? nil : "qr-panel"
            tabs.append(.init(text: "扫码登录", url: path("/login", waiting), isCurrent: page.showsQR, panel: panel))
        }
        for way in Way.allCases where way == .password || offersSMS {
            var url = path(way.rawValue, waiting)
            if hasQR, way == .password { url += (waiting == nil ? "?" : "&") + "way=password" }
            let panel = page.qr != nil && way == .password ? "password-panel" : nil
            let isCurrent = way == page.way && !page.showsQR
            tabs.append(.init(text: way.words(face), url: url, isCurrent: isCurrent, panel: panel))
        }
        return tabs
    }

    /// A path of ours that keeps the waiting request.
    func path(_ path: String, _ waiting: WaitingRequest?) -> String {
        waiting.map { "\(path)?transaction=\($0.pending.name)" } ?? path
    }

    /// The page for a waiting request that has expired.
    func expired(
        _ waiting: WaitingRequest?,
        _ request: Request,
        _ context: ProviderContext,
        _ browser: BrowserIdentity
    ) -> Response {
        let page = ErrorPage.expired(backTo: waiting?.wayBack ?? Brand.Link("重新登录", "/login"))
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    /// On a phone the box 授权并登录后将读取您的身份信息 is the consent (journeys.md L4).
    func asksConsent(_ waiting: WaitingRequest?, _ request: Request) -> Bool {
        guard let waiting, waiting.takesConsentAtLogin else { return false }
        return desk.face(request, display: waiting.display) == .h5
    }

    /// A new session in this browser, and on to whoever waits; nil when the account may not be used.
    func enter(
        _ account: AccountID,
        methods: [AuthenticationMethod],
        waiting: WaitingRequest?,
        hasConsented: Bool,
        _ request: Request,
        _ context: ProviderContext
    ) async throws -> Response? {
        let started = try await sessions.begin(
            account,
            methods: methods,
            replacing: desk.cookies.value(.session, in: request),
            browser: request.headers[.userAgent].map { String($0.prefix(200)) },
            trace: Trace(context)
        )
        guard let started else { return nil }
        if let waiting, hasConsented, asksConsent(waiting, request) {
            _ = try await self.waiting.consent(waiting, by: account)
        }
        var response = Response.seeOther(waiting?.resumePath ?? landing)
        response.setCookie(desk.cookies.header(.session, started.cookie.reveal(), maxAge: nil))
        return response
    }

    func disabled(_ context: ProviderContext, at field: FieldName) -> FormFault {
        FormFault(.accountDisabled(phone: desk.site.brand.supportPhone, reference: context.requestID), at: field)
    }
}
