import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// What every room that draws pages is given: the site's look, cookies, anti-forgery, and how to read a form.
struct PageDesk: Sendable {
    let site: Site
    let cookies: CookieJar
    let antiForgery: AntiForgery
    let isSandbox: Bool
    /// The largest form taken, in bytes.
    let bodyLimit: Int

    func browser(_ request: Request) -> BrowserIdentity { BrowserIdentity(request, jar: cookies) }

    /// The context a page is drawn in.
    ///
    /// A change of letter size comes back to `returnPath`, which is the request's own path and query unless given. `display` is
    /// the parameter of the waiting request (OIDC Core §3.1.2.1), if there is one.
    func context(
        _ request: Request,
        _ context: ProviderContext,
        browser: BrowserIdentity,
        returnPath: String? = nil,
        display: String? = nil
    ) -> PageContext {
        var page = PageContext(
            site: site,
            csrf: antiForgery.token(for: browser),
            returnPath: returnPath ?? request.uri.string,
            reference: context.requestID
        )
        page.face = face(request, display: display)
        page.textSize = TextSize(cookie: cookies.value(.ui, in: request))
        page.theme = Theme(cookie: cookies.value(.theme, in: request))
        page.isSandbox = isSandbox
        return page
    }

    /// A page as an answer; the browser's own cookie goes with the first one.
    func respond(_ page: Page, browser: BrowserIdentity) -> Response {
        var response = Response(page: page)
        setBrowserCookie(on: &response, browser)
        return response
    }

    func setBrowserCookie(on response: inout Response, _ browser: BrowserIdentity) {
        guard browser.isNew else { return }
        response.setCookie(cookies.header(.browser, browser.value, maxAge: BrowserIdentity.lifetime))
    }

    /// The fields of a posted form.
    /// - Throws: `HTTPError` for a body that is too large or no form.
    func form(_ request: Request) async throws -> Parameters {
        guard let type = request.headers[.contentType], FormType.isForm(type) else {
            throw HTTPError(.unsupportedMediaType)
        }
        let body = try await request.wholeBody(upTo: bodyLimit)
        do {
            return try Parameters(form: body.readableBytesView)
        } catch {
            throw HTTPError(.badRequest)
        }
    }

    /// Phones get the phone's layout: the relying party says `touch`, the browser says it is one, or its name does.
    func face(_ request: Request, display: String?) -> Face {
        if let display { return display == "touch" ? .h5 : .pc }
        if let mobile = request.headers[.clientHintMobile] { return mobile == "?1" ? .h5 : .pc }
        return request.headers[.userAgent]?.contains("Mobile") == true ? .h5 : .pc
    }
}

extension HTTPField.Name {
    /// User-Agent Client Hints §3.3.
    fileprivate static let clientHintMobile = HTTPField.Name(literal: "Sec-CH-UA-Mobile")
}

extension PageDesk {
    enum FormType {
        /// `application/x-www-form-urlencoded`, with or without parameters (RFC 6749 appendix B).
        static func isForm(_ contentType: String) -> Bool {
            let type = contentType.split(separator: ";", maxSplits: 1).first.map { $0.trimmingSpaces().lowercased() }
            return type == "application/x-www-form-urlencoded"
        }
    }
}

extension Request {
    /// The body, read to its end.
    /// - Throws: `NIOTooManyBytesError` beyond the limit; `HTTPError` 400 for a body that is malformed or breaks off, which
    ///   is the sender's doing and no failure of ours.
    func wholeBody(upTo limit: Int) async throws -> ByteBuffer {
        var request = self
        do {
            return try await request.collectBody(upTo: limit)
        } catch let error as NIOTooManyBytesError {
            throw error
        } catch {
            throw HTTPError(.badRequest)
        }
    }
}

extension Parameters {
    /// The query of a request.
    /// - Throws: `HTTPError` for one that is no form.
    static func ofQuery(_ request: Request) throws -> Parameters {
        do {
            return try Parameters(query: request.uri.query ?? "")
        } catch {
            throw HTTPError(.badRequest)
        }
    }

    /// A field of one of our own forms; empty when it was not filled in or came twice.
    func field(_ name: FieldName) -> String { field(named: name.rawValue) }

    func field(named name: String) -> String {
        guard case .once(let value) = occurrence(of: name) else { return "" }
        return value
    }
}
