/// A form: its anti-forgery field, hidden values and the summary of its faults (pages.md K5).
struct Form {
    /// `id` of the form, stable for automation.
    var id: String
    var action: String
    var faults: [FormFault] = []
    /// Further hidden values, such as the handle of the waiting authorization.
    var hidden: [(name: String, value: String)] = []
    /// Words of the primary action when another submit button stands before it: a hidden twin comes first, so that
    /// Enter in a field means the primary action.
    var defaultButton: String?

    /// The form with its anti-forgery field around `content`; the browser's own validation is off, since its bubbles
    /// speak neither our words nor to every screen reader.
    func markup(_ content: HTML, in context: PageContext) -> HTML {
        """
        <form id="\(id)" class="form" method="post" action="\(url: action)" novalidate accept-charset="utf-8">
        <input type="hidden" name="csrf" value="\(context.csrf)">
        \(defaultButton.map { "<button type=\"submit\" class=\"default-submit\" tabindex=\"-1\" aria-hidden=\"true\">\($0)</button>" as HTML })
        \(HTML.each(hidden) { "<input type=\"hidden\" name=\"\($0.name)\" value=\"\($0.value)\">\n" })\
        \(content)
        </form>
        """
    }

    /// K5: first in `main`, focused by the script, one link for each fault with the very words beside the field.
    var errorSummary: HTML {
        guard !faults.isEmpty else { return HTML() }
        return """
            <div class="summary" role="alert" tabindex="-1" id="error-summary" aria-labelledby="error-summary-title">
            \(Marks.warning)<div><h2 id="error-summary-title">请检查以下内容</h2>
            <ul>\(HTML.each(faults) { fault in
                guard let field = fault.field else { return "<li>\(fault.text)</li>" }
                return "<li><a href=\"#\(field.rawValue)\">\(fault.text)</a></li>"
            })</ul></div></div>
            """
    }

    /// 带 * 为必填项, at the head of a form.
    static let requiredNote: HTML = "<p class=\"note\">带 <span class=\"star\">*</span> 为必填项</p>"
}

/// 遇到问题？ at the end of every form (K1).
enum HelpLine {
    /// `anchor` is the topic of the help centre that fits this page.
    static func markup(_ brand: Brand, anchor: String? = nil) -> HTML {
        """
        <p class="help-line"><span>遇到问题？进入 <a class="textual" href="/help\(anchor.map { "#" + $0 } ?? "")">帮助中心</a></span>\
        \(HTML.when(!brand.supportPhone.isEmpty, "<span class=\"phone\">客服电话 \(brand.supportPhone)</span>"))</p>
        """
    }
}
