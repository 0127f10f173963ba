import Cryptography
import FoundationEssentials

/// Alipay: signed calls of the open gateway (RSA2), and phone numbers encrypted under the application's AES key
/// (`alipay.system.oauth.token`, `my.getPhoneNumber`).
struct AlipayMiniProgram: MiniProgramPlatform {
    /// How it is reached and who we are there.
    struct Settings: Sendable {
        let gateway: String
        let appID: String
        let privateKey: Secret<String>
        let publicKey: String
        let aesKey: Secret<String>
    }

    let name = MiniProgramPlatformName.alipay
    let appID: String
    private let gateway: String
    private let privateKey: RSA2PrivateKey
    private let publicKey: RSA2PublicKey
    private let aesKey: Secret<[UInt8]>
    private let calls: PlatformCalls
    private let now: @Sendable () -> Date

    init?(_ settings: Settings, calls: PlatformCalls, now: @escaping @Sendable () -> Date) {
        guard let privateKey = try? RSA2PrivateKey(settings.privateKey.reveal()),
            let publicKey = try? RSA2PublicKey(settings.publicKey),
            let aesKey = Base64.decode(settings.aesKey.reveal()), aesKey.count == 16
        else { return nil }
        appID = settings.appID
        gateway = settings.gateway
        self.privateKey = privateKey
        self.publicKey = publicKey
        self.aesKey = Secret(aesKey)
        self.calls = calls
        self.now = now
    }

    func login(_ code: String) async throws(PlatformFault) -> MiniProgramLogin {
        let method = "alipay.system.oauth.token"
        let answer = try await call(method, [("grant_type", "authorization_code"), ("code", code)])
        // Applications made lately get no user_id; older ones no open_id.
        guard let openID = answer["open_id"]?.string ?? answer["user_id"]?.string, !openID.isEmpty else {
            throw .down("oauth.token without open_id and user_id")
        }
        return MiniProgramLogin(openID: openID, unionID: answer["union_id"]?.string)
    }

    /// `my.getPhoneNumber` hands the whole text `{"response", "sign", "sign_type", …}` on as the data; the vector is fixed.
    func phone(_ evidence: PhoneEvidence, _ login: MiniProgramLogin) async throws(PlatformFault) -> String {
        guard case .encrypted(let text, _) = evidence, text.utf8.count <= 16_384,
            let envelope = try? JSON(parsing: Array(text.utf8)), let response = envelope["response"]?.string,
            envelope["sign_type"]?.string ?? "RSA2" == "RSA2", let sign = envelope["sign"]?.string,
            let signature = Base64.decode(sign)
        else { throw .codeInvalid }
        // The signature covers the JSON text of the value, quotes included.
        guard publicKey.verify(signature, Array("\"\(response)\"".utf8)) else { throw .codeInvalid }
        let vector = [UInt8](repeating: 0, count: 16)
        let plain = try PlatformAnswer.decrypted(response, vector, key: aesKey.reveal(), block: 16)
        guard let json = try? JSON(parsing: plain), json["code"]?.string == "10000" else { throw .codeInvalid }
        return try PlatformAnswer.phone(json["mobile"]?.string)
    }

    /// One signed call; its answer is believed only under Alipay's signature over the very bytes of the inner value.
    private func call(_ method: String, _ more: [(String, String)]) async throws(PlatformFault) -> JSON {
        var fields = [
            ("app_id", appID), ("method", method), ("format", "JSON"), ("charset", "utf-8"), ("sign_type", "RSA2"),
            ("timestamp", Self.timestamp(now())), ("version", "1.0"),
        ]
        fields += more
        guard let signature = try? privateKey.sign(Array(Self.signingText(fields).utf8)) else { throw .down("signing") }
        fields.append(("sign", Base64.encode(signature)))
        let bytes: [UInt8]
        do throws(PlatformCalls.Fault) {
            bytes = try await calls.post(
                gateway,
                Array(PlatformCalls.form(fields).utf8),
                type: "application/x-www-form-urlencoded; charset=utf-8"
            )
        } catch { throw .down(error.reason) }
        guard let answer = try? JSON(parsing: bytes), answer.object != nil else { throw .down("no JSON object") }
        let name = String(method.map { $0 == "." ? "_" : $0 }) + "_response"
        guard let value = answer[name], value["code"]?.string ?? "10000" == "10000" else {
            throw Self.fault(answer["error_response"] ?? answer[name] ?? .null)
        }
        guard let raw = Self.rawValue(of: name, in: bytes), let sign = answer["sign"]?.string,
            let signature = Base64.decode(sign), publicKey.verify(signature, raw)
        else { throw .down("the answer is not signed by Alipay") }
        return value
    }

    private static func fault(_ answer: JSON) -> PlatformFault {
        switch (answer["code"]?.string, answer["sub_code"]?.string) {
        case ("40002", "isv.code-invalid"): .codeInvalid
        case ("40005", _): .limited
        case (let code, let sub): .down("code \(code ?? "none") \(sub ?? "")")
        }
    }

    /// Names in ASCII order, empty values and the signature left out, values as they are.
    static func signingText(_ fields: [(String, String)]) -> String {
        fields.filter { $0.0 != "sign" && !$0.1.isEmpty }
            .sorted { Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8)) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// The bytes of a member's object value as they came: parsing and writing again would change escapes.
    static func rawValue(of name: String, in bytes: [UInt8]) -> [UInt8]? {
        let mark = Array("\"\(name)\":".utf8)
        guard bytes.count > mark.count,
            let start = (0...(bytes.count - mark.count)).first(where: {
                bytes[$0..<($0 + mark.count)].elementsEqual(mark)
            })
        else { return nil }
        var position = start + mark.count
        let begin = position
        var depth = 0
        var isText = false
        while position < bytes.count {
            let byte = bytes[position]
            if isText {
                if byte == UInt8(ascii: "\\") { position += 1 }
                if byte == UInt8(ascii: "\"") { isText = false }
            } else if byte == UInt8(ascii: "\"") {
                isText = true
            } else if byte == UInt8(ascii: "{") {
                depth += 1
            } else if byte == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return Array(bytes[begin...position]) }
            }
            position += 1
        }
        return nil
    }

    /// `yyyy-MM-dd HH:mm:ss` in China's time.
    static func timestamp(_ date: Date) -> String {
        let text = Date.ISO8601FormatStyle().format(date.addingTimeInterval(8 * 3600))
        return String(text.prefix(19).map { $0 == "T" ? " " : $0 })
    }
}
