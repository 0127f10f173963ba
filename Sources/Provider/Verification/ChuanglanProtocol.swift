import Cryptography

/// The three generations of Chuanglan's sending interface (domain.md 5.1, 5.3). Only the wire: what is posted where, and what the answer means.
struct ChuanglanProtocol: Sendable {
    /// The words of the setting `sms.protocol`.
    enum Generation: String, Sendable, CaseIterable {
        /// The whole text in JSON, account and password beside it.
        case classic = "chuanglan-v1"
        /// A template and its values, signed by an HMAC in a header.
        case template = "chuanglan-v2"
        /// The unified application of accounts from July 2026 on, with a SHA-1 checksum in the headers.
        case unified = "chuanglan-unified"

        /// The vendor's own host.
        var defaultBaseURL: String {
            self == .classic ? "https://smssh1.253.com" : "https://smssh.253.com"
        }

        var path: String {
            switch self {
            case .classic: "/msg/v1/send/json"
            case .template: "/msg/sms/v2/tpl/send"
            case .unified: "/sms/v2/batch-send"
            }
        }
    }

    let generation: Generation
    /// The API account, or the AppId.
    let account: String
    /// Its password, or the AppSecret.
    let password: Secret<String>
    /// What stands in 【】.
    let signature: String
    /// The approved templates of codes and of notices; the first generation needs none.
    let codeTemplate: String
    let noticeTemplate: String
    /// Where delivery reports go.
    let callbackURL: String

    /// One request of theirs.
    struct Posting: Sendable {
        let body: JSON
        var headers: [(String, String)] = []
    }

    /// What is posted for a message. `seconds` is the present time since 1970, `nonce` 32 hexadecimal digits.
    func posting(_ message: SMSMessage, seconds: Int64, nonce: String) -> Posting {
        switch generation {
        case .classic: classic(message)
        case .template: template(message, seconds: seconds, nonce: nonce)
        case .unified: unified(message, seconds: seconds, nonce: nonce)
        }
    }

    private func classic(_ message: SMSMessage) -> Posting {
        Posting(
            body: [
                "account": .string(account), "password": .string(password.reveal()), "phone": .string(message.phone),
                "msg": .string("【\(signature)】\(message.text)"), "report": "true", "uid": .string(message.id),
                "callbackUrl": .string(callbackURL),
            ]
        )
    }

    private func template(_ message: SMSMessage, seconds: Int64, nonce: String) -> Posting {
        let key = Self.templateKey(password)
        let code = Self.templateSignature(key: key, timestamp: String(seconds), nonce: nonce)
        return Posting(
            body: [
                "account": .string(account), "timestamp": .string(String(seconds)), "nonce": .string(nonce),
                "phoneNumbers": .string(message.phone), "templateId": .string(templateID(message)),
                "templateParamJson": .string(values(message).serialized), "signature": .string("【\(signature)】"),
                "report": "true", "callbackUrl": .string(callbackURL), "uid": .string(message.id),
            ],
            headers: [("X-QA-Hmac-Signature", code)]
        )
    }

    private func unified(_ message: SMSMessage, seconds: Int64, nonce: String) -> Posting {
        let isCode = if case .code = message.content { true } else { false }
        return Posting(
            body: [
                "productType": isCode ? "verify" : "notify", "phoneNumbers": .string(message.phone),
                "templateCode": .string(templateID(message)), "templateParam": .string(values(message).serialized),
                "report": "true", "callbackUrl": .string(callbackURL), "outId": .string(message.id),
            ],
            headers: [
                ("X-AppId", account), ("X-Nonce", nonce), ("X-CurTime", String(seconds)),
                ("X-CheckSum", Self.checksum(secret: password, nonce: nonce, time: String(seconds))),
            ]
        )
    }

    private func templateID(_ message: SMSMessage) -> String {
        if case .code = message.content { return codeTemplate }
        return noticeTemplate
    }

    /// The values of the approved templates: `code`, `purpose`, `minutes`, or `time` and `event`.
    private func values(_ message: SMSMessage) -> JSON {
        switch message.content {
        case .code(let code, let purpose, let minutes):
            ["code": .string(code.reveal()), "purpose": .string(purpose), "minutes": .string(String(minutes))]
        case .notice(let event, let time): ["time": .string(time), "event": .string(event)]
        }
    }

    // MARK: Signatures

    /// Hexadecimal MD5 of the password: key of the second generation's HMAC, and one of the three values it covers.
    static func templateKey(_ password: Secret<String>) -> String {
        Hexadecimal.encode(Digest.md5(Array(password.reveal().utf8)))
    }

    /// Hexadecimal HMAC-SHA-256 over the sorted values, one after another.
    static func templateSignature(key: String, timestamp: String, nonce: String) -> String {
        let covered = [key, timestamp, nonce].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined()
        return Hexadecimal.encode(HMAC.sha256(key: Array(key.utf8), Array(covered.utf8)))
    }

    /// Hexadecimal SHA-1 of secret, nonce and time.
    static func checksum(secret: Secret<String>, nonce: String, time: String) -> String {
        Hexadecimal.encode(Digest.sha1(Array((secret.reveal() + nonce + time).utf8)))
    }

    // MARK: Answers

    /// What an answer means; nil for "too fast" and "busy", which alone are tried once more.
    func outcome(status: Int, _ body: JSON) -> SMSOutcome? {
        // The first generation's code is text and decides alone; the status says nothing.
        guard let code = body["code"]?.string else { return .doubtful("status \(status) without a code") }
        switch code {
        case "0", "000000":
            return .sent(vendorID: String((body["msgId"]?.string ?? "").prefix(64)))
        case "103", "104": return nil
        case "120", "122": return .later
        case "106", "107", "108", "130": return .rejected("vendor code \(Self.printable(code))")
        default: return .misconfigured("vendor code \(Self.printable(code))")
        }
    }

    private static func printable(_ code: String) -> String {
        String(decoding: code.utf8.prefix(16).filter { (0x21...0x7E).contains($0) }, as: UTF8.self)
    }
}
