/// The fields of our forms, by the names that tests, automation and password managers know (operations.md 1.5).
enum FieldName: String, Sendable, CaseIterable {
    case account, username, phone, email, password, captcha, consent, agree
    case newPhone = "new_phone"
    case newPassword = "new_password"
    case confirmPassword = "confirm_password"
    case captchaID = "captcha_id"
    case captchaProof = "pow"
    case smsCode = "sms_code"
    case userCode = "user_code"
    case syncNational = "sync_national"
    case idNumber = "id_number"
}

/// One thing a citizen must put right in a form: an ordinary value, returned and shown, never thrown (house 5.5).
struct FormFault: Sendable, Equatable {
    let fault: Fault
    /// The field it stands beside; nil when it belongs to the form as a whole.
    let field: FieldName?

    /// A fault at the field that the catalogue names for it.
    init(_ fault: Fault) {
        self.init(fault, at: fault.code.field)
    }

    init(_ fault: Fault, at field: FieldName?) {
        self.fault = fault
        self.field = field
    }

    var text: String { fault.text }
}

extension [FormFault] {
    /// The sentence to show beside a field: its first fault.
    func text(at field: FieldName) -> String? {
        first { $0.field == field }?.text
    }

    /// The status of a page that shows these: the gravest of the faults, 200 when there is none.
    var status: Int {
        map(\.fault.code.status).max() ?? 200
    }
}
