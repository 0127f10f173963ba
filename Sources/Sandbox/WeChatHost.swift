import Cryptography
import Hummingbird

/// WeChat's server interface: 200 for everything, `errcode` on failure, none on a success of `sns`.
struct WeChatHost: Sendable {
    let state: HostState

    func addRoutes(to router: Router<BasicRequestContext>) {
        let group = router.group("wechat")
        group.get("sns/jscode2session") { request, _ in await logIn(request) }
        group.post("sns/jscode2session") { _, _ in fault(41002, "appid missing") }
        group.post("cgi-bin/stable_token") { request, _ in try await token(request) }
        group.post("wxa/business/getuserphonenumber") { request, _ in try await phone(request) }
    }

    private func logIn(_ request: Request) async -> Response {
        if let trouble = await trouble() { return trouble }
        let query = HostAnswer.fields(request.uri.query ?? "")
        guard query["appid"] == state.credentials.wechatAppID else { return fault(40013, "invalid appid") }
        guard query["secret"] == state.credentials.wechatSecret.reveal() else {
            return fault(40125, "invalid appsecret")
        }
        guard query["grant_type"] == "authorization_code" else { return fault(40002, "invalid grant_type") }
        switch state.spend(.login, host: "wechat", query["js_code"] ?? "") {
        case .spent(let code):
            let key = state.sessionKey(host: "wechat", phone: code.phone, bytes: 16)
            return HostAnswer.json([
                "session_key": .string(Base64.encode(key)),
                "openid": .string(state.openID(host: "wechat", phone: code.phone)),
            ])
        case .used: return fault(40163, "code been used")
        case .unknown, .late: return fault(40029, "invalid code")
        }
    }

    private func token(_ request: Request) async throws -> Response {
        if let trouble = await trouble() { return trouble }
        guard let body = try? JSON(parsing: try await HostAnswer.body(request)) else {
            return fault(47001, "data format error")
        }
        guard body["grant_type"]?.string == "client_credential" else { return fault(40002, "invalid grant_type") }
        guard body["appid"]?.string == state.credentials.wechatAppID else { return fault(40013, "invalid appid") }
        guard body["secret"]?.string == state.credentials.wechatSecret.reveal() else {
            return fault(40125, "invalid appsecret")
        }
        let token = state.wechatToken()
        return HostAnswer.json(["access_token": .string(token.value), "expires_in": .integer(token.seconds)])
    }

    private func phone(_ request: Request) async throws -> Response {
        if let trouble = await trouble() { return trouble }
        let query = HostAnswer.fields(request.uri.query ?? "")
        guard state.isWeChatToken(query["access_token"] ?? "") else {
            return fault(40001, "invalid credential, access_token is invalid or not latest")
        }
        guard let body = try? JSON(parsing: try await HostAnswer.body(request)), let value = body["code"]?.string else {
            return fault(47001, "data format error")
        }
        switch state.spend(.phone, host: "wechat", value) {
        case .spent(let code):
            if let openID = body["openid"]?.string, openID != state.openID(host: "wechat", phone: code.phone) {
                return fault(40029, "code does not belong to openid")
            }
            return HostAnswer.json([
                "errcode": 0, "errmsg": "ok",
                "phone_info": [
                    "phoneNumber": .string(code.phone), "purePhoneNumber": .string(code.phone), "countryCode": "86",
                    "watermark": [
                        "timestamp": .integer(state.now()), "appid": .string(state.credentials.wechatAppID),
                    ],
                ],
            ])
        case .used, .unknown, .late: return fault(40029, "invalid code")
        }
    }

    private func trouble() async -> Response? {
        await HostAnswer.trouble(
            state,
            host: "wechat",
            limited: fault(45011, "api minute-quota reach limit"),
            error: fault(-1, "system error")
        )
    }

    private func fault(_ code: Int64, _ message: String) -> Response {
        HostAnswer.json(["errcode": .integer(code), "errmsg": .string("\(message), rid: 0")])
    }
}
