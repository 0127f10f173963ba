/// The error catalogue: each thing that can go wrong before a citizen's eyes, once. Pages, JSON answers, the command
/// line and the documentation take code, words and status from here.
///
/// Rules, held by a test: the words name the thing and say what to do; no 非法, no 系统异常, no 未知原因; a time is
/// clock time; each code has words, status, audit category, metric label and an anchor in the help centre.
struct Fault: Sendable, Equatable {
    let code: Code
    /// The words as shown, parameters filled in.
    let text: String

    /// True when the words hold the 参考号 already.
    var namesReference: Bool { code == .serverError || code == .accountDisabled }

    private init(_ code: Code, _ values: (String, String)...) {
        self.code = code
        text = Template.filled(code.template, values.map { (name: $0.0, value: $0.1) })
    }

    /// A fault whose words have no parameter.
    private init(plain code: Code) { self.init(code) }

    // Sign-in
    static let accountRequired = Fault(plain: .accountRequired)
    static let passwordRequired = Fault(plain: .passwordRequired)
    /// `remaining` tries are left before the account locks; the same count is shown for accounts that do not exist.
    static func badCredentials(remaining: Int) -> Fault { Fault(.badCredentials, ("n", String(remaining))) }
    static func locked(until time: ClockTime) -> Fault { Fault(.locked, ("time", time.text)) }
    static func accountDisabled(phone: String, reference: String) -> Fault {
        Fault(.accountDisabled, ("tel", phone), ("ref", reference))
    }

    // Graphic captcha
    static let captchaRequired = Fault(plain: .captchaRequired)
    static let captchaWrong = Fault(plain: .captchaWrong)
    static let captchaExpired = Fault(plain: .captchaExpired)

    // Codes by SMS
    static let smsCodeRequired = Fault(plain: .smsCodeRequired)
    static let smsCodeFormat = Fault(plain: .smsCodeFormat)
    static let smsNotRequested = Fault(plain: .smsNotRequested)
    static let smsCodeWrong = Fault(plain: .smsCodeWrong)
    static let smsCodeExpired = Fault(plain: .smsCodeExpired)
    static func smsTooSoon(seconds: Int) -> Fault { Fault(.smsTooSoon, ("s", String(seconds))) }
    /// `wait` is the true waiting time in words, such as 1小时 or 18分钟.
    static func smsHourLimit(until time: ClockTime, wait: String) -> Fault {
        Fault(.smsHourLimit, ("wait", wait), ("time", time.text))
    }
    static func smsDayLimit(until time: ClockTime) -> Fault { Fault(.smsDayLimit, ("time", time.text)) }
    static let vendorDown = Fault(plain: .vendorDown)
    static let smsTooManyTries = Fault(plain: .smsTooManyTries)

    // What an account is made of
    static let phoneRequired = Fault(plain: .phoneRequired)
    static let phoneFormat = Fault(plain: .phoneFormat)
    static let phoneUnsupported = Fault(plain: .phoneUnsupported)
    static let phoneRegistered = Fault(plain: .phoneRegistered)
    static let usernameRequired = Fault(plain: .usernameRequired)
    static let usernameLength = Fault(plain: .usernameLength)
    static let usernameStart = Fault(plain: .usernameStart)
    static let usernameAlphabet = Fault(plain: .usernameAlphabet)
    static let usernameTaken = Fault(plain: .usernameTaken)
    static let newPasswordRequired = Fault(plain: .newPasswordRequired)
    /// `range` is the operator's, such as 8-20.
    static func passwordLength(range: String) -> Fault { Fault(.passwordLength, ("range", range)) }
    static let passwordAlphabet = Fault(plain: .passwordAlphabet)
    static let passwordClasses = Fault(plain: .passwordClasses)
    static let passwordCommon = Fault(plain: .passwordCommon)
    static let passwordPersonal = Fault(plain: .passwordPersonal)
    static let passwordsDiffer = Fault(plain: .passwordsDiffer)
    static let passwordReused = Fault(plain: .passwordReused)
    static let idNumberRequired = Fault(plain: .idNumberRequired)
    static let idNumberWrong = Fault(plain: .idNumberWrong)
    static let syncRequired = Fault(plain: .syncRequired)

    // Agreement and consent
    static let termsRequired = Fault(plain: .termsRequired)
    static let consentRequired = Fault(plain: .consentRequired)

    // QR conversation
    static let qrUnknown = Fault(plain: .qrUnknown)
    static let qrExpired = Fault(plain: .qrExpired)
    static let qrUsed = Fault(plain: .qrUsed)
    static let qrAlreadyScanned = Fault(plain: .qrAlreadyScanned)
    static let qrCancelled = Fault(plain: .qrCancelled)
    static let qrWrongDevice = Fault(plain: .qrWrongDevice)

    // Devices (RFC 8628)
    static let userCodeRequired = Fault(plain: .userCodeRequired)
    static let userCodeWrong = Fault(plain: .userCodeWrong)
    static let deviceRequestGone = Fault(plain: .deviceRequestGone)
    static let qrNumberNeeded = Fault(plain: .qrNumberNeeded)
    static let qrNumberWrong = Fault(plain: .qrNumberWrong)

    // The mini-program's calls
    static let miniProgramCodeInvalid = Fault(plain: .miniProgramCodeInvalid)
    static let miniProgramPlatformDown = Fault(plain: .miniProgramPlatformDown)
    static let miniProgramAppUnknown = Fault(plain: .miniProgramAppUnknown)
    static let miniProgramTokenInvalid = Fault(plain: .miniProgramTokenInvalid)
    static let miniProgramPhoneNeeded = Fault(plain: .miniProgramPhoneNeeded)
    static let miniProgramPhoneElsewhere = Fault(plain: .miniProgramPhoneElsewhere)
    static let miniProgramPhoneUnsupported = Fault(plain: .miniProgramPhoneUnsupported)
    static let webTargetRefused = Fault(plain: .webTargetRefused)
    static let idempotencyMismatch = Fault(plain: .idempotencyMismatch)
    static let requestUnderWay = Fault(plain: .requestUnderWay)

    // Flow and server
    static let flowExpired = Fault(plain: .flowExpired)
    static let stepOrder = Fault(plain: .stepOrder)
    static let csrfFailed = Fault(plain: .csrfFailed)
    static func rateLimited(until time: ClockTime) -> Fault { Fault(.rateLimited, ("time", time.text)) }
    static func serverError(reference: String) -> Fault { Fault(.serverError, ("ref", reference)) }
    /// `service` is what does not answer, in the citizen's words; `alternative` what the person can do meanwhile, a
    /// phrase that follows 您可以.
    static func dependencyDown(service: String, alternative: String) -> Fault {
        Fault(.dependencyDown, ("service", service), ("alternative", alternative))
    }
    static let pageNotFound = Fault(plain: .pageNotFound)
    static let requestInvalid = Fault(plain: .requestInvalid)

    // Authorization requests that may not be answered by a redirect (RFC 6749 §4.1.2.1)
    static let clientUnknown = Fault(plain: .clientUnknown)
    static func clientDisabled(relyingParty: String) -> Fault { Fault(.clientDisabled, ("rp", relyingParty)) }
    static func redirectURIMismatch(relyingParty: String) -> Fault {
        Fault(.redirectURIMismatch, ("rp", relyingParty))
    }
    static let authorizationRequestInvalid = Fault(plain: .authorizationRequestInvalid)
    static let logoutRequestInvalid = Fault(plain: .logoutRequestInvalid)
}
