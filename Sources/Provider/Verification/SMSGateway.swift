import Cryptography

/// What sends short messages: a vendor's service, or the sandbox's fake of it on the same wire (domain.md 5).
protocol SMSGateway: Sendable {
    /// Hands one message over. Returns within a bounded time, and never hands the same message over twice when the first time may have
    /// arrived.
    func send(_ message: SMSMessage) async -> SMSOutcome
}

/// One short message to one phone.
struct SMSMessage: Sendable {
    enum Content: Sendable {
        case code(Secret<String>, purpose: String, minutes: Int)
        /// Something happened to the account: what, and when.
        case notice(event: String, time: String)
    }

    /// Our own name of it, which a delivery report may carry back.
    let id: String
    /// 11 digits.
    let phone: String
    let content: Content
    /// `@host #code` as the last line, so that a phone fills the code in on our pages only; nil leaves it away.
    var boundTo: String?

    /// The words of the message without the signature (pages.md K9).
    var text: String {
        switch content {
        case .code(let code, let purpose, let minutes):
            let bound = boundTo.map { "\n@\($0) #\(code.reveal())" } ?? ""
            return "验证码\(code.reveal())，用于\(purpose)，\(minutes)分钟内有效。请勿告诉他人。\(bound)"
        case .notice(let event, let time):
            return "您的账号已于\(time)\(event)。如非本人操作，请立即联系客服。"
        }
    }
}

/// What became of a message. The raw name goes into the store and the log.
enum SMSOutcome: Sendable, Equatable {
    /// Taken; the vendor's own name of it, for the delivery report.
    case sent(vendorID: String)
    /// The vendor's own limits: not now (120, 122).
    case later
    /// An account, credit, template or text that an operator must put right.
    case misconfigured(String)
    /// This phone or this message is not taken.
    case rejected(String)
    /// Not handed over: the vendor is down or too busy.
    case unavailable(String)
    /// No answer that can be read: it may have been sent or not.
    case doubtful(String)

    var name: String {
        switch self {
        case .sent: "sent"
        case .later: "later"
        case .misconfigured: "misconfigured"
        case .rejected: "rejected"
        case .unavailable: "unavailable"
        case .doubtful: "doubtful"
        }
    }

    /// The vendor's code or our own reason, for the log.
    var why: String {
        switch self {
        case .sent, .later: ""
        case .misconfigured(let why), .rejected(let why), .unavailable(let why), .doubtful(let why): why
        }
    }
}
