import Cryptography

/// Why a login did not succeed, in words for the person and in words for the developer.
struct DemoFault: Error, Sendable, Equatable {
    /// `error` of the issuer's answer, or the name of our own check that failed.
    let code: String
    /// One sentence for the person.
    let words: String
    /// What a developer needs to know; holds text of the issuer, and must be escaped.
    var detail: String?

    init(_ code: String, _ words: String, detail: String? = nil) {
        self.code = code
        self.words = words
        self.detail = detail
    }

    var json: JSON {
        ["code": .string(code), "words": .string(words), "detail": detail.map { .string($0) } ?? .null]
    }

    /// An error response of the authorization endpoint (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
    static func answered(_ error: String, description: String?) -> DemoFault {
        let words =
            switch error {
            case "access_denied": "您没有同意授权，登录已取消。"
            case "login_required": "需要先登录，请重新发起登录。"
            case "interaction_required", "account_selection_required": "需要您在统一身份认证页面上操作，请重新发起登录。"
            case "consent_required": "需要您同意授权后才能继续，请重新发起登录。"
            case "unmet_authentication_requirements": "当前账号的认证级别或登录方式达不到本网站的要求。"
            case "invalid_request", "invalid_scope", "unsupported_response_type", "request_not_supported",
                "request_uri_not_supported", "registration_not_supported", "invalid_request_uri",
                "invalid_request_object", "invalid_target":
                "本网站发出的登录请求有误，请联系网站管理员。"
            case "unauthorized_client": "本网站没有以这种方式登录的权限，请联系网站管理员。"
            case "temporarily_unavailable": "统一身份认证正忙，请稍后再试。"
            case "server_error": "统一身份认证出现了问题，请稍后再试。"
            default: "登录没有成功。"
            }
        return DemoFault(error, words, detail: description)
    }

    static let stale = DemoFault("unknown_state", "登录请求已失效，或不是从这个浏览器发起的。请重新登录。")
    static let malformed = DemoFault("malformed_response", "收到的登录应答格式不正确。")

    static func unreachable(_ what: String) -> DemoFault {
        DemoFault("issuer_unreachable", "暂时无法连接统一身份认证，请稍后再试。", detail: what)
    }

    /// A check of a token that failed. The person learns only that it failed.
    static func untrusted(_ check: String, _ detail: String) -> DemoFault {
        DemoFault("id_token_" + check, "登录应答未通过本网站的核验，为安全起见已放弃。", detail: detail)
    }
}
