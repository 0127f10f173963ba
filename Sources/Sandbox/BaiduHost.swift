import Cryptography
import Hummingbird

/// Baidu's exchange of codes, and its phone numbers: AES-192, padded to blocks of 32 bytes.
struct BaiduHost: Sendable {
    let state: HostState

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.post("baidu/oauth/jscode2sessionkey") { request, _ in try await logIn(request) }
    }

    private func logIn(_ request: Request) async throws -> Response {
        let fields = HostAnswer.fields(String(decoding: try await HostAnswer.body(request), as: UTF8.self))
        if let trouble = await HostAnswer.trouble(
            state,
            host: "baidu",
            limited: fault(6, "rate_limited", "Too many requests"),
            error: fault(1, "server_error", "Unknown error")
        ) {
            return trouble
        }
        guard fields["client_id"] == state.credentials.baiduAppKey,
            fields["sk"] == state.credentials.baiduSecret.reveal()
        else { return fault(2, "invalid_client", "Unknown client or wrong sk") }
        guard case .spent(let code) = state.spend(.login, host: "baidu", fields["code"] ?? "") else {
            return fault(3, "invalid_grant", "Invalid authorization code")
        }
        return HostAnswer.json([
            "openid": .string(state.openID(host: "baidu", phone: code.phone)),
            "session_key": .string(Base64.encode(state.sessionKey(host: "baidu", phone: code.phone, bytes: 24))),
        ])
    }

    private func fault(_ number: Int64, _ error: String, _ words: String) -> Response {
        HostAnswer.json(
            ["errno": .integer(number), "error": .string(error), "error_description": .string(words)],
            status: .badRequest
        )
    }

    /// What the button `getPhoneNumber` hands to the client.
    func phone(_ number: String) throws -> (data: String, vector: String) {
        let json = Array("{\"mobile\":\"\(number)\"}".utf8)
        let length = [24, 16, 8, 0].map { UInt8(json.count >> $0 & 255) }
        let plain = Random.bytes(16) + length + json + Array(state.credentials.baiduAppKey.utf8)
        let vector = Random.bytes(16)
        let sealed = try AESCBC.encrypt(
            AESCBC.padded(plain, block: 32),
            key: state.sessionKey(host: "baidu", phone: number, bytes: 24),
            initialVector: vector
        )
        return (Base64.encode(sealed), Base64.encode(vector))
    }
}
