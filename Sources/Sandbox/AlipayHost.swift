import Cryptography
import Hummingbird

/// Alipay's gateway: checks the application's RSA2 signature, signs its own answers over the very text of the inner value, slashes
/// escaped, so that a client that writes JSON again before it checks fails.
struct AlipayHost: Sendable {
    let state: HostState

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.post("alipay/gateway.do") { request, _ in try await gateway(request) }
    }

    private func gateway(_ request: Request) async throws -> Response {
        let fields = HostAnswer.fields(String(decoding: try await HostAnswer.body(request), as: UTF8.self))
        if let trouble = await HostAnswer.trouble(
            state,
            host: "alipay",
            limited: try refusal("40005", "Call Limited", "app-call-limited"),
            error: try refusal("20000", "Service Currently Unavailable", "isp.unknow-error")
        ) {
            return trouble
        }
        guard fields["app_id"] == state.credentials.alipayAppID else {
            return try refusal("40002", "Invalid Arguments", "isv.invalid-app-id")
        }
        let text = fields.filter { $0.key != "sign" && !$0.value.isEmpty }
            .sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
            .map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        guard fields["sign_type"] == "RSA2", fields["charset"]?.lowercased() == "utf-8", fields["version"] == "1.0",
            fields["timestamp"]?.utf8.count == 19, let signature = Base64.decode(fields["sign"] ?? ""),
            state.credentials.alipayAppPublicKey.verify(signature, Array(text.utf8))
        else { return try refusal("40002", "Invalid Arguments", "isv.invalid-signature") }
        guard fields["method"] == "alipay.system.oauth.token", fields["grant_type"] == "authorization_code" else {
            return try refusal("40002", "Invalid Arguments", "isv.invalid-method")
        }
        guard case .spent(let code) = state.spend(.login, host: "alipay", fields["code"] ?? "") else {
            return try refusal("40002", "Invalid Arguments", "isv.code-invalid")
        }
        let openID = state.openID(host: "alipay", phone: code.phone)
        // What an application made lately gets: open_id and no user_id; numbers now as text, now as numbers.
        let inner = """
            {"access_token":"\(Hexadecimal.encode(Random.bytes(16)))","auth_start":"2026-01-01 00:00:00",\
            "expires_in":1296000,"re_expires_in":"2592000","open_id":"\(openID)",\
            "avatar":"https:\\/\\/tfs.example\\/\(openID.prefix(4))"}
            """
        return try signed("alipay_system_oauth_token_response", inner)
    }

    private func signed(_ name: String, _ inner: String) throws -> Response {
        let signature = Base64.encode(try state.credentials.alipayPrivateKey.sign(Array(inner.utf8)))
        return HostAnswer.json("{\"\(name)\":\(inner),\"sign\":\"\(signature)\"}")
    }

    private func refusal(_ code: String, _ message: String, _ subCode: String) throws -> Response {
        try signed(
            "error_response",
            "{\"code\":\"\(code)\",\"msg\":\"\(message)\",\"sub_code\":\"\(subCode)\",\"sub_msg\":\"\(message)\"}"
        )
    }

    /// What `my.getPhoneNumber` hands to the client.
    func phone(_ number: String) throws -> String {
        let key = Base64.decode(state.credentials.alipayAESKey.reveal()) ?? []
        let plain = Array("{\"code\":\"10000\",\"msg\":\"Success\",\"mobile\":\"\(number)\"}".utf8)
        let sealed = try AESCBC.encrypt(
            AESCBC.padded(plain),
            key: key,
            initialVector: [UInt8](repeating: 0, count: 16)
        )
        let response = Base64.encode(sealed)
        let sign = Base64.encode(try state.credentials.alipayPrivateKey.sign(Array("\"\(response)\"".utf8)))
        return JSON.object([
            ("response", .string(response)), ("sign", .string(sign)), ("sign_type", "RSA2"), ("encrypt_type", "AES"),
            ("charset", "UTF-8"),
        ]).serialized
    }
}
