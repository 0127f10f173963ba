import FoundationEssentials
import Hummingbird
import OAuth

/// 登录设备 (journeys.md L9): where the person is logged in, and the way to end it there.
struct LoginDevices: Sendable {
    static let path = "/account/sessions"

    let door: ProfileDoor
    let sessions: Sessions
    let access: AccountAccess

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("account/sessions") { request, context in
            let done = try Parameters.ofQuery(request).field(named: "done")
            return try await door.show(request, context) { session, page in
                let entries = try await sessions.list(session.account)
                var devices = LoginDevicesPage(devices: entries.map { .init($0, isThis: $0.sid == session.sid) })
                devices.notice = LoginDevicesPage.Notice(rawValue: done)
                return devices.page(in: page)
            }
        }
        router.post("account/sessions/end") { request, context in
            try await door.act(request, from: Self.path) { session, form in
                let hasEnded = try await access.endDevice(
                    form.field(named: "sid"),
                    of: session.account,
                    trace: Trace(context)
                )
                return .seeOther(Self.path + (hasEnded ? "?done=one" : ""))
            }
        }
        router.post("account/sessions/end-others") { request, context in
            try await door.act(request, from: Self.path) { session, _ in
                _ = try await access.endAll(of: session.account, keeping: session.sid, trace: Trace(context))
                return .seeOther(Self.path + "?done=others")
            }
        }
    }
}
