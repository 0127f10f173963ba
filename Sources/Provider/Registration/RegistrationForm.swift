import Cryptography
import OAuth

/// What a person typed into the form, and what the server knows beside it.
struct RegistrationEntry: Sendable {
    let waiting: WaitingRequest?
    let browser: BrowserIdentity
    /// Nil on the phone's form, which asks for none.
    var username: String?
    var phone = ""
    var password = ""
    /// Nil on the phone's form, which shows the password instead.
    var confirmation: String?
    var smsCode = ""
    var agrees = false
    var wantsSync = false
    var captcha = ""
    var captchaID: String?
    var captchaProof = ""
    /// The journey that holds the proof of the phone.
    var journey: Journey?
    var code = SMSCodeField()
    var faults: [FormFault] = []

    init(waiting: WaitingRequest?, browser: BrowserIdentity) {
        self.waiting = waiting
        self.browser = browser
    }

    /// The phone's form asks for no username and for the password once (R2).
    mutating func read(_ form: Parameters, face: Face) {
        let isWhole = face == .pc
        username = isWhole || !form.field(.username).isEmpty ? form.field(.username) : nil
        confirmation = isWhole || !form.field(.confirmPassword).isEmpty ? form.field(.confirmPassword) : nil
        phone = form.field(.phone)
        password = form.field(.password)
        smsCode = form.field(.smsCode)
        agrees = !form.field(.agree).isEmpty
        wantsSync = !form.field(.syncNational).isEmpty
        captcha = form.field(.captcha)
        captchaID = form.field(.captchaID)
        captchaProof = form.field(.captchaProof)
    }

    /// The phone of the journey counts, whatever stands in the form.
    mutating func take(_ journey: Journey) {
        self.journey = journey
        phone = journey.payload["phone"]?.string ?? ""
    }
}

/// The rules of the form (journeys.md C4 to C6; pages.md P2): all that can be judged without asking anybody.
struct RegistrationForm {
    let entry: RegistrationEntry
    let rules: PasswordRules
    let sync: Registration.NationalSync

    init(_ entry: RegistrationEntry, rules: PasswordRules, sync: Registration.NationalSync) {
        self.entry = entry
        self.rules = rules
        self.sync = sync
    }

    /// In the order of the fields.
    var faults: [FormFault] {
        var faults: [FormFault] = []
        func add(_ fault: Fault?) { if let fault { faults.append(FormFault(fault)) } }
        if let username = entry.username { add(Self.usernameFault(username)) }
        let phone = MainlandMobile.canonical(entry.phone)
        if phone == nil { add(entry.phone.isEmpty ? .phoneRequired : .phoneFormat) }
        if entry.journey == nil, entry.smsCode.isEmpty { add(.smsCodeRequired) }
        let passwordFault = NewPassword.fault(entry.password, rules: rules, username: entry.username, phone: phone)
        add(passwordFault)
        if passwordFault == nil, let confirmation = entry.confirmation, confirmation != entry.password {
            add(.passwordsDiffer)
        }
        if !entry.agrees { add(.termsRequired) }
        if sync == .required, !entry.wantsSync { add(.syncRequired) }
        return faults
    }

    /// R1 to R4.
    static func usernameFault(_ username: String) -> Fault? {
        let bytes = Array(username.utf8)
        guard let first = bytes.first else { return .usernameRequired }
        guard (6...20).contains(username.unicodeScalars.count) else { return .usernameLength }
        guard (0x61...0x7A).contains(first | 0x20) else { return .usernameStart }
        return AccountIdentifier.isUsername(username) ? nil : .usernameAlphabet
    }
}
