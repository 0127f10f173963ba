import Cryptography
import FoundationEssentials

/// Baidu: `oauth/jscode2sessionkey`, and phone numbers under AES-192-CBC with padding to blocks of 32 bytes.
struct BaiduMiniProgram: MiniProgramPlatform {
    /// How it is reached and who we are there.
    struct Settings: Sendable {
        let api: String
        let appKey: String
        let secret: Secret<String>
    }

    let name = MiniProgramPlatformName.baidu
    let appID: String
    private let api: String
    private let secret: Secret<String>
    private let calls: PlatformCalls

    init(_ settings: Settings, calls: PlatformCalls) {
        appID = settings.appKey
        api = settings.api
        secret = settings.secret
        self.calls = calls
    }

    func login(_ code: String) async throws(PlatformFault) -> MiniProgramLogin {
        let body = PlatformCalls.form([("code", code), ("client_id", appID), ("sk", secret.reveal())])
        let bytes: [UInt8]
        do throws(PlatformCalls.Fault) {
            bytes = try await calls.post(
                "\(api)/oauth/jscode2sessionkey",
                Array(body.utf8),
                type: "application/x-www-form-urlencoded"
            )
        } catch { throw .down(error.reason) }
        guard let answer = try? JSON(parsing: bytes), answer.object != nil else { throw .down("no JSON object") }
        if let error = answer["error"]?.string {
            // 6 is Baidu's number for too many calls.
            if answer["errno"]?.int == 6 { throw .limited }
            if error == "invalid_request" || error == "invalid_grant" || error == "bad_code" { throw .codeInvalid }
            throw .down(error)
        }
        guard let openID = answer["openid"]?.string, let key = answer["session_key"]?.string else {
            throw .down("jscode2sessionkey without openid")
        }
        return MiniProgramLogin(openID: openID, unionID: answer["unionid"]?.string, sessionKey: Secret(key))
    }

    func phone(_ evidence: PhoneEvidence, _ login: MiniProgramLogin) async throws(PlatformFault) -> String {
        guard case .encrypted(let data, let vector) = evidence,
            let key = login.sessionKey.flatMap({ Base64.decode($0.reveal()) }), key.count == 24,
            let vector = Base64.decode(vector), vector.count == 16
        else { throw .codeInvalid }
        let plain = try PlatformAnswer.decrypted(data, vector, key: key, block: 32)
        guard let json = Self.content(of: plain, appKey: appID) else { throw .codeInvalid }
        return try PlatformAnswer.phone(json["mobile"]?.string)
    }

    /// 16 random bytes, the length in four, the JSON, the AppKey it was meant for.
    static func content(of plain: [UInt8], appKey: String) -> JSON? {
        guard plain.count >= 20 else { return nil }
        let length = plain[16..<20].reduce(0) { $0 << 8 | Int($1) }
        guard length <= plain.count - 20,
            ConstantTime.equal(Array(plain[(20 + length)...]), Array(appKey.utf8))
        else { return nil }
        return try? JSON(parsing: Array(plain[20..<(20 + length)]))
    }
}
