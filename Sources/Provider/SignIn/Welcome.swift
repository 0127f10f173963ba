import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// The start page and the page of a person who is signed in.
struct Welcome: Sendable {
    let desk: PageDesk
    let sessions: Sessions
    let accounts: Accounts

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("") { request, _ in
            try await sessions.find(desk.cookies.value(.session, in: request)) == nil
                ? Response.seeOther("/login") : Response.seeOther("/account")
        }
        router.get("account") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: ProviderContext) async throws -> Response {
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)),
            let account = try await accounts.find(session.account)
        else { return .seeOther("/login") }
        let browser = desk.browser(request)
        let signedIn = Int64(session.authentication.time.timeIntervalSince1970)
        let page = WelcomePage(
            username: account.username.map(Mask.username),
            phone: account.phone.map(Mask.phone),
            name: account.document?["name"]?.string.map(Mask.name),
            level: account.level.title,
            signedInAt: ClockTime.full(signedIn)
        )
        return desk.respond(page.page(in: desk.context(request, context, browser: browser)), browser: browser)
    }
}
