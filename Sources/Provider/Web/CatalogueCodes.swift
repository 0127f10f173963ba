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
        case smsCodeRequired = "sms.code_required"
        case smsCodeFormat = "sms.code_format"
        case smsNotRequested = "sms.not_requested"
        case smsCodeWrong = "sms.code_wrong"
        case smsCodeExpired = "sms.code_expired"
        case smsTooSoon = "sms.too_soon"
        case smsHourLimit = "sms.hour_limit"
        case smsDayLimit = "sms.day_limit"
        case vendorDown = "sms.vendor_down"
        case smsTooManyTries = "sms.too_many_tries"
        case phoneRequired = "phone.required"
        case phoneFormat = "phone.format"
        case phoneUnsupported = "phone.unsupported"
        case phoneRegistered = "phone.registered"
        case usernameRequired = "username.required"
        case usernameLength = "username.length"
        case usernameStart = "username.start"
        case usernameAlphabet = "username.alphabet"
        case usernameTaken = "username.taken"
        case newPasswordRequired = "password.required"
        case passwordLength = "password.length"
        case passwordAlphabet = "password.alphabet"
        case passwordClasses = "password.classes"
        case passwordCommon = "password.common"
        case passwordPersonal = "password.personal"
        case passwordsDiffer = "password.differ"
        case passwordReused = "password.reused"
        case idNumberRequired = "identity.number_required"
        case idNumberWrong = "identity.number_wrong"
        case syncRequired = "sync.required"
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
        case qrNumberNeeded = "qr.number_needed"
        case qrNumberWrong = "qr.number_wrong"
        case miniProgramCodeInvalid = "mp.code_invalid"
        case miniProgramPlatformDown = "mp.platform_down"
        case miniProgramAppUnknown = "mp.app_unknown"
        case miniProgramTokenInvalid = "mp.token_invalid"
        case miniProgramPhoneNeeded = "mp.phone_needed"
        case miniProgramPhoneElsewhere = "mp.phone_elsewhere"
        case miniProgramPhoneUnsupported = "mp.phone_unsupported"
        case webTargetRefused = "mp.target_refused"
        case idempotencyMismatch = "request.idempotency_mismatch"
        case requestUnderWay = "request.under_way"
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
    enum AuditCategory: String, Sendable, CaseIterable {
        case signIn = "sign_in"
        case miniProgram = "mini_program"
        case captcha, consent, qr, flow, limit, server, client, sms, account
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
        case .smsCodeRequired, .smsCodeFormat, .smsNotRequested, .smsCodeWrong, .smsCodeExpired, .smsTooSoon,
            .smsHourLimit, .smsDayLimit, .vendorDown, .smsTooManyTries:
            .smsCode
        case .phoneRequired, .phoneFormat, .phoneUnsupported, .phoneRegistered: .phone
        case .usernameRequired, .usernameLength, .usernameStart, .usernameAlphabet, .usernameTaken: .username
        case .newPasswordRequired, .passwordLength, .passwordAlphabet, .passwordClasses, .passwordCommon,
            .passwordPersonal, .passwordReused:
            .password
        case .passwordsDiffer: .confirmPassword
        case .idNumberRequired, .idNumberWrong: .idNumber
        case .syncRequired: .syncNational
        case .termsRequired: .agree
        case .consentRequired: .consent
        case .userCodeRequired, .userCodeWrong: .userCode
        case .qrUnknown, .qrExpired, .qrUsed, .qrAlreadyScanned, .qrCancelled, .qrWrongDevice, .deviceRequestGone,
            .qrNumberNeeded, .qrNumberWrong, .miniProgramCodeInvalid, .miniProgramPlatformDown, .miniProgramAppUnknown,
            .miniProgramTokenInvalid, .miniProgramPhoneNeeded, .miniProgramPhoneElsewhere, .miniProgramPhoneUnsupported,
            .webTargetRefused, .idempotencyMismatch, .requestUnderWay,
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
        case .smsCodeRequired: ("S1", 422, "请输入短信验证码", .sms, "sms")
        case .smsCodeFormat: ("S2", 422, "短信验证码须为6位数字", .sms, "sms")
        case .smsNotRequested: ("S3", 422, "请先获取短信验证码", .sms, "sms")
        case .smsCodeWrong: ("S4", 422, "短信验证码不正确，请核对最近一条短信", .sms, "sms")
        case .smsCodeExpired: ("S5", 422, "短信验证码已过期，请重新获取", .sms, "sms")
        case .smsTooSoon: ("S6", 429, "请在{s}秒后重新获取", .limit, "sms")
        case .smsHourLimit: ("S7", 429, "验证码请求过于频繁，请在{wait}后再试（{time}后可用）", .limit, "sms")
        case .smsDayLimit: ("S7b", 429, "该手机号24小时内获取已达10次，请在{time}后再试", .limit, "sms")
        case .vendorDown: ("S8", 503, "短信发送失败，请稍后再试，或改用其他登录方式", .sms, "sms")
        case .smsTooManyTries: ("S9", 422, "验证码输入错误次数过多，请重新获取", .limit, "sms")
        case .phoneRequired: ("P1", 422, "请输入手机号", .account, "register")
        case .phoneFormat: ("P2", 422, "手机号须为11位数字", .account, "register")
        case .phoneUnsupported: ("P3", 422, "不支持该号段，请换一个手机号", .account, "register")
        case .phoneRegistered: ("R6", 409, "该手机号已注册，您可以直接登录或找回密码", .account, "phone")
        case .usernameRequired: ("R1", 422, "请输入用户名", .account, "register")
        case .usernameLength: ("R2", 422, "用户名须为6-20个字符", .account, "register")
        case .usernameStart: ("R3", 422, "用户名须以字母开头", .account, "register")
        case .usernameAlphabet: ("R4", 422, "用户名只能包含字母、数字和下划线", .account, "register")
        case .usernameTaken: ("R5", 409, "该用户名已被使用，请换一个", .account, "register")
        case .newPasswordRequired: ("W1", 422, "请设置密码", .account, "password")
        case .passwordLength: ("W2", 422, "密码须为{range}位", .account, "password")
        case .passwordAlphabet: ("W9", 422, "密码只能包含字母、数字和特殊字符", .account, "password")
        case .passwordClasses: ("W3", 422, "密码须包含字母、数字、特殊字符中的至少两种", .account, "password")
        case .passwordCommon: ("W4", 422, "该密码太常见，请换一个", .account, "password")
        case .passwordPersonal: ("W5", 422, "密码不能包含用户名或手机号", .account, "password")
        case .passwordsDiffer: ("W6", 422, "两次输入的密码不一致，请重新输入", .account, "password")
        case .passwordReused: ("W7", 422, "新密码不能与最近使用的密码相同", .account, "password")
        case .idNumberRequired: ("I2", 422, "请输入证件号", .account, "recover")
        case .idNumberWrong: ("I10", 422, "证件号不正确，请核对后重新输入", .account, "recover")
        case .syncRequired: ("T3", 422, "请先勾选“同步成为国家政务服务平台用户”", .consent, "register")
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
        case .qrNumberNeeded: ("Q7", 422, "请选择电脑上显示的数字", .qr, "login")
        case .qrNumberWrong: ("Q8", 422, "数字不一致，请再看一次电脑上的数字，还可以选择1次", .qr, "login")
        case .miniProgramCodeInvalid: ("N1", 401, "登录凭证已失效，请重新打开小程序登录", .miniProgram, "login")
        case .miniProgramPlatformDown: ("N2", 503, "小程序登录服务暂时不可用，请稍后再试", .miniProgram, "login")
        case .miniProgramAppUnknown: ("N3", 403, "该小程序未接入本平台，请从官方小程序进入", .miniProgram, "login")
        case .miniProgramTokenInvalid: ("N4", 401, "小程序登录已过期，请重新登录", .miniProgram, "login")
        case .miniProgramPhoneNeeded: ("N5", 403, "请先授权手机号，再使用此功能", .miniProgram, "login")
        case .miniProgramPhoneElsewhere: ("N6", 409, "该手机号与当前账号不一致，请在个人中心更换手机号", .miniProgram, "login")
        case .miniProgramPhoneUnsupported: ("N7", 422, "仅支持中国大陆手机号，请换一个手机号", .miniProgram, "login")
        case .webTargetRefused: ("N8", 403, "该页面不能从小程序打开，请在浏览器中访问", .miniProgram, "page")
        case .idempotencyMismatch: ("X9", 422, "请求标识已用于其他操作，请换一个标识后提交", .flow, "page")
        case .requestUnderWay: ("X10", 409, "上一次提交还在处理，请稍后再试", .flow, "page")
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
