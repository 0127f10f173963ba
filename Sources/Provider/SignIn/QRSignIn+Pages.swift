import OAuth

/// The mini-program as the pages name it.
struct MiniProgramBrand: Sendable {
    /// Such as 京通.
    var name: String
    /// Host apps and the addresses that open the mini-program in them, as far as the operator set them.
    var ways: [(app: String, url: String)]
}

/// K12: the picture, what it waits for, and the buttons for browsers without script.
struct QRPanel: Sendable {
    let session: QRSession
    /// What the picture encodes.
    let text: String
    /// The account that scanned, masked.
    let account: String?
    let transaction: String?
    let program: MiniProgramBrand

    /// The states a page can be in, with their words; the script takes them from the page.
    private static let words: [(QRSessionState, String)] = [
        (.waiting, ""), (.scanned, "已扫码，请在手机上点击“确认登录”"), (.confirmed, "登录成功，正在跳转…"),
        (.cancelled, "您已在手机上取消登录"), (.expired, "二维码已失效"),
    ]

    private func words(_ state: QRSessionState) -> String {
        state == .waiting
            ? "请使用微信、支付宝或百度APP中的“\(program.name)”小程序扫一扫" : Self.words.first { $0.0 == state }?.1 ?? ""
    }

    func markup(in context: PageContext) -> HTML {
        let state = session.state == .consumed ? QRSessionState.expired : session.state
        return """
            <div id="qr" class="qr" data-state="\(state.rawValue)" data-text="\(text)" data-id="\(session.id)" \
            data-version="\(session.version)" data-waiting="\(words(.waiting))" data-scanned="\(words(.scanned))" \
            data-confirmed="\(words(.confirmed))" data-cancelled="\(words(.cancelled))" data-expired="\(words(.expired))" \
            data-offline="网络不稳定，正在重试">
            <div class="qr-frame"><div class="qr-image">\(QRPicture.svg(text) ?? HTML())</div>\
            <p class="qr-cover" aria-hidden="true"><span>\(state == .waiting ? "" : words(state))</span></p></div>
            <p class="qr-status" role="status">\(words(state))</p>
            <div class="qr-match" role="status">\(match)</div>
            \(renewal(in: context))
            \(finish(in: context))
            <ol class="qr-steps"><li>打开微信、支付宝或百度APP，搜索“\(program.name)”小程序</li><li>登录小程序</li><li>点“扫一扫”，扫描上方二维码</li></ol>
            </div>
            """
    }

    private var match: HTML {
        guard session.state == .scanned else { return HTML() }
        return """
            \(account.map { "<p>账号 <strong class=\"code\">\($0)</strong></p>" as HTML })\
            \(session.number.map { "<p>请在手机上选择数字 <strong class=\"qr-number\">\($0)</strong></p>" as HTML })
            """
    }

    private func renewal(in context: PageContext) -> HTML {
        """
        <form id="qr-renew" class="qr-renew" method="post" action="/login/qr">\
        <input type="hidden" name="csrf" value="\(context.csrf)">\
        <input type="hidden" name="qr" value="\(session.id)">\
        \(transaction.map { "<input type=\"hidden\" name=\"transaction\" value=\"\($0)\">" as HTML })\
        <button class="button secondary" type="submit">点击刷新</button></form>
        """
    }

    private func finish(in context: PageContext) -> HTML {
        """
        <form id="qr-finish" class="qr-finish" method="post" action="/login/qr/\(session.id)/finish">\
        <input type="hidden" name="csrf" value="\(context.csrf)">\
        <button class="button secondary" type="submit">我已在手机上确认</button></form>
        """
    }
}

/// H11: the page behind the picture, for a phone's own camera.
struct QRCameraPage: Sendable {
    let program: MiniProgramBrand

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "请用小程序扫码", page: "scan")
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        """
        <div class="card outcome">
        <span class="badge caution">\(Marks.warning)</span>
        <h1>请用“\(program.name)”小程序扫码</h1>
        <p class="lead">请打开微信、支付宝或百度中的“\(program.name)”小程序，在小程序里点“扫一扫”。</p>
        <p>本页不会登录任何账号。如果有人把这个二维码发给您，请不要确认。</p>
        \(HTML.when(!program.ways.isEmpty, "<div class=\"actions\">\(HTML.each(program.ways) { Button.link("打开\($0.app)", to: $0.url, isPrimary: false) })</div>"))
        \(HelpLine.markup(context.brand, anchor: "login"))
        </div>
        """
    }
}
