import Cryptography
import HTTPTypes
import Hummingbird

/// Our cookies. `__Host-` keeps a neighbour under the same domain from setting or overriding them (RFC 6265bis §4.1.3.2);
/// over plain http, which only the sandbox allows, browsers refuse that prefix and `Secure`. There the name says whose a cookie is: cookies
/// know no port (RFC 6265 §8.5), and a relying party under development on the same host has a `session` of its own.
struct CookieJar: Sendable {
    /// True when the issuer is https.
    let isSecure: Bool

    enum Name: String, Sendable {
        /// Binds what a person is in the middle of to this browser; lives as long as the browser keeps it.
        case browser
        /// The single sign-on session.
        case session
        /// 长辈模式 and theme: no secrets, read by the page kit.
        case ui, theme

        var isPrivate: Bool { self == .browser || self == .session }
    }

    func value(_ name: Name, in request: Request) -> String? {
        let wanted = wireName(name)
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let text = pair.trimmingSpaces()
                guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
                if text[..<equals] == wanted { return String(text[text.utf8.index(after: equals)...]) }
            }
        }
        return nil
    }

    /// A `Set-Cookie` value. `maxAge` counts seconds; nil is for the life of the browser, 0 removes the cookie.
    func header(_ name: Name, _ value: String, maxAge: Int?) -> String {
        var text = "\(wireName(name))=\(value); Path=/; SameSite=Lax"
        if name.isPrivate { text += "; HttpOnly" }
        if isSecure { text += "; Secure" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        return text
    }

    /// What a cookie is called between us and the browser.
    func wireName(_ name: Name) -> String {
        guard name.isPrivate else { return name.rawValue }
        return isSecure ? "__Host-\(name.rawValue)" : "citygate-\(name.rawValue)"
    }
}

extension Response {
    /// Adds a cookie beside those that are set already.
    mutating func setCookie(_ header: String) {
        headers.append(HTTPField(name: .setCookie, value: header))
    }
}

/// The browser a page is drawn for, known by a random cookie of its own.
struct BrowserIdentity: Sendable {
    static let lifetime = 400 * 86_400

    let value: String
    /// True when the cookie has to be set with this answer.
    let isNew: Bool

    init(_ request: Request, jar: CookieJar) {
        self.init(presented: jar.value(.browser, in: request))
    }

    /// The browser of a cookie, or a new one when there is none or it is none of ours.
    init(presented: String?) {
        if let presented, presented.utf8.count == 43, Base64URL.decode(presented)?.count == 32 {
            value = presented
            isNew = false
        } else {
            value = OpaqueToken().value.reveal()
            isNew = true
        }
    }

    /// What is stored where something is bound to this browser.
    var hash: [UInt8] { OpaqueToken.hash(value, type: "browser") }
}

/// The anti-forgery value of a browser's forms: keyed, bound to the browser's cookie, the same for all its tabs.
struct AntiForgery: Sendable {
    let key: Secret<[UInt8]>

    func token(for browser: BrowserIdentity) -> String {
        Base64URL.encode(HMAC.sha256(key: key.reveal(), Array("csrf|\(browser.value)".utf8)))
    }

    /// False for a form that another site sent, or that outlived its browser cookie.
    func isValid(_ presented: String?, for browser: BrowserIdentity) -> Bool {
        guard let presented, !browser.isNew else { return false }
        return ConstantTime.equal(Array(presented.utf8), Array(token(for: browser).utf8))
    }
}
