import FoundationEssentials

/// 短信收件箱: what the product sent, as the phones would have it.
struct SandboxInboxPage: Sendable {
    /// The phone whose messages are shown, as it was typed; all when empty.
    let phone: String
    let messages: [SandboxStage.Arrived]

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "短信收件箱", page: "sandbox-sms", width: .reading)
        return Page(status: 200, document: layout.document(content, in: context))
    }

    private var content: HTML {
        """
        <div class="card">
        <h1>短信收件箱</h1>
        <p class="lead">沙箱发出的短信都在这里，最新的在最前面。刷新本页可以看到新的短信。</p>
        <form id="inbox-filter" class="form" method="get" action="/sandbox/sms/inbox">
        <div class="field"><label class="label" for="phone">只看一个手机号</label>
        <div class="control sms-row"><input class="input" type="text" id="phone" name="phone" value="\(phone)" \
        inputmode="numeric" autocomplete="off"><button class="button secondary" type="submit">查看</button></div></div>
        </form>
        \(HTML.when(messages.isEmpty, "<p class=\"note\">还没有短信。</p>"))
        <ul class="inbox" data-testid="messages">\(HTML.each(messages) { message in
            let moment = ClockTime.full(Int64(message.at.timeIntervalSince1970))
            return """
                <li data-testid="message"><p class="note"><span class="code">\(message.to)</span> \(moment)</p>\
                <p>\(message.text)</p></li>
                """
        })</ul>
        </div>
        """
    }
}
