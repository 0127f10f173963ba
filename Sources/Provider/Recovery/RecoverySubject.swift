import Cryptography
import OAuth

/// What a person typed into one of the forms.
struct RecoveryEntry: Sendable {
    let browser: BrowserIdentity
    /// The authorization request that waits, by name.
    let transaction: String?
    var account = ""
    var idNumber = ""
    var smsCode = ""
    var captcha = ""
    var captchaID: String?
    var captchaProof = ""
    var code = SMSCodeField()
    var faults: [FormFault] = []

    init(browser: BrowserIdentity, transaction: String?) {
        self.browser = browser
        self.transaction = transaction
    }

    mutating func read(_ form: Parameters) {
        account = form.field(.account)
        idNumber = form.field(.idNumber)
        smsCode = form.field(.smsCode)
        captcha = form.field(.captcha)
        captchaID = form.field(.captchaID)
        captchaProof = form.field(.captchaProof)
    }

    /// What is drawn before anything is judged: the form is not ours, or only another picture is wanted.
    func early(_ form: Parameters, _ desk: PageDesk) -> RecoveryEntry? {
        var entry = self
        if !desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) {
            entry.faults = [FormFault(.csrfFailed, at: nil)]
            return entry
        }
        guard form.field(named: "op") == "new-captcha" else { return nil }
        entry.forgetCaptcha()
        return entry
    }

    mutating func refuse(_ fault: Fault) {
        faults = [FormFault(fault)]
        forgetCaptcha()
    }

    mutating func forgetCaptcha() {
        captchaID = nil
        captchaProof = ""
    }
}

/// Whom a recovery is about, as its pages show them. For an account that does not exist everything here is invented.
struct RecoverySubject: Sendable {
    /// Nil for an account that does not exist.
    let account: AccountID?
    /// Where codes go; for nobody's account a name that stands for no phone.
    let phone: String
    /// `*****8`
    let maskedName: String
    let maskedPhone: String
    /// Whether the number of the document is asked for: accounts that are verified.
    let asksNumber: Bool
    /// The code was right, and only the number was not.
    var isPhoneProved = false

    init(account: AccountID?, phone: String, maskedName: String, maskedPhone: String, asksNumber: Bool) {
        self.account = account
        self.phone = phone
        self.maskedName = maskedName
        self.maskedPhone = maskedPhone
        self.asksNumber = asksNumber
    }

    init(_ journey: Journey) {
        let kept = journey.payload
        account = journey.account
        phone = kept["phone"]?.string ?? ""
        maskedName = kept["name"]?.string ?? "*****"
        maskedPhone = kept["masked_phone"]?.string ?? "****"
        asksNumber = kept["asks_number"]?.bool ?? true
        isPhoneProved = kept["phone_proved"]?.bool ?? false
    }

    func payload(transaction: String?) -> JSON {
        [
            "phone": .string(phone), "name": .string(maskedName), "masked_phone": .string(maskedPhone),
            "asks_number": .bool(asksNumber), "phone_proved": .bool(isPhoneProved),
            "transaction": transaction.map { .string($0) } ?? .null,
        ]
    }

    /// Whether that is the number of the person's document; letters in either case, full-width forms and spaces forgiven.
    static func isNumber(_ typed: String, of person: Account) -> Bool {
        var scalars = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars.prefix(64) {
            switch scalar.value {
            case 0x20, 0x3000, 0x09: continue
            case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0).map { scalars.append($0) }
            default: scalars.append(scalar)
            }
        }
        guard let number = person.document?["number"]?.string else { return false }
        return ConstantTime.equal(Array(String(scalars).uppercased().utf8), Array(number.uppercased().utf8))
    }
}

/// What an account that does not exist would look like: drawn from a keyed hash of the name, so that it is the same each time and nobody
/// can tell it from a real one (trust.md 2).
struct RecoveryMimicry: Sendable {
    let key: Secret<[UInt8]>

    func subject(_ identifier: AccountIdentifier, _ typed: String) -> RecoverySubject {
        let canonical = canonical(identifier, typed)
        let hash = HMAC.sha256(key: key.reveal(), Array("recovery|\(canonical)".utf8))
        var maskedPhone = Self.inventedPhone(hash)
        var asksNumber = hash[8] & 1 == 0
        switch identifier.readings.first {
        case .phone(let phone): maskedPhone = Mask.phone(phone)
        // Who is found by the number of a document is verified, and must type it again.
        case .residentID: asksNumber = true
        case .username, nil: break
        }
        return RecoverySubject(
            account: nil,
            phone: canonical,
            maskedName: maskedName(identifier, typed),
            maskedPhone: maskedPhone,
            asksNumber: asksNumber
        )
    }

    /// The mask of what was typed: of a real account and of none alike.
    func maskedName(_ identifier: AccountIdentifier, _ typed: String) -> String {
        switch identifier.readings.first {
        case .phone(let phone): Mask.phone(phone)
        case .residentID(let number): Mask.documentNumberEnd(number)
        case .username(let name): Mask.username(name)
        case nil: Mask.username(String(typed.prefix(20)))
        }
    }

    private func canonical(_ identifier: AccountIdentifier, _ typed: String) -> String {
        switch identifier.readings.first {
        case .phone(let text), .residentID(let text), .username(let text): text
        case nil: String(typed.prefix(64))
        }
    }

    /// `1xx****xxxx` with a prefix that is in use.
    private static func inventedPhone(_ hash: [UInt8]) -> String {
        let prefixes = [
            "130", "131", "133", "135", "136", "137", "138", "139", "150", "152", "156", "158", "159", "166",
            "176", "177", "178", "180", "181", "183", "185", "186", "187", "188", "189", "199",
        ]
        let tail = hash[1...4].map { String($0 % 10) }.joined()
        return prefixes[Int(hash[0]) % prefixes.count] + "****" + tail
    }
}
