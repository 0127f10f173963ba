/// What a browser's name for itself tells a person: 微信 · Android. A guess to recognise one's own devices by, and nothing is decided by it.
struct DeviceName: Sendable, Equatable {
    let text: String

    /// A `User-Agent` as it came; nil where none did.
    init(userAgent: String?) {
        guard let userAgent, !userAgent.isEmpty else {
            text = "未知设备"
            return
        }
        func first(_ names: [(mark: String, name: String)]) -> String? {
            names.first { userAgent.contains($0.mark) }?.name
        }
        let parts = [first(Self.browsers), first(Self.systems)].compactMap { $0 }
        text = parts.isEmpty ? "其他浏览器" : parts.joined(separator: " · ")
    }

    /// Apps before the browser they are made of; Edge and Chrome call themselves Safari as well.
    private static let browsers = [
        ("MicroMessenger", "微信"), ("AlipayClient", "支付宝"), ("baiduboxapp", "百度"), ("Edg", "Edge"),
        ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("OpenHarmony", "鸿蒙"), ("HarmonyOS", "鸿蒙"), ("Android", "安卓手机"), ("iPhone", "iPhone"), ("iPad", "iPad"),
        ("Windows NT", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
    ]
}
