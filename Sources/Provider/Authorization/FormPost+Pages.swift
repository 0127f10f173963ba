/// The answer to an authorization request with `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2): a form
/// that the script submits at once and a button does without script.
struct FormPostPage: Sendable {
    /// The verified redirect URI.
    var action: String
    /// The response's parameters in order.
    var values: [(name: String, value: String)]
    var relyingParty: String?

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "正在返回", page: "form-post")
        return Page(
            status: 200,
            document: layout.document(content, in: context),
            formTargets: [action]
        )
    }

    private var content: HTML {
        """
        <div class="card outcome">
        <span class="badge busy" aria-hidden="true"></span>
        <h1>正在返回\(relyingParty ?? "应用")</h1>
        <p class="lead">如果页面没有自动跳转，请点击“继续”。</p>
        <form id="form-post" method="post" action="\(url: action)" data-submit="now" accept-charset="utf-8">
        \(HTML.each(values) { "<input type=\"hidden\" name=\"\($0.name)\" value=\"\($0.value)\">\n" })\
        <div class="actions">\(Button.primary("继续"))</div>
        </form>
        </div>
        """
    }
}
