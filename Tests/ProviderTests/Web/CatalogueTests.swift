import Testing

@testable import Provider

@Suite struct `Error catalogue` {
    static let faults: [Fault] = [
        .accountRequired, .passwordRequired, .badCredentials(remaining: 3), .locked(until: noon),
        .accountDisabled(phone: "12345", reference: "7KQ2MX9T4B6C"), .captchaRequired, .captchaWrong, .captchaExpired,
        .termsRequired, .consentRequired, .qrUnknown, .qrExpired, .qrUsed, .qrAlreadyScanned, .qrCancelled,
        .qrWrongDevice,
        .userCodeRequired, .userCodeWrong, .deviceRequestGone,
        .flowExpired, .stepOrder, .csrfFailed, .rateLimited(until: noon), .serverError(reference: "7KQ2MX9T4B6C"),
        .dependencyDown(service: "短信服务", alternative: "改用扫码登录"), .pageNotFound, .requestInvalid, .clientUnknown,
        .clientDisabled(relyingParty: "公积金网上大厅"), .redirectURIMismatch(relyingParty: "公积金网上大厅"),
        .authorizationRequestInvalid, .logoutRequestInvalid, .smsCodeRequired, .smsCodeFormat, .smsNotRequested,
        .smsCodeWrong, .smsCodeExpired, .smsTooSoon(seconds: 42), .smsHourLimit(until: noon, wait: "18分钟"),
        .smsDayLimit(until: noon), .vendorDown, .smsTooManyTries, .phoneRequired, .phoneFormat, .phoneUnsupported,
        .phoneRegistered, .usernameRequired, .usernameLength, .usernameStart, .usernameAlphabet, .usernameTaken,
        .newPasswordRequired, .passwordLength(range: "8-20"), .passwordAlphabet, .passwordClasses, .passwordCommon,
        .passwordPersonal,
        .passwordsDiffer, .passwordReused, .idNumberRequired, .idNumberWrong, .syncRequired,
        .qrNumberNeeded, .qrNumberWrong, .miniProgramCodeInvalid, .miniProgramPlatformDown, .miniProgramAppUnknown,
        .miniProgramTokenInvalid, .miniProgramPhoneNeeded, .miniProgramPhoneElsewhere, .miniProgramPhoneUnsupported,
        .webTargetRefused, .idempotencyMismatch, .requestUnderWay,
    ]
    static let noon = ClockTime(1_795_000_000, now: 1_795_000_000)

    @Test func `each code can be made, and once`() {
        #expect(Set(Self.faults.map(\.code)) == Set(Fault.Code.allCases))
        #expect(Self.faults.count == Fault.Code.allCases.count)
    }

    @Test func `numbers, labels and words are each unique`() {
        #expect(Set(Fault.Code.allCases.map(\.id)).count == Fault.Code.allCases.count)
        #expect(Set(Fault.Code.allCases.map(\.metricLabel)).count == Fault.Code.allCases.count)
        #expect(Set(Fault.Code.allCases.map(\.template)).count == Fault.Code.allCases.count)
    }

    @Test(arguments: faults)
    func `words have all their parameters`(fault: Fault) {
        #expect(!fault.text.isEmpty)
        #expect(!fault.text.utf8.contains { "{}".utf8.contains($0) })
    }

    @Test(arguments: Fault.Code.allCases)
    func `words blame nobody and hide nothing`(code: Fault.Code) {
        for forbidden in ["非法", "系统异常", "未知原因", "失败原因未知", "系统错误", "!", "！", "error"] {
            #expect(!code.template.contains(forbidden), "\(code.template)")
        }
    }

    /// Codes whose words state a fact that leaves nothing to do; pages.md 3 words them so.
    static let statements: Set<Fault.Code> = [.qrUsed, .qrAlreadyScanned, .qrCancelled]

    @Test(arguments: Fault.Code.allCases)
    func `words say what to do`(code: Fault.Code) {
        guard !Self.statements.contains(code) else { return }
        let ways = ["请", "可以", "已为您", "须", "不能", "只能"]
        #expect(ways.contains { code.template.contains($0) }, "\(code.template)")
    }

    @Test(arguments: Fault.Code.allCases)
    func `a fault of one field names the field`(code: Fault.Code) {
        guard let field = code.field else { return }
        let names: [FieldName: [String]] = [
            .account: ["账号", "密码"], .password: ["密码"], .captcha: ["图形验证码"], .agree: ["用户协议"], .consent: ["授权"],
            .userCode: ["代码"],
            .smsCode: ["验证码", "短信", "重新获取", "24小时内获取"], .phone: ["手机号", "号段"], .username: ["用户名"],
            .confirmPassword: ["密码"], .idNumber: ["证件号"], .syncNational: ["国家政务服务平台"],
        ]
        #expect(names[field, default: []].contains { code.template.contains($0) }, "\(code.template)")
    }

    @Test(arguments: Fault.Code.allCases)
    func `a parameter is one that the page can fill`(code: Fault.Code) {
        let known = ["n", "time", "tel", "ref", "rp", "service", "alternative", "s", "wait", "range"]
        let used = code.template.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
        #expect(used.allSatisfy(known.contains), "\(used)")
        // A waiting time is clock time, never a number of seconds; the minute between two messages aside.
        #expect(!code.template.contains("秒") || code == .smsTooSoon)
    }

    @Test(arguments: Fault.Code.allCases)
    func `the status is an error, or the way back to the step`(code: Fault.Code) {
        #expect((400...599).contains(code.status) || code.status == 303)
    }

    @Test(arguments: Fault.Code.allCases)
    func `the help centre has the topic`(code: Fault.Code) {
        let help = Markdown(HelpText.markdown)
        #expect(help.sections.contains { $0.anchor == code.helpAnchor }, "\(code.helpAnchor)")
    }

    @Test(arguments: Fault.Code.allCases)
    func `a metric label holds only small letters and underscores`(code: Fault.Code) {
        #expect(code.metricLabel.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F })
    }

    @Test func `a value that looks like a parameter stays what it is`() {
        #expect(Fault.accountDisabled(phone: "{ref}", reference: "R").text == "该账号已停用，请联系客服 {ref}，参考号 R")
        #expect(Fault.dependencyDown(service: "{alternative}", alternative: "B").text == "{alternative}暂时不可用，您可以B")
    }

    @Test func `the gravest fault decides a form's status`() {
        #expect([FormFault]().status == 200)
        #expect([FormFault(.captchaWrong)].status == 422)
        #expect([FormFault(.captchaWrong), FormFault(.locked(until: Self.noon))].status == 429)
    }
}

@Suite struct `Clock time` {
    /// 2026-11-24 09:05 in the city.
    static let morning: Int64 = 1_795_482_300

    @Test func `today is hours and minutes alone`() {
        #expect(ClockTime(Self.morning, now: Self.morning - 60).text == "09:05")
    }

    @Test func `another day has its date in front`() {
        #expect(ClockTime(Self.morning + 86_400, now: Self.morning).text == "11月25日 09:05")
        // Eight hours before, it was still the day before in the city.
        #expect(ClockTime(Self.morning - 10 * 3600, now: Self.morning).text == "11月23日 23:05")
    }

    @Test func `a full moment is written as people here write it`() {
        #expect(ClockTime.full(Self.morning) == "2026年11月24日 09:05")
        #expect(ClockTime.full(951_782_400) == "2000年2月29日 08:00")
        #expect(ClockTime.full(-1, offset: 0) == "1969年12月31日 23:59")
    }
}
