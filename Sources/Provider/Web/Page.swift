/// Which of the two layouts a page is drawn in (journeys, "three faces, one core").
enum Face: String, Sendable, CaseIterable {
    /// Desktop pages.
    case pc
    /// Pages opened in an app, a public account or a phone's browser (`display=touch`, OIDC Core §3.1.2.1).
    case h5
}

/// Letter size, held in the cookie `ui`.
enum TextSize: String, Sendable, CaseIterable {
    case standard = "std"
    /// 长辈模式: 20 px, targets of 60 px, contrast of 7:1 and more.
    case care
    /// The same with text of 30 px.
    case careLarge = "care30"

    /// The value of the cookie; anything unknown is the standard.
    init(cookie: String?) {
        self = cookie.flatMap(TextSize.init(rawValue:)) ?? .standard
    }

    var isCare: Bool { self != .standard }
}

/// Light or dark, held in the cookie `theme`.
enum Theme: String, Sendable, CaseIterable {
    case auto, light, dark

    /// The value of the cookie; anything unknown follows the device.
    init(cookie: String?) {
        self = cookie.flatMap(Theme.init(rawValue:)) ?? .auto
    }
}

/// What does not change between two pages of one server: the brand and the files made from it. Built once.
struct Site: Sendable {
    let brand: Brand
    let assets: Assets

    init(brand: Brand) {
        self.brand = brand
        assets = Assets(brand: brand)
    }
}

/// What every page needs to know of the request it answers.
struct PageContext: Sendable {
    let site: Site
    var face: Face = .pc
    var textSize: TextSize = .standard
    var theme: Theme = .auto
    /// The anti-forgery value that each form carries in its hidden field `csrf`.
    var csrf: String
    /// Path and query of this step, to which `/ui` returns after a change of size or theme. Same origin.
    var returnPath: String
    /// Shows the banner 测试环境 (operations.md 1).
    var isSandbox = false
    /// 参考号: the request's id as people read it to the help desk.
    var reference: String

    init(site: Site, csrf: String, returnPath: String, reference: String) {
        self.site = site
        self.csrf = csrf
        self.returnPath = returnPath
        self.reference = reference
    }

    var brand: Brand { site.brand }
}

/// A finished page: the document and what the answer's head must say about it.
struct Page: Sendable {
    /// HTTP status.
    var status: Int
    /// The complete document.
    var document: HTML
    /// Origins beside our own to which a form of this page, or the redirect that answers it, may lead. Browsers apply
    /// `form-action` to redirects after a submission too (CSP3 §6.5.1), so the relying party's must be named.
    var formTargets: [String] = []
    /// Seconds for `Retry-After`, on 429 and 503.
    var retryAfter: Int?

    /// The strict policy: nothing inline, nothing from elsewhere, in no frame.
    var contentSecurityPolicy: String {
        let targets = (["'self'"] + formTargets.compactMap(Page.origin)).joined(separator: " ")
        return "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; img-src 'self'; "
            + "media-src 'self'; connect-src 'self'; form-action \(targets); frame-ancestors 'none'; base-uri 'none'"
    }

    /// `scheme://host:port` of a URI, or its scheme alone for an app's private scheme; nil if it holds a byte that
    /// could end the directive.
    static func origin(of uri: String) -> String? {
        let bytes = Array(uri.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !";,'\"".utf8.contains($0) }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0
        else { return nil }
        let rest = bytes[(colon + 1)...]
        guard rest.starts(with: "//".utf8) else { return String(decoding: bytes[...colon], as: UTF8.self) }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self)
        guard scheme == "http" || scheme == "https" else { return scheme + ":" }
        let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")) else { return nil }
        return scheme + "://" + String(decoding: authority, as: UTF8.self)
    }

    /// `host` or `host:port` of an http or https URI.
    static func host(of uri: String) -> String? {
        guard let origin = origin(of: uri) else { return nil }
        for scheme in ["https://", "http://"] where origin.hasPrefix(scheme) {
            return String(origin.dropFirst(scheme.count))
        }
        return nil
    }
}
