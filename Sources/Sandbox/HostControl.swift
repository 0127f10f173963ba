import Cryptography
import HTTPTypes
import Hummingbird

/// How the sandbox drives the host apps: a person opens the mini-program, a host app breaks, everything is forgotten.
struct HostControl: Sendable {
    let state: HostState

    func addRoutes(to router: Router<BasicRequestContext>) {
        let group = router.group("control")
        group.post("login-codes") { request, _ in try await codes(request) }
        group.post("faults") { request, _ in try await faults(request) }
        group.post("reset") { _, _ in
            state.reset()
            return Response(status: .noContent)
        }
    }

    /// `{"platform","phone"}`: what the host app's own client would have got.
    private func codes(_ request: Request) async throws -> Response {
        guard let body = try? JSON(parsing: try await HostAnswer.body(request)), let phone = body["phone"]?.string,
            phone.utf8.count == 11
        else { throw HTTPError(.badRequest) }
        let appID: String
        var members: [(String, JSON?)] = []
        switch body["platform"]?.string {
        case "wechat":
            appID = state.credentials.wechatAppID
            members = [
                ("login_code", .string(state.issue(.login, host: "wechat", phone: phone, lifetime: 300))),
                ("phone_code", .string(state.issue(.phone, host: "wechat", phone: phone, lifetime: 300))),
            ]
        case "alipay":
            appID = state.credentials.alipayAppID
            members = [
                ("login_code", .string(state.issue(.login, host: "alipay", phone: phone, lifetime: 180))),
                ("encrypted_data", .string(try AlipayHost(state: state).phone(phone))), ("iv", ""),
            ]
        case "baidu":
            appID = state.credentials.baiduAppKey
            let sealed = try BaiduHost(state: state).phone(phone)
            members = [
                ("login_code", .string(state.issue(.login, host: "baidu", phone: phone, lifetime: 600))),
                ("encrypted_data", .string(sealed.data)), ("iv", .string(sealed.vector)),
            ]
        default: throw HTTPError(.badRequest)
        }
        return HostAnswer.json(.object(members + [("app_id", .string(appID))]))
    }

    /// `{"dependency","mode","count"}`
    private func faults(_ request: Request) async throws -> Response {
        guard let body = try? JSON(parsing: try await HostAnswer.body(request)), let host = body["dependency"]?.string,
            ["wechat", "alipay", "baidu"].contains(host), let mode = body["mode"]?.string
        else { throw HTTPError(.badRequest) }
        if mode == "none" {
            state.setTrouble(nil, host: host)
        } else if let mode = HostState.Trouble.Mode(rawValue: mode) {
            state.setTrouble(.init(mode: mode, left: body["count"]?.int.map { Int(clamping: $0) }), host: host)
        } else {
            throw HTTPError(.badRequest)
        }
        return Response(status: .noContent)
    }
}
