import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import Provider

@Suite struct `Routes` {
    /// `Routes.txt`: every method and path of the server, the newcomer's map.
    private static let pinned = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Routes.txt")

    @Test func `every method and path is pinned, sandbox included`() async throws {
        let text = try String(contentsOf: Self.pinned, encoding: .utf8)
        let listed = Set(text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
        let everything = TestPhone.settings.merging(["CITYGATE_SMS_PROTOCOL": "chuanglan-v1"]) { $1 }
        let served = try await TestServer.with(everything) { server in
            let router = server.rooms.router(logger: TestServer.quietLogger)
            server.sandbox.addRoutes(to: router)
            try router.validate()
            return Set(router.routes.map { "\($0.method) \($0.path)" })
        }
        let missing = served.subtracting(listed).sorted().joined(separator: "\n")
        let gone = listed.subtracting(served).sorted().joined(separator: "\n")
        #expect(missing.isEmpty, "add to Routes.txt:\n\(missing)")
        #expect(gone.isEmpty, "take out of Routes.txt:\n\(gone)")
    }

    @Test func `outside the sandbox nothing lies below /sandbox`() async throws {
        let paths = try await TestServer.with { server in
            server.rooms.router(logger: TestServer.quietLogger).routes.map { "\($0.path)" }
        }
        #expect(!paths.contains { $0.hasPrefix("/sandbox") })
    }
}
