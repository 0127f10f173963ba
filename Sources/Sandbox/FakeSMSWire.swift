import Cryptography
import FoundationEssentials

/// The vendor's side of the three generations: who is it, is the request signed rightly, what does the phone show.
struct FakeSMSWire: Sendable {
    let account: String
    let password: String

    enum Verdict: Sendable {
        case taken(FakeSMSGateway.Message, report: Report?)
        case refused(code: String, why: String)
    }

    /// A wanted delivery report.
    struct Report: Sendable {
        let address: String
        let uid: String
        /// yyMMddHHmm, in the city's time.
        let time: String
    }

    // MARK: Generations

    /// Account, password and the whole text.
    @Sendable func classic(_ body: JSON) -> Verdict {
        guard body["account"]?.string == account else { return .refused(code: "101", why: "无此用户") }
        guard body["password"]?.string == password else { return .refused(code: "102", why: "密码错误") }
        guard let text = body["msg"]?.string, text.unicodeScalars.count <= 536 else {
            return .refused(code: "106", why: "短信长度错误")
        }
        guard text.hasPrefix("【"), text.contains("】") else { return .refused(code: "116", why: "签名不合法") }
        return taken(
            body["phone"]?.string,
            text,
            code: Self.digits(in: text),
            purpose: Self.purpose(in: text),
            body,
            "uid"
        )
    }

    /// A template, signed by an HMAC over password hash, time and nonce.
    @Sendable func template(_ body: JSON, _ headers: [String: String]) -> Verdict {
        guard body["account"]?.string == account else { return .refused(code: "101", why: "无此用户") }
        let key = Hexadecimal.encode(Digest.md5(Array(password.utf8)))
        let parts = [key, body["timestamp"]?.string ?? "", body["nonce"]?.string ?? ""]
        let covered = parts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined()
        let expected = Hexadecimal.encode(HMAC.sha256(key: Array(key.utf8), Array(covered.utf8)))
        guard headers["x-qa-hmac-signature"] == expected else { return .refused(code: "102", why: "签名错误") }
        guard body["templateId"]?.string?.isEmpty == false else { return .refused(code: "124", why: "模板不存在") }
        guard let sign = body["signature"]?.string, sign.hasPrefix("【") else {
            return .refused(code: "116", why: "签名不合法")
        }
        return filled(sign, body["templateParamJson"]?.string, phone: body["phoneNumbers"]?.string, body, "uid")
    }

    /// The unified application: a checksum over secret, nonce and time.
    @Sendable func unified(_ body: JSON, _ headers: [String: String]) -> Verdict {
        guard headers["x-appid"] == account else { return .refused(code: "101", why: "无此应用") }
        let nonce = headers["x-nonce"] ?? ""
        let time = headers["x-curtime"] ?? ""
        guard nonce.utf8.count == 32, Int64(time) != nil,
            headers["x-checksum"] == Hexadecimal.encode(Digest.sha1(Array((password + nonce + time).utf8)))
        else { return .refused(code: "102", why: "校验和错误") }
        guard body["templateCode"]?.string?.isEmpty == false else { return .refused(code: "124", why: "模板不存在") }
        return filled("【统一身份认证】", body["templateParam"]?.string, phone: body["phoneNumbers"]?.string, body, "outId")
    }

    /// The template approved for codes, or the one for notices, with its values.
    private func filled(_ sign: String, _ values: String?, phone: String?, _ body: JSON, _ uid: String) -> Verdict {
        guard let values, let values = try? JSON(parsing: Array(values.utf8)) else {
            return .refused(code: "114", why: "模板参数错误")
        }
        if let code = values["code"]?.string, let purpose = values["purpose"]?.string {
            let minutes = values["minutes"]?.string ?? ""
            let text = "\(sign)验证码\(code)，用于\(purpose)，\(minutes)分钟内有效。请勿告诉他人。"
            return taken(phone, text, code: code, purpose: purpose, body, uid)
        }
        guard let time = values["time"]?.string, let event = values["event"]?.string else {
            return .refused(code: "114", why: "模板参数错误")
        }
        return taken(phone, "\(sign)您的账号已于\(time)\(event)。如非本人操作，请立即联系客服。", code: nil, purpose: nil, body, uid)
    }

    private func taken(_ phone: String?, _ text: String, code: String?, purpose: String?, _ body: JSON, _ uid: String)
        -> Verdict
    {
        guard let phone, phone.utf8.count == 11, phone.utf8.first == UInt8(ascii: "1"),
            phone.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return .refused(code: "107", why: "手机号码错误") }
        let message = FakeSMSGateway.Message(to: phone, text: text, code: code, purpose: purpose)
        guard body["report"]?.string == "true", let address = body["callbackUrl"]?.string, address.hasPrefix("http://")
        else {
            return .taken(message, report: nil)
        }
        let name = body[uid]?.string ?? ""
        return .taken(message, report: Report(address: address, uid: name, time: Self.minute(Date())))
    }

    // MARK: Text

    /// The first six digits in a row.
    private static func digits(in text: String) -> String? {
        var run: [UInt8] = []
        for byte in text.utf8 {
            if (0x30...0x39).contains(byte) {
                run.append(byte)
            } else {
                if run.count == 6 { return String(decoding: run, as: UTF8.self) }
                run = []
            }
        }
        return run.count == 6 ? String(decoding: run, as: UTF8.self) : nil
    }

    /// The words between 用于 and the comma.
    private static func purpose(in text: String) -> String? {
        guard let start = text.firstRange(of: "用于")?.upperBound, let end = text[start...].firstIndex(of: "，") else {
            return nil
        }
        return String(text[start..<end])
    }

    /// yyMMddHHmm, eight hours east.
    private static func minute(_ date: Date) -> String {
        let stamp = Date.ISO8601FormatStyle().format(date.addingTimeInterval(8 * 3600))
        let digits = stamp.utf8.filter { (0x30...0x39).contains($0) }
        return String(decoding: digits.dropFirst(2).prefix(10), as: UTF8.self)
    }
}
