/// P23: what went wrong, what to do, the reference number; for developers of relying parties the detail, folded away.
struct ErrorPage: Sendable {
    var fault: Fault
    /// Detail for the developer of a relying party: an error code and what was wrong with the request. English.
    var developerDetail: DeveloperDetail?
    /// The way on: back to the application, to the login page, one page up.
    var wayOn: Brand.Link?
    /// Seconds for `Retry-After`, on 429 and 503.
    var retryAfter: Int?

    struct DeveloperDetail: Sendable, Equatable {
        /// An OAuth error code (RFC 6749 §4.1.2.1 and its like).
        var error: String
        var description: String
        var clientID: String?

        init(error: String, description: String, clientID: String? = nil) {
            self.error = error
            self.description = description
            self.clientID = clientID
        }
    }

    init(
        _ fault: Fault,
        developerDetail: DeveloperDetail? = nil,
        wayOn: Brand.Link? = nil,
        retryAfter: Int? = nil
    ) {
        self.fault = fault
        self.developerDetail = developerDetail
        self.wayOn = wayOn
        self.retryAfter = retryAfter
    }

    /// An authorization request that names no client or address we may trust: no redirect, a page (RFC 6749 §4.1.2.1).
    static func misconfigured(_ fault: Fault, detail: DeveloperDetail) -> ErrorPage {
        ErrorPage(fault, developerDetail: detail)
    }

    /// 页面已过期, with the way back to the application or to the login page.
    static func expired(backTo wayOn: Brand.Link = Brand.Link("重新登录", "/login")) -> ErrorPage {
        ErrorPage(.flowExpired, wayOn: wayOn)
    }

    static let notFound = ErrorPage(.pageNotFound, wayOn: Brand.Link("前往登录页", "/login"))

    /// 操作过于频繁, with the clock time from which it works again.
    static func tooFrequent(until time: ClockTime, seconds: Int, wayOn: Brand.Link? = nil) -> ErrorPage {
        ErrorPage(.rateLimited(until: time), wayOn: wayOn, retryAfter: seconds)
    }

    static func unavailable(
        service: String = "服务",
        alternative: String = "稍后再试",
        retryAfter: Int = 30
    ) -> ErrorPage {
        ErrorPage(.dependencyDown(service: service, alternative: alternative), retryAfter: retryAfter)
    }

    static func failure(reference: String) -> ErrorPage {
        ErrorPage(.serverError(reference: reference))
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: title, page: "error", errorCode: fault.code.rawValue, hasFaults: true)
        return Page(
            status: fault.code.status == 303 ? 409 : fault.code.status,
            document: layout.document(content(in: context), in: context),
            retryAfter: retryAfter
        )
    }

    private func content(in context: PageContext) -> HTML {
        """
        <div class="card outcome">
        <span class="badge \(isWarning ? "caution" : "trouble")">\(Marks.warning)</span>
        <h1>\(title)</h1>
        <p class="lead">\(fault.text)</p>
        \(wayOn.map { "<div class=\"actions\">\(Button.link($0.text, to: $0.url))</div>" as HTML })
        \(HTML.when(!fault.namesReference, "<p class=\"reference\">参考号 <span class=\"code\">\(context.reference)</span></p>"))
        \(developerDetail.map(details))
        \(HelpLine.markup(context.brand, anchor: fault.code.helpAnchor))
        </div>
        """
    }

    private func details(_ detail: DeveloperDetail) -> HTML {
        """
        <details class="developer"><summary>给开发人员的信息</summary>
        <dl><div><dt>error</dt><dd class="code">\(detail.error)</dd></div>
        <div><dt>error_description</dt><dd class="code" lang="en">\(detail.description)</dd></div>
        \(detail.clientID.map { "<div><dt>client_id</dt><dd class=\"code\">\($0)</dd></div>" as HTML })</dl></details>
        """
    }

    private var isWarning: Bool { fault.code.status < 500 }

    /// The heading, shorter than the catalogue's sentence.
    private var title: String {
        switch fault.code {
        case .clientUnknown, .clientDisabled, .redirectURIMismatch, .authorizationRequestInvalid: "无法登录该应用"
        case .logoutRequestInvalid: "退出请求有误"
        case .flowExpired, .csrfFailed: "页面已过期"
        case .pageNotFound: "页面不存在"
        case .rateLimited, .locked, .smsTooSoon, .smsHourLimit, .smsDayLimit: "操作过于频繁"
        case .dependencyDown, .vendorDown: "服务暂时不可用"
        case .serverError: "服务出错"
        case .accountDisabled: "账号已停用"
        case .deviceRequestGone: "代码已失效"
        case .stepOrder: "请先完成上一步"
        case .qrUnknown, .qrExpired, .qrUsed, .qrAlreadyScanned, .qrCancelled, .qrWrongDevice,
            .qrNumberNeeded, .qrNumberWrong:
            "二维码无法使用"
        case .miniProgramCodeInvalid, .miniProgramPlatformDown, .miniProgramAppUnknown, .miniProgramTokenInvalid,
            .miniProgramPhoneNeeded, .miniProgramPhoneElsewhere, .miniProgramPhoneUnsupported, .webTargetRefused,
            .idempotencyMismatch, .requestUnderWay:
            "小程序请求无法处理"
        case .accountRequired, .passwordRequired, .badCredentials, .captchaRequired, .captchaWrong, .captchaExpired,
            .termsRequired, .consentRequired, .userCodeRequired, .userCodeWrong, .requestInvalid, .smsCodeRequired,
            .smsCodeFormat, .smsNotRequested,
            .smsCodeWrong, .smsCodeExpired, .smsTooManyTries, .phoneRequired, .phoneFormat, .phoneUnsupported,
            .phoneRegistered, .usernameRequired, .usernameLength, .usernameStart, .usernameAlphabet, .usernameTaken,
            .newPasswordRequired, .passwordLength, .passwordAlphabet, .passwordClasses, .passwordCommon,
            .passwordPersonal, .passwordsDiffer, .passwordReused, .idNumberRequired, .idNumberWrong, .syncRequired:
            "请检查提交的内容"
        }
    }
}
