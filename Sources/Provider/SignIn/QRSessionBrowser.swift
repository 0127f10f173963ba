/// A browser in words a citizen knows, from its `User-Agent`: what the phone shows before it confirms. A guess, and said to nobody
/// but the person: nothing is decided by it.
enum QRSessionBrowser {
    static func words(_ userAgent: String?) -> String {
        guard let userAgent, !userAgent.isEmpty else { return "未知浏览器" }
        let browser = first(userAgent, browsers) ?? "浏览器"
        guard let system = first(userAgent, systems) else { return browser }
        return "\(browser)（\(system)）"
    }

    private static func first(_ text: String, _ marks: [(String, String)]) -> String? {
        let bytes = Array(text.utf8.prefix(300))
        return marks.first { contains(bytes, Array($0.0.utf8)) }?.1
    }

    private static func contains(_ bytes: [UInt8], _ mark: [UInt8]) -> Bool {
        guard bytes.count >= mark.count else { return false }
        return (0...(bytes.count - mark.count)).contains { bytes[$0..<($0 + mark.count)].elementsEqual(mark) }
    }

    /// The particular before what it pretends to be.
    private static let browsers = [
        ("Edg/", "Edge"), ("QQBrowser/", "QQ浏览器"), ("MetaSr", "搜狗浏览器"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"), ("Version/", "Safari"), ("Trident/", "Internet Explorer"),
    ]
    private static let systems = [
        ("HarmonyOS", "鸿蒙"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]
}
