import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// The mini-program without a phone (operations.md 1.5): codes as a host app would hand them out, the pictures that wait, and a page
/// to play it by hand. The codes come from the played host apps, over the same HTTP the server reaches them by.
struct SandboxMiniProgram: Sendable {
    /// The port of the played host apps.
    let port: Int
    let desk: PageDesk
    let pictures: RecentPictures
    let bodyLimit: Int
    private let calls = PlatformCalls()

    init(port: Int, desk: PageDesk, pictures: RecentPictures, bodyLimit: Int) {
        self.port = port
        self.desk = desk
        self.pictures = pictures
        self.bodyLimit = bodyLimit
    }

    func addRoutes(to router: Router<ProviderContext>) {
        let group = router.group("sandbox/mini-program")
        group.get("") { request, context in
            let browser = desk.browser(request)
            let drawn = desk.context(request, context, browser: browser)
            return desk.respond(SandboxMiniProgramPage().page(in: drawn), browser: browser)
        }
        group.get("script.js") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/javascript; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: SandboxMiniProgramPage.script))
            )
        }
        group.post("login-codes") { request, _ in try await codes(request) }
        group.get("pictures") { _, _ in
            Response.json(["pictures": .array(pictures.all.map { ["text": .string($0)] })])
        }
    }

    /// `{"persona":"…"|"phone":"…","platform":"wechat"|"alipay"|"baidu"}`
    private func codes(_ request: Request) async throws -> Response {
        let body = try await request.wholeBody(upTo: bodyLimit)
        guard let json = try? JSON(parsing: Array(body.readableBytesView)), let platform = json["platform"]?.string,
            MiniProgramPlatformName(rawValue: platform) != nil, let phone = Self.phone(json)
        else { throw HTTPError(.badRequest) }
        return .json(try await ask("login-codes", ["platform": .string(platform), "phone": .string(phone)]))
    }

    /// Orders a failure of a host app.
    func order(_ fault: JSON) async throws { _ = try await ask("faults", fault) }

    func reset() async throws { _ = try await ask("reset", [:]) }

    private static func phone(_ json: JSON) -> String? {
        if let id = json["persona"]?.string { return Persona.all.first { $0.id == id || $0.title == id }?.phone }
        guard let phone = json["phone"]?.string, AccountIdentifier.isMainlandMobile(phone) else { return nil }
        return phone
    }

    private func ask(_ path: String, _ body: JSON) async throws -> [UInt8] {
        do throws(PlatformCalls.Fault) {
            return try await calls.post(
                "http://127.0.0.1:\(port)/control/\(path)",
                body.bytes,
                type: "application/json"
            )
        } catch {
            throw HTTPError(.badGateway)
        }
    }
}
