// What forms are made of (pages.md K4–K7, K10, K13): each draws itself with its label, hint and fault tied together
// for people who listen, and keeps the names of operations.md 1.5.

/// K4: label, input, hint and fault.
struct TextField {
    var name: FieldName
    var label: String
    var placeholder = ""
    var hint: String?
    var value = ""
    var type = "text"
    var autocomplete: String
    var inputmode: String?
    var isRequired = true
    /// What was proved before can be read but not changed.
    var isReadOnly = false
    /// Ids of further descriptions.
    var describedBy: [String] = []

    func markup(_ faults: [FormFault]) -> HTML {
        Field.row(name, label: label, isRequired: isRequired, hint: hint, faults: faults, control: input(faults))
    }

    func input(_ faults: [FormFault]) -> HTML {
        """
        <input class="input" type="\(type)" id="\(name.rawValue)" name="\(name.rawValue)"\
        \(attribute: "value", value.isEmpty ? nil : value)\
        \(attribute: "placeholder", placeholder.isEmpty ? nil : placeholder) autocomplete="\(autocomplete)"\
        \(attribute: "inputmode", inputmode) autocapitalize="none" spellcheck="false"\
        \(flag: "required", isRequired)\(flag: "readonly", isReadOnly)\
        \(Field.description(name, hint: hint, faults: faults, and: describedBy))>
        """
    }
}

/// K6: a password that can be looked at. Without script the button stays hidden and nothing is lost.
struct PasswordField {
    var name: FieldName = .password
    var label = "密码"
    var placeholder = "请输入密码"
    var hint: String?
    /// `current-password` or `new-password`.
    var autocomplete = "current-password"
    /// The rules of a new password, shown and judged as it is typed.
    var strength: PasswordStrength?

    func markup(_ faults: [FormFault]) -> HTML {
        let field = TextField(
            name: name,
            label: label,
            placeholder: placeholder,
            hint: hint,
            type: "password",
            autocomplete: autocomplete,
            describedBy: strength == nil ? [] : ["\(name.rawValue)-rules"]
        )
        return Field.row(
            name,
            label: label,
            isRequired: true,
            hint: hint,
            faults: faults,
            control: """
                <div class="joined">\(field.input(faults))<button class="peek" type="button" hidden \
                data-peek="\(name.rawValue)" aria-controls="\(name.rawValue)" aria-pressed="false" \
                aria-label="显示密码">显示</button></div><span class="sr" role="status" data-peek-status></span>
                """,
            after: strength?.markup(of: name) ?? HTML()
        )
    }
}

/// The rules of a new password as a list; the script marks what is kept and says how strong it is (journeys.md C5).
struct PasswordStrength {
    /// Such as 8-20.
    var range: String

    func markup(of name: FieldName) -> HTML {
        let rules = [("length", "\(range)位"), ("classes", "字母、数字、特殊字符至少两种"), ("personal", "不包含用户名和手机号")]
        return """
            <ul class="rules" id="\(name.rawValue)-rules" data-rules="\(name.rawValue)" data-range="\(range)">\
            \(HTML.each(rules) { rule, words in
                "<li data-rule=\"\(rule)\">\(Marks.tick)<span>\(words)</span><span class=\"sr\" data-kept></span></li>"
            })</ul>
            <p class="strength" role="status" data-strength="\(name.rawValue)"></p>
            """
    }
}

/// K13 and the authorisation box of H5: unticked unless the person ticked it before.
struct TickBox {
    var name: FieldName
    var label: HTML
    var isTicked = false

    func markup(_ faults: [FormFault]) -> HTML {
        """
        <div class="field tick\(faults.text(at: name) == nil ? "" : " wrong")"><label class="box" for="\(name.rawValue)">\
        <input type="checkbox" id="\(name.rawValue)" name="\(name.rawValue)" value="yes"\(flag: "checked", isTicked)\
        \(Field.description(name, hint: nil, faults: faults))><span class="mark" aria-hidden="true">\(Marks.tick)</span>\
        <span>\(label)</span></label>
        \(Field.fault(name, faults))</div>
        """
    }
}

/// K10: where in a journey this step stands.
struct Stepper {
    var steps: [String]
    /// Index of the present step.
    var current: Int

    var markup: HTML {
        """
        <ol class="steps" aria-label="步骤，共\(steps.count)步">\(HTML.each(steps.enumerated()) { index, title in
            let state = index < current ? "done" : index == current ? "now" : "next"
            return """
                <li class="\(state)"\(attribute: "aria-current", index == current ? "step" : nil)>\
                <span class="number" aria-hidden="true">\(index < current ? "✓" : String(index + 1))</span>\
                <span class="sr">第\(index + 1)步\(index < current ? "，已完成" : "")：</span>\(title)</li>
                """
        })</ol>
        <p class="steps-short" aria-hidden="true">\(current + 1)/\(steps.count) \(steps[min(current, steps.count - 1)])</p>
        """
    }
}

/// Buttons, one primary on a page.
enum Button {
    static func primary(_ text: String, name: String? = nil, value: String? = nil) -> HTML {
        """
        <button class="button primary" type="submit"\(attribute: "name", name)\(attribute: "value", value)>\(text)</button>
        """
    }

    static func secondary(_ text: String, name: String? = nil, value: String? = nil) -> HTML {
        """
        <button class="button secondary" type="submit"\(attribute: "name", name)\(attribute: "value", value)>\(text)</button>
        """
    }

    static func link(_ text: String, to url: String, isPrimary: Bool = true) -> HTML {
        "<a class=\"button \(isPrimary ? "primary" : "secondary")\" href=\"\(url: url)\">\(text)</a>"
    }
}

/// The pieces the fields share.
enum Field {
    static func row(
        _ name: FieldName,
        label: String,
        isRequired: Bool,
        hint: String?,
        faults: [FormFault],
        control: HTML,
        after: HTML = HTML()
    ) -> HTML {
        """
        <div class="field\(faults.text(at: name) == nil ? "" : " wrong")">
        <label class="label" for="\(name.rawValue)">\(label)\
        \(HTML.when(isRequired, "<span class=\"star\" aria-hidden=\"true\">*</span>"))</label>
        <div class="control">\(control)
        \(HTML.when(hint != nil, "<p class=\"hint\" id=\"\(name.rawValue)-hint\">\(hint ?? "")</p>"))\
        \(fault(name, faults))\(after)</div>
        </div>
        """
    }

    /// `aria-invalid` and `aria-describedby` for hint and fault.
    static func description(_ name: FieldName, hint: String?, faults: [FormFault], and more: [String] = []) -> HTML {
        let isWrong = faults.text(at: name) != nil
        let parts = [hint == nil ? nil : "\(name.rawValue)-hint", isWrong ? "\(name.rawValue)-err" : nil]
        let ids = (parts.compactMap { $0 } + more).joined(separator: " ")
        return """
            \(attribute: "aria-invalid", isWrong ? "true" : nil)\
            \(attribute: "aria-describedby", ids.isEmpty ? nil : ids)
            """
    }

    static func fault(_ name: FieldName, _ faults: [FormFault]) -> HTML {
        guard let text = faults.text(at: name) else { return HTML() }
        return "<p class=\"fault\" id=\"\(name.rawValue)-err\">\(Marks.warning)<span>\(text)</span></p>"
    }
}
