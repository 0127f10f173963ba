import Cryptography
import FoundationEssentials
import Synchronization

/// WeChat: `sns/jscode2session` and `wxa/business/getuserphonenumber` (developers.weixin.qq.com).
///
/// Everything is answered with 200; failures carry `errcode`, and successes of `sns` carry none.
final class WeChatMiniProgram: MiniProgramPlatform {
    /// How it is reached and who we are there.
    struct Settings: Sendable {
        let api: String
        let appID: String
        let secret: Secret<String>
    }

    let name = MiniProgramPlatformName.wechat
    let appID: String
    private let api: String
    private let secret: Secret<String>
    private let calls: PlatformCalls
    private let now: @Sendable () -> Date
    private let appToken = Mutex<(value: String, until: Date)?>(nil)

    init(_ settings: Settings, calls: PlatformCalls, now: @escaping @Sendable () -> Date) {
        appID = settings.appID
        api = settings.api
        secret = settings.secret
        self.calls = calls
        self.now = now
    }

    func login(_ code: String) async throws(PlatformFault) -> MiniProgramLogin {
        let query = PlatformCalls.form([
            ("appid", appID), ("secret", secret.reveal()), ("js_code", code), ("grant_type", "authorization_code"),
        ])
        let answer = try await read { () async throws(PlatformCalls.Fault) in
            try await self.calls.get("\(self.api)/sns/jscode2session?\(query)")
        }
        guard let openID = answer["openid"]?.string, let key = answer["session_key"]?.string else {
            throw .down("jscode2session without openid")
        }
        return MiniProgramLogin(openID: openID, unionID: answer["unionid"]?.string, sessionKey: Secret(key))
    }

    /// The code of the button `getPhoneNumber`; old clients still send encrypted data instead.
    func phone(_ evidence: PhoneEvidence, _ login: MiniProgramLogin) async throws(PlatformFault) -> String {
        let info: JSON
        switch evidence {
        case .code(let code):
            let token = try await token()
            let body = JSON.object([("code", .string(code)), ("openid", .string(login.openID))]).bytes
            let url = "\(api)/wxa/business/getuserphonenumber?\(PlatformCalls.form([("access_token", token)]))"
            let answer = try await read { () async throws(PlatformCalls.Fault) in
                try await self.calls.post(url, body, type: "application/json")
            }
            info = answer["phone_info"] ?? .null
        case .encrypted(let data, let vector):
            guard let key = login.sessionKey.flatMap({ Base64.decode($0.reveal()) }), key.count == 16,
                let vector = Base64.decode(vector), vector.count == 16
            else { throw .codeInvalid }
            let plain = try PlatformAnswer.decrypted(data, vector, key: key, block: 16)
            guard let json = try? JSON(parsing: plain) else { throw .codeInvalid }
            info = json
        }
        // A number that was meant for another application is none for us.
        guard info["watermark"]?["appid"]?.string == appID else { throw .codeInvalid }
        let country = info["countryCode"]?.string ?? info["countryCode"]?.int.map { String($0) } ?? ""
        return try PlatformAnswer.phone(info["purePhoneNumber"]?.string, countryCode: country)
    }

    /// `cgi-bin/stable_token`: the same for all processes, so each keeps its own copy.
    private func token() async throws(PlatformFault) -> String {
        let moment = now()
        if let kept = appToken.withLock({ $0 }), kept.until > moment { return kept.value }
        let body = JSON.object([
            ("grant_type", "client_credential"), ("appid", .string(appID)), ("secret", .string(secret.reveal())),
            ("force_refresh", false),
        ]).bytes
        let answer = try await read { () async throws(PlatformCalls.Fault) in
            try await self.calls.post("\(self.api)/cgi-bin/stable_token", body, type: "application/json")
        }
        guard let value = answer["access_token"]?.string, let seconds = answer["expires_in"]?.int else {
            throw .down("stable_token without access_token")
        }
        // Renewed a minute early; the old one stays valid for five.
        let until = moment.addingTimeInterval(Double(max(30, min(seconds, 7200) - 60)))
        appToken.withLock { $0 = (value, until) }
        return value
    }

    private func read(_ call: () async throws(PlatformCalls.Fault) -> [UInt8]) async throws(PlatformFault) -> JSON {
        let bytes: [UInt8]
        do throws(PlatformCalls.Fault) { bytes = try await call() } catch { throw .down(error.reason) }
        guard let answer = try? JSON(parsing: bytes), answer.object != nil else { throw .down("no JSON object") }
        switch answer["errcode"]?.int ?? 0 {
        case 0: return answer
        case 40029, 40163, 40226, 40013, 41008: throw .codeInvalid
        case 45011, 45009: throw .limited
        case 40001, 42001:
            // The application's token died early: the next call gets another.
            appToken.withLock { $0 = nil }
            throw .down("access_token refused")
        case let code: throw .down("errcode \(code)")
        }
    }
}
