/// What a code by SMS is good for. A code of one purpose never serves another (trust.md T35).
enum SMSPurpose: String, Sendable, CaseIterable {
    case signIn = "sign-in"
    case register
    case recover

    /// As the message says it: 用于…
    var words: String {
        switch self {
        case .signIn: "登录"
        case .register: "注册账号"
        case .recover: "找回密码"
        }
    }

    /// The captcha that guards its sending.
    var captcha: Captchas.Purpose {
        switch self {
        case .signIn: .smsSignIn
        case .register: .register
        case .recover: .recoverVerify
        }
    }
}
