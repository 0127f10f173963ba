import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// What is the same for everybody: files, the letter size, the texts of the house.
struct PublicPages: Sendable {
    let desk: PageDesk
    /// 用户协议, 隐私政策, 无障碍声明, 帮助中心: read once, at the start.
    let texts: [TextPage]

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("assets/:file") { request, _ in try asset(request) }
        router.get("favicon.ico") { _, _ in Response.seeOther(desk.site.assets.icon.path) }
        router.post("ui") { request, _ in try await changeMode(request) }
        for text in texts {
            router.get(RouterPath(String(text.kind.path.dropFirst()))) { request, context in
                let browser = desk.browser(request)
                let page = text.page(in: desk.context(request, context, browser: browser))
                return desk.respond(page, browser: browser)
            }
        }
    }

    private func asset(_ request: Request) throws -> Response {
        guard let asset = desk.site.assets.asset(at: request.uri.path) else { throw HTTPError(.notFound) }
        var headers: HTTPFields = [
            .contentType: asset.contentType, .cacheControl: Assets.cacheControl, .vary: "Accept-Encoding",
        ]
        var bytes = asset.bytes
        if let compressed = asset.compressed, Self.takesGzip(request) {
            headers[.contentEncoding] = "gzip"
            bytes = compressed
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// RFC 9110 §12.5.3: gzip named, and not refused by a weight of nothing.
    private static func takesGzip(_ request: Request) -> Bool {
        let codings = (request.headers[.acceptEncoding] ?? "").split(separator: ",").map { $0.trimmingSpaces() }
        return codings.contains { coding in
            let parts = coding.split(separator: ";").map { $0.trimmingSpaces() }
            guard parts.first?.lowercased() == "gzip" else { return false }
            return !parts.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0.lowercased()) }
        }
    }

    /// 长辈模式 and theme (pages.md K3): a form that comes back to the same step. Needs no anti-forgery value: the worst
    /// another site could do is to change the letters' size.
    private func changeMode(_ request: Request) async throws -> Response {
        let form = try await desk.form(request)
        var response = Response.seeOther(Self.local(form.field(named: "return")))
        let year = 365 * 86_400
        if let size = TextSize(rawValue: form.field(named: "ui")) {
            response.setCookie(desk.cookies.header(.ui, size.rawValue, maxAge: year))
        }
        if let theme = Theme(rawValue: form.field(named: "theme")) {
            response.setCookie(desk.cookies.header(.theme, theme.rawValue, maxAge: year))
        }
        return response
    }

    /// A path of ours or the start page; never another host (`//host`, `/\host`).
    static func local(_ path: String) -> String {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= 2048,
            bytes.dropFirst().first.map({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }) ?? true,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return "/" }
        return path
    }
}
