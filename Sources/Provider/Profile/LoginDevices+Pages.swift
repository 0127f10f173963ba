import FoundationEssentials

/// 登录设备: the list, this device marked; 踢下线 for each other one, 退出其他所有设备 for all.
struct LoginDevicesPage: Sendable {
    var devices: [Device]
    var notice: Notice?

    struct Device: Sendable {
        let sid: String
        let name: String
        let network: String
        let signedInAt: String
        let isThis: Bool

        init(_ entry: Sessions.Entry, isThis: Bool) {
            sid = entry.sid
            name = DeviceName(userAgent: entry.browser).text
            network = entry.network ?? "未知"
            signedInAt = ClockTime.full(Int64(entry.signedInAt.timeIntervalSince1970))
            self.isThis = isThis
        }
    }

    /// What was just done.
    enum Notice: String, Sendable {
        case one, others

        var text: String {
            switch self {
            case .one: "该设备已退出登录"
            case .others: "其他设备已全部退出登录"
            }
        }
    }

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "登录设备 - 个人中心", page: "account", width: .reading)
        return Page(status: 200, document: layout.document(content(in: context), in: context))
    }

    private func content(in context: PageContext) -> HTML {
        let others = Form(id: "end-other-sessions", action: LoginDevices.path + "/end-others")
        let hasOthers = devices.contains { !$0.isThis }
        return """
            \(ProfileTrail.markup("登录设备"))
            <div class="card">
            <h1>登录设备</h1>
            <p class="lead">以下设备正在使用您的账号。如有不认识的设备，请让它退出并修改密码。</p>
            \(notice.map { ProfileTrail.notice($0.text) })
            <ul class="entries">\(HTML.each(devices) { row($0, context) })</ul>
            \(HTML.when(hasOthers, others.markup("<div class=\"actions\">\(Button.secondary("退出其他所有设备"))</div>", in: context)))
            \(HelpLine.markup(context.brand))
            </div>
            """
    }

    private func row(_ device: Device, _ context: PageContext) -> HTML {
        let form = Form(
            id: "end-session-\(device.sid)",
            action: LoginDevices.path + "/end",
            hidden: [("sid", device.sid)]
        )
        let label = "踢下线：\(device.name)，\(device.signedInAt) 登录"
        return """
            <li><div class="entry"><h2>\(device.name)\(HTML.when(device.isThis, " <span class=\"tag\">本机</span>"))</h2>
            <p class="note">登录时间 \(device.signedInAt)</p><p class="note">网络 \(device.network)</p></div>
            \(HTML.when(!device.isThis, form.markup("<button class=\"button secondary\" type=\"submit\" aria-label=\"\(label)\">踢下线</button>", in: context)))
            </li>
            """
    }
}

/// What the sections of the profile centre share: the way back up, and the word about what was done.
enum ProfileTrail {
    static func markup(_ section: String) -> HTML {
        """
        <nav class="trail" aria-label="位置"><ol><li><a href="/account">个人中心</a></li>\
        <li aria-current="page">\(section)</li></ol></nav>
        """
    }

    static func notice(_ text: String) -> HTML {
        "<p class=\"notice\" role=\"status\">\(Marks.tick)<span>\(text)</span></p>"
    }
}
