/// The captcha a form asks for. Its picture is at `/captcha/{id}.png`, its sound at `/captcha/{id}.wav`.
struct CaptchaChallenge: Sendable, Equatable {
    /// Goes back in the hidden field `captcha_id`.
    var id: String
    /// What it was drawn for, in the hidden field `captcha_for`: another picture is for the same.
    var purpose = ""
    /// Zero bits that a calculation in its place must reach.
    var proofBits = 16
    /// A calculation done before the page had to be shown again; goes back in the hidden field `pow`.
    var proof = ""

    var pictureURL: String { "/captcha/\(id).png" }
    var soundURL: String { "/captcha/\(id).wav" }
}

/// K7 and K8: picture, input, another picture, the spoken digits, a calculation in their place. A fresh picture is a
/// submission without script (`op=new-captcha`) and a call of `POST /captcha` with it; the calculation needs script, so
/// its button stays hidden without.
struct CaptchaField {
    var challenge: CaptchaChallenge
    var label = "图形验证码"
    /// False where it guards a button beside the form's own, such as 重新获取, and the form can go without.
    var isRequired = true
    var placeholder = "请输入图形验证码"

    /// The captcha beside a code by SMS: once a code is there, the picture is for the next one.
    static func guarding(_ code: SMSCodeField, _ challenge: CaptchaChallenge) -> CaptchaField {
        CaptchaField(
            challenge: challenge,
            isRequired: code.resend == nil,
            placeholder: code.resend == nil ? "请输入图形验证码" : "重新获取短信时填写"
        )
    }

    func markup(_ faults: [FormFault]) -> HTML {
        let field = TextField(
            name: .captcha,
            label: label,
            placeholder: placeholder,
            autocomplete: "off",
            inputmode: "numeric",
            isRequired: isRequired
        )
        return Field.row(
            .captcha,
            label: label,
            isRequired: isRequired,
            hint: nil,
            faults: faults,
            control: """
                <div class="captcha">\(field.input(faults))<img data-captcha="picture" src="\(challenge.pictureURL)" \
                width="120" height="44" alt="图形验证码图片，4位数字"></div>
                """,
            after: "\(tools)\(proving)"
        )
    }

    private var tools: HTML {
        """
        <div class="captcha-tools"><input type="hidden" name="captcha_id" data-captcha="id" value="\(challenge.id)">\
        <input type="hidden" name="captcha_for" value="\(challenge.purpose)">\
        <input type="hidden" name="pow" autocomplete="off" value="\(challenge.proof)">\
        <button class="textual" type="submit" name="op" value="new-captcha" formnovalidate data-captcha="renew">\
        \(Marks.renew)<span>看不清，换一张</span></button>\
        <details class="sound"><summary class="textual" data-captcha="listen">\(Marks.speaker)<span>听验证码</span></summary>\
        <audio controls preload="none" src="\(challenge.soundURL)" data-captcha="sound"></audio></details>\
        <button class="textual" type="button" hidden data-captcha="prove" data-worker="\(Assets.worker.path)" \
        data-bits="\(challenge.proofBits)">\(Marks.shield)<span>改用无障碍验证</span></button>\
        <span class="sr" role="status" data-captcha="status"></span></div>
        """
    }

    /// The calculation's progress and its result: one button above starts it, stops it and takes it back.
    private var proving: HTML {
        """
        <div class="proving" data-captcha="proving" data-state="idle"><div class="progress" role="progressbar" \
        aria-label="无障碍验证进度" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><span></span></div>\
        <p>\(Marks.tick)<span role="status" data-captcha="result"></span></p></div>
        """
    }
}
