import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// Where a person takes the code from a device's screen (RFC 8628 §3.3): type it, log in, say yes or no.
///
/// The code leads to a request that waits on the server, bound to this browser; from there on addresses carry only that request's name.
struct DeviceVerification: Sendable {
    /// `verification_uri`, below the issuer: short, since people type it.
    static let path = "/device"

    let desk: PageDesk
    let codes: DeviceCodes
    let guessing: UserCodeGuard
    let pending: PendingAuthorizations
    let waiting: WaitingRequests
    let clients: ClientRegistry
    let sessions: Sessions
    let accounts: Accounts
    let subjects: SubjectIdentifiers
    let capabilities: ProviderCapabilities
    let clock: ServerClock

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("device") { request, context in
            // `verification_uri_complete` (§3.3.1) fills the field in; the person still compares and sends it.
            let typed = try Parameters.ofQuery(request).field(.userCode)
            return draw(Entry(typed: UserCode(typed: typed)?.shown ?? ""), request, context)
        }
        router.post("device") { request, context in try await enter(request, context) }
        router.get("device/confirm") { request, context in try await confirm(request, context) }
        router.post("device/confirm") { request, context in try await decide(request, context) }
        router.get("device/done") { request, context in try await done(request, context) }
    }

    // MARK: The code

    private struct Entry {
        var typed = ""
        var faults: [FormFault] = []
    }

    private func enter(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let typed = form.field(.userCode)
        func refused(_ fault: Fault, at field: FieldName? = .userCode) -> Response {
            draw(Entry(typed: typed, faults: [FormFault(fault, at: field)]), request, context)
        }
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else {
            return refused(.csrfFailed, at: nil)
        }
        guard !typed.isEmpty else { return refused(.userCodeRequired) }
        // What can be no code of ours is a slip of the finger and no guess.
        guard let code = UserCode(typed: typed) else { return refused(.userCodeWrong) }
        let ticket: UserCodeGuard.Ticket
        switch try await guessing.admit(browser, network: ClientNetwork(address: context.clientAddress)) {
        case .admitted(let admitted): ticket = admitted
        case .paused(let until):
            let time = ClockTime(Int64(until.timeIntervalSince1970.rounded(.up)), now: clock.seconds)
            return refused(.rateLimited(until: time))
        case .busy: throw BusyError()
        }
        guard let found = try await codes.find(code), try await clients.find(found.clientID)?.client.isEnabled == true
        else {
            try await guessing.refused(ticket)
            return refused(.userCodeWrong)
        }
        try await guessing.succeeded(ticket)
        let name = try await pending.store(
            Reference(key: found.key, code: code).parameters(codes.keys),
            for: .device,
            clientID: found.clientID,
            browser: browser
        )
        return .seeOther("/device/confirm?transaction=\(name)")
    }

    private func draw(_ entry: Entry, _ request: Request, _ context: ProviderContext) -> Response {
        let browser = desk.browser(request)
        let page = DeviceCodePage(code: entry.typed, faults: entry.faults)
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    // MARK: The question

    /// A waiting request with its device, as of now.
    private struct Case {
        let waiting: WaitingRequest
        let code: UserCode
        let found: DeviceCodes.Found
    }

    /// The case of that name in this browser; nil when there is none or the device is forgotten.
    private func find(_ name: String, _ browser: BrowserIdentity) async throws -> Case? {
        guard let waiting = try await waiting.find(name, for: .device, browser: browser),
            let reference = Reference(waiting.pending.parameters, codes.keys),
            let found = try await codes.find(reference.key)
        else { return nil }
        return Case(waiting: waiting, code: reference.code, found: found)
    }

    /// The dispatcher: whoever comes back from a step is judged anew with what is true now.
    private func confirm(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        guard let open = try await find(name, browser) else { return gone(request, context) }
        guard open.waiting.isOpen, open.found.isOpen else { return .seeOther("/device/done?transaction=\(name)") }
        let session = try await sessions.find(desk.cookies.value(.session, in: request))
        guard let asked = try? judged(open) else { return gone(request, context) }
        var page = DeviceConfirmPage(relyingParty: open.waiting.label, code: open.code.shown)
        switch step(asked, session, open) {
        case .signIn: return .seeOther(open.waiting.loginPath)
        case .refuse(let lacking): page.question = .levelTooLow(lacking)
        case .confirm: page.question = .mayEnter(ClaimWords.items(for: asked.scope, of: asked.client))
        }
        page.hidden = [("transaction", name)]
        page.otherAccountURL = open.waiting.loginPath
        if let session, let account = try await accounts.find(session.account) {
            page.maskedAccount = account.username.map(Mask.username) ?? account.phone.map(Mask.phone)
        }
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    private func judged(_ open: Case) throws -> DeviceAuthorizationRequest {
        try DeviceAuthorizationRequest(open.found.parameters, client: open.waiting.client, capabilities: capabilities)
    }

    private func step(_ asked: DeviceAuthorizationRequest, _ session: Session?, _ open: Case)
        -> DeviceAuthorizationRequest.Step
    {
        let signedIn = session.map { session in
            SignedInSession(
                subject: subjects.subject(session.subject, for: asked.client),
                authentication: session.authentication
            )
        }
        return asked.step(for: signedIn, enteredAt: open.waiting.pending.createdAt, now: clock.now)
    }

    // MARK: The answer

    private func decide(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        let name = form.field(named: "transaction")
        guard let open = try await find(name, browser) else { return gone(request, context) }
        let done = Response.seeOther("/device/done?transaction=\(name)")
        guard open.waiting.isOpen else { return done }
        // Without a session, or with a form that is not ours, the question is asked again.
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser),
            let session = try await sessions.find(desk.cookies.value(.session, in: request))
        else { return .seeOther(open.waiting.resumePath) }
        let trace = Trace(context)
        switch form.field(named: "decision") {
        case "allow":
            guard let asked = try? judged(open), case .confirm(let authentication) = step(asked, session, open) else {
                return .seeOther(open.waiting.resumePath)
            }
            let approval = DeviceCodes.Approval(
                request: asked,
                session: session,
                subject: subjects.subject(session.subject, for: asked.client),
                authentication: authentication
            )
            // Whether it was this answer that counted, the row says; the next page reads it there.
            _ = try await codes.approve(open.found.key, approval, closing: open.waiting.pending, trace: trace)
            return done
        case "deny":
            _ = try await codes.deny(open.found, by: session.account, closing: open.waiting.pending, trace: trace)
            return done
        default:
            return .seeOther(open.waiting.resumePath)
        }
    }

    /// K15: what was decided in this browser; may be opened again.
    private func done(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let name = try Parameters.ofQuery(request).field(named: "transaction")
        guard let decided = try await find(name, browser), decided.waiting.pending.isAnswered else {
            return gone(request, context)
        }
        let page: DonePage
        switch decided.found.state {
        case .pending: return gone(request, context)
        case .approved, .redeemed: page = .deviceAllowed(decided.waiting.label.name)
        case .denied: page = .deviceDenied(decided.waiting.label.name)
        }
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }

    private func gone(_ request: Request, _ context: ProviderContext) -> Response {
        let browser = desk.browser(request)
        let page = ErrorPage(.deviceRequestGone, wayOn: Brand.Link("重新输入代码", Self.path))
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }
}

/// What a browser's waiting request holds: which device it is about, and the code to show again.
private struct Reference {
    let key: DeviceCodes.Key
    let code: UserCode

    init(key: DeviceCodes.Key, code: UserCode) {
        self.key = key
        self.code = code
    }

    /// As it was stored.
    init?(_ parameters: Parameters, _ keys: UserCodeKeys) {
        guard let day = Int(parameters.field(named: "day")),
            let hash = Base64URL.decode(parameters.field(named: "device")),
            let code = keys.open(parameters.field(.userCode))
        else { return nil }
        self.init(key: DeviceCodes.Key(day: day, hash: hash), code: code)
    }

    func parameters(_ keys: UserCodeKeys) throws -> Parameters {
        Parameters([
            ("day", String(key.day)), ("device", Base64URL.encode(key.hash)),
            (FieldName.userCode.rawValue, try keys.seal(code)),
        ])
    }
}
