/// The captcha a form asks for. Its picture is at `/captcha/{id}.png`, its sound at `/captcha/{id}.wav`.
struct CaptchaChallenge: Sendable, Equatable {
    /// Goes back in the hidden field `captcha_id`.
    var id: String

    var pictureURL: String { "/captcha/\(id).png" }
    var soundURL: String { "/captcha/\(id).wav" }
}

/// K7: picture, input, another picture, the spoken digits. A fresh picture is a submission without script
/// (`op=new-captcha`) and a call of `POST /captcha` with it.
struct CaptchaField {
    var challenge: CaptchaChallenge
    var label = "图形验证码"

    func markup(_ faults: [FormFault]) -> HTML {
        let field = TextField(
            name: .captcha,
            label: label,
            placeholder: "请输入图形验证码",
            autocomplete: "off",
            inputmode: "numeric"
        )
        return Field.row(
            .captcha,
            label: label,
            isRequired: true,
            hint: nil,
            faults: faults,
            control: """
                <div class="captcha">\(field.input(faults))<img data-captcha="picture" src="\(challenge.pictureURL)" \
                width="120" height="44" alt="图形验证码图片，4位数字"></div>
                """,
            after: tools
        )
    }

    private var tools: HTML {
        """
        <div class="captcha-tools"><input type="hidden" name="captcha_id" data-captcha="id" value="\(challenge.id)">\
        <button class="textual" type="submit" name="op" value="new-captcha" formnovalidate data-captcha="renew">\
        \(Marks.renew)<span>看不清，换一张</span></button>\
        <details class="sound"><summary class="textual" data-captcha="listen">\(Marks.speaker)<span>听验证码</span></summary>\
        <audio controls preload="none" src="\(challenge.soundURL)" data-captcha="sound"></audio></details>\
        <span class="sr" role="status" data-captcha="status"></span></div>
        """
    }
}
