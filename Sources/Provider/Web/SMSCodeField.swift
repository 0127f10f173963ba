/// K9: the code from a short message and the button that asks for one. Without script the button sends the form with
/// `op=send-code`; with it the page stays, and the button counts down.
struct SMSCodeField {
    /// Seconds until another code may be asked for; nil when none was asked for yet.
    var resend: Int?
    /// `150****7931`, when a code has just been sent there.
    var sentTo: String?
    /// Minutes a code is good for.
    var minutes = 5
    var label = "短信验证码"
    /// Where somebody goes whose number is gone; nil leaves the line away.
    var lostPhoneURL: String? = "/help#phone-lost"

    /// The value of the button's `op`.
    static let operation = "send-code"

    func markup(_ faults: [FormFault]) -> HTML {
        let field = TextField(
            name: .smsCode,
            label: label,
            placeholder: "请输入短信验证码",
            autocomplete: "one-time-code",
            inputmode: "numeric"
        )
        return Field.row(
            .smsCode,
            label: label,
            isRequired: true,
            hint: nil,
            faults: faults,
            control: """
                <div class="sms-row">\(field.input(faults))<button class="button secondary send" type="submit" name="op" \
                value="\(Self.operation)" formnovalidate data-sms="send"\(attribute: "data-wait", waiting)>\
                \(resend == nil ? "获取验证码" : "重新获取")</button></div>
                """,
            after: """
                <p class="sent" role="status" data-sms="status">\(sentence)</p>\(trouble)
                """
        )
    }

    /// The words when a code has been sent; the script gets the same from ``sent(to:minutes:)``.
    fileprivate var sentence: String { sentTo.map { Self.sent(to: $0, minutes: minutes) } ?? "" }

    static func sent(to masked: String, minutes: Int) -> String { "验证码已发送至\(masked)，\(minutes)分钟内有效" }

    private var waiting: String? { resend.flatMap { $0 > 0 ? String($0) : nil } }

    /// 收不到短信？
    private var trouble: HTML {
        """
        <details class="trouble"><summary class="textual">收不到短信？</summary><ul>\
        <li>请核对手机号是否正确，手机是否欠费或停机</li><li>请查看短信是否被手机拦截</li>\
        <li>每个手机号1小时最多5条、24小时最多10条</li>\
        \(lostPhoneURL.map { "<li><a class=\"textual\" href=\"\(url: $0)\">手机号已停用？</a></li>" as HTML })\
        <li><a class="textual" href="/help#sms">更多帮助</a></li></ul></details>
        """
    }
}

/// A sentence that must be seen before the form: what was done just now, or what stands in the way.
enum NoticeLine {
    static func markup(_ text: String?) -> HTML {
        guard let text else { return HTML() }
        return "<p class=\"notice\" role=\"status\">\(Marks.tick)<span>\(text)</span></p>"
    }
}

extension SMSCodeField {
    /// The same for the page's script.
    func answer(_ fault: FormFault?, captcha: CaptchaChallenge) -> SendCodeAnswer {
        SendCodeAnswer(fault: fault, message: fault?.text ?? sentence, wait: resend ?? 0, captcha: captcha)
    }
}
