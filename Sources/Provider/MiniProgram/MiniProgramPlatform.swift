import Cryptography
import FoundationEssentials

/// The host apps.
enum MiniProgramPlatformName: String, Sendable, CaseIterable { case wechat, alipay, baidu }

/// What a host app told the server about a person. Nothing of it reaches a client.
struct MiniProgramLogin: Sendable {
    /// The person in this application.
    let openID: String
    /// The person over all applications of one owner, where the host app says so.
    var unionID: String?
    /// The key that the host app encrypts data under, base64; nil where it uses none.
    var sessionKey: Secret<String>?

    /// What names the person from now on: the wider identifier first.
    var stableKey: String { unionID.map { "union|\($0)" } ?? "open|\(openID)" }

    init(openID: String, unionID: String? = nil, sessionKey: Secret<String>? = nil) {
        self.openID = openID
        self.unionID = unionID
        self.sessionKey = sessionKey
    }

    init(json: JSON) {
        openID = json["open_id"]?.string ?? ""
        unionID = json["union_id"]?.string
        sessionKey = json["session_key"]?.string.map { Secret($0) }
    }

    var json: JSON {
        .object([
            ("open_id", .string(openID)), ("union_id", unionID.map { .string($0) }),
            ("session_key", sessionKey.map { .string($0.reveal()) }),
        ])
    }
}

/// How a client hands a verified phone over: a code to exchange, or data that the host app encrypted or signed.
enum PhoneEvidence: Sendable {
    case code(String)
    case encrypted(data: String, initialVector: String)
}

/// Why a host app did not help.
enum PlatformFault: Error, Sendable {
    /// The code is used, too old, or somebody else's; the encrypted data is not what it says.
    case codeInvalid
    /// No answer, an answer in no form, or one that says it is out of order.
    case down(String)
    /// The host app says that it is asked too often.
    case limited
    /// The phone is no number of the mainland.
    case phoneUnsupported
}

/// One host app. There are three, and none of them is ours.
protocol MiniProgramPlatform: Sendable {
    var name: MiniProgramPlatformName { get }
    var appID: String { get }
    /// Exchanges the code of the app's login.
    func login(_ code: String) async throws(PlatformFault) -> MiniProgramLogin
    /// The phone number that the host app vouches for.
    func phone(_ evidence: PhoneEvidence, _ login: MiniProgramLogin) async throws(PlatformFault) -> String
}

/// What all three need of their answers.
enum PlatformAnswer {
    /// A mainland mobile of a host app's answer, or a fault.
    static func phone(_ text: String?, countryCode: String? = nil) throws(PlatformFault) -> String {
        guard let text, countryCode == nil || countryCode == "86", AccountIdentifier.isMainlandMobile(text) else {
            throw .phoneUnsupported
        }
        return text
    }

    /// Decrypts what a host app encrypted under a session's key.
    static func decrypted(_ data: String, _ vector: [UInt8], key: [UInt8], block: Int) throws(PlatformFault) -> [UInt8]
    {
        guard let bytes = Base64.decode(data), bytes.count <= 16_384,
            let padded = try? AESCBC.decrypt(bytes, key: key, initialVector: vector),
            let plain = AESCBC.unpadded(padded, block: block)
        else { throw .codeInvalid }
        return plain
    }
}
