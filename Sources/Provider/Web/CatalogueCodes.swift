extension Fault {
    /// The codes, stable for automation: pages carry them in `data-error`, JSON answers in `code`.
    enum Code: String, Sendable, CaseIterable {
        case accountRequired = "login.account_required"
        case passwordRequired = "login.password_required"
        case badCredentials = "login.bad_credentials"
        case locked = "login.locked"
        case accountDisabled = "account.disabled"
        case captchaRequired = "captcha.required"
        case captchaWrong = "captcha.wrong"
        case captchaExpired = "captcha.expired"
        case termsRequired = "terms.required"
        case consentRequired = "consent.required"
        case qrUnknown = "qr.unknown"
        case qrExpired = "qr.expired"
        case qrUsed = "qr.used"
        case qrAlreadyScanned = "qr.already_scanned"
        case qrCancelled = "qr.cancelled"
        case qrWrongDevice = "qr.wrong_device"
        case userCodeRequired = "device.code_required"
        case userCodeWrong = "device.code_wrong"
        case deviceRequestGone = "device.request_gone"
        case flowExpired = "flow.expired"
        case stepOrder = "flow.step_order"
        case csrfFailed = "csrf.failed"
        case rateLimited = "rate.limited"
        case serverError = "server.error"
        case dependencyDown = "dependency.down"
        case pageNotFound = "page.not_found"
        case requestInvalid = "request.invalid"
        case clientUnknown = "authorization.client_unknown"
        case clientDisabled = "authorization.client_disabled"
        case redirectURIMismatch = "authorization.redirect_uri_mismatch"
        case authorizationRequestInvalid = "authorization.request_invalid"
        case logoutRequestInvalid = "logout.request_invalid"
    }

    /// Under which head a fault is counted in the audit log.
    enum AuditCategory: String, Sendable {
        case signIn = "sign_in"
        case captcha, consent, qr, flow, limit, server, client
    }

}

extension Fault.Code {
    /// The row's number in the catalogue.
    var id: String { entry.id }
    /// HTTP status of a page or answer that reports it.
    var status: Int { entry.status }
    /// The words, with their parameters in braces.
    var template: String { entry.words.description }
    var auditCategory: Fault.AuditCategory { entry.audit }
    /// Fragment of `/help` where a person reads more.
    var helpAnchor: String { entry.anchor }
    /// Label in metrics: the code with bytes that a label may hold.
    var metricLabel: String { String(rawValue.map { $0 == "." ? "_" : $0 }) }

    /// The field whose input is at fault, if it is one field's.
    var field: FieldName? {
        switch self {
        case .accountRequired, .badCredentials, .locked, .accountDisabled: .account
        case .passwordRequired: .password
        case .captchaRequired, .captchaWrong, .captchaExpired: .captcha
        case .termsRequired: .agree
        case .consentRequired: .consent
        case .userCodeRequired, .userCodeWrong: .userCode
        case .qrUnknown, .qrExpired, .qrUsed, .qrAlreadyScanned, .qrCancelled, .qrWrongDevice, .deviceRequestGone,
            .flowExpired,
            .stepOrder, .csrfFailed, .rateLimited, .serverError, .dependencyDown, .pageNotFound, .requestInvalid,
            .clientUnknown,
            .clientDisabled, .redirectURIMismatch, .authorizationRequestInvalid, .logoutRequestInvalid:
            nil
        }
    }

    // swift-format-ignore
    private var entry: (id: String, status: Int, words: StaticString, audit: Fault.AuditCategory, anchor: String) {
        switch self {
        case .accountRequired: ("A1", 422, "请输入账号", .signIn, "login")
        case .passwordRequired: ("A2", 422, "请输入密码", .signIn, "login")
        case .badCredentials: ("A3", 422, "账号或密码不正确，还可以尝试{n}次", .signIn, "login")
        case .locked: ("A4", 429, "密码错误次数过多，请在{time}后再试，或通过“忘记密码”重置", .signIn, "login")
        case .accountDisabled: ("A5", 403, "该账号已停用，请联系客服 {tel}，参考号 {ref}", .signIn, "contact")
        case .captchaRequired: ("G1", 422, "请输入图形验证码", .captcha, "captcha")
        case .captchaWrong: ("G2", 422, "图形验证码不正确，已为您换了一张", .captcha, "captcha")
        case .captchaExpired: ("G3", 422, "图形验证码已过期，已为您换了一张", .captcha, "captcha")
        case .termsRequired: ("T1", 422, "请先阅读并同意《用户协议》", .consent, "consent")
        case .consentRequired: ("T2", 422, "请先勾选“授权并登录后将读取您的身份信息”", .consent, "consent")
        case .qrUnknown: ("Q1", 404, "无法识别该二维码，请扫描登录页上的二维码", .qr, "login")
        case .qrExpired: ("Q2", 410, "二维码已失效，请在电脑上刷新", .qr, "login")
        case .qrUsed: ("Q3", 409, "二维码已使用", .qr, "login")
        case .qrAlreadyScanned: ("Q4", 409, "二维码已被其他账号扫描", .qr, "login")
        case .qrCancelled: ("Q5", 409, "登录已取消", .qr, "login")
        case .qrWrongDevice: ("Q6", 409, "请在发起登录的浏览器中继续", .qr, "login")
        case .userCodeRequired: ("U1", 422, "请输入设备上显示的代码", .flow, "device")
        case .userCodeWrong: ("U2", 422, "代码不正确或已失效，请核对设备上显示的代码", .flow, "device")
        case .deviceRequestGone: ("U3", 410, "这台设备的登录请求已处理或已失效，请在设备上重新获取代码", .flow, "device")
        case .flowExpired: ("X1", 410, "页面已过期，请重新操作", .flow, "page")
        case .stepOrder: ("X2", 303, "请先完成上一步", .flow, "page")
        case .csrfFailed: ("X3", 403, "页面已失效，请刷新后重试", .flow, "page")
        case .rateLimited: ("X4", 429, "操作过于频繁，请在{time}后再试", .limit, "limits")
        case .serverError: ("X5", 500, "服务出现问题，我们已记录，请稍后再试。参考号 {ref}", .server, "page")
        case .dependencyDown: ("X6", 503, "{service}暂时不可用，您可以{alternative}", .server, "page")
        case .pageNotFound: ("X7", 404, "没有找到这个页面，请检查网址，或从首页重新进入", .flow, "page")
        case .requestInvalid: ("X8", 400, "提交的内容不完整，请返回上一页重新填写", .flow, "page")
        case .clientUnknown: ("O1", 400, "应用配置有误，请联系您要登录的网站或应用", .client, "application")
        case .clientDisabled: ("O2", 400, "{rp}已暂停使用统一身份认证，请联系该应用", .client, "application")
        case .redirectURIMismatch: ("O3", 400, "应用配置有误，请联系{rp}", .client, "application")
        case .authorizationRequestInvalid: ("O4", 400, "应用发来的登录请求有误，请返回该应用重新登录", .client, "application")
        case .logoutRequestInvalid: ("O5", 400, "应用发来的退出请求有误，请在本页退出登录", .client, "application")
        }
    }
}
