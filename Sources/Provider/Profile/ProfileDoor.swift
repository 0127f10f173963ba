// Profile
// Owns: the profile centre's sections about one's own access: devices that are logged in, relying parties that were allowed something.
// Hands off: what ends to AccountAccess; who a relying party is to Clients; the page of the person's data to SignIn's welcome.
// Never: a change without a live session and the anti-forgery field of this browser; another account's rows, whatever a form names.

import Hummingbird
import OAuth

/// Who stands before a section of the profile centre: the live session of this browser, looked up anew at each request.
struct ProfileDoor: Sendable {
    let desk: PageDesk
    let sessions: Sessions

    /// Runs `body` for the person who is logged in; others are led to the login page.
    func show(
        _ request: Request,
        _ context: ProviderContext,
        _ body: (Session, PageContext) async throws -> Page
    ) async throws -> Response {
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)) else {
            return .seeOther("/login")
        }
        let browser = desk.browser(request)
        return desk.respond(
            try await body(session, desk.context(request, context, browser: browser)),
            browser: browser
        )
    }

    /// Runs `body` for a form of this browser; one that is not leads back to its section, where nothing has changed.
    func act(
        _ request: Request,
        from section: String,
        _ body: (Session, Parameters) async throws -> Response
    ) async throws -> Response {
        let form = try await desk.form(request)
        guard let session = try await sessions.find(desk.cookies.value(.session, in: request)) else {
            return .seeOther("/login")
        }
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: desk.browser(request)) else {
            return .seeOther(section)
        }
        return try await body(session, form)
    }
}
