import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Provider

@Suite struct `Requests from other origins` {
    /// E16: where browsers need them, and nowhere else.
    private static let open: Set<String> = [
        "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/oauth2/jwks", "/oauth2/par",
        "/oauth2/revoke", "/oauth2/token", "/oauth2/userinfo",
    ]
    /// What may be kept: nothing in it is anybody's own.
    private static let kept: Set<String> = [
        "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/oauth2/jwks",
    ]

    /// Every method and path, from the list that the routes are held to.
    private static func routes() throws -> [(method: HTTPRequest.Method, path: String)] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Routes.txt")
        let lines = try String(contentsOf: file.standardizedFileURL, encoding: .utf8).split(separator: "\n")
        return lines.filter { !$0.hasPrefix("#") }.compactMap { line in
            let words = line.split(separator: " ")
            let path = words[1].split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }
            return HTTPRequest.Method(String(words[0])).map { ($0, "/" + path.joined(separator: "/")) }
        }
    }

    @Test func `are answered exactly where E16 says, with no credentials, errors included`() async throws {
        try await TestServer.with { server in
            let routes = try Self.routes()
            #expect(Self.open.isSubset(of: routes.map(\.path)))
            for (method, path) in routes where method != .options && path != "/sandbox/reset" {
                let headers: HTTPFields = [.origin: "https://spa.example.cn"]
                let answer = try await server.client.execute(uri: path, method: method, headers: headers) {
                    TestAnswer($0)
                }
                // 405 for a method that the address has no use for is nobody's business.
                let isOpen = Self.open.contains(path) && answer.status != .methodNotAllowed
                #expect(answer.headers[.accessControlAllowOrigin] == (isOpen ? "*" : nil), "\(method) \(path)")
                #expect(answer.headers[.accessControlAllowCredentials] == nil, "\(method) \(path)")
            }
        }
    }

    @Test func `are asked for beforehand only there (Fetch §3.2.2)`() async throws {
        try await TestServer.with { server in
            for path in Set(try Self.routes().map(\.path)) {
                let headers: HTTPFields = [.origin: "https://spa.example.cn", .accessControlRequestMethod: "POST"]
                let answer = try await server.client.execute(uri: path, method: .options, headers: headers) {
                    TestAnswer($0)
                }
                let isOpen = Self.open.contains(path)
                #expect((answer.status == .noContent) == isOpen, "\(path)")
                #expect((answer.headers[.accessControlAllowMethods] != nil) == isOpen, "\(path)")
            }
        }
    }

    @Test func `answers of protocol endpoints are kept by nobody, but for what is everybody's (RFC 6749 §5.1)`()
        async throws
    {
        try await TestServer.with { server in
            for (method, path) in try Self.routes()
            where method != .options && (path.hasPrefix("/oauth2/") || path.hasPrefix("/.well-known/")) {
                let answer = try await server.client.execute(uri: path, method: method) { TestAnswer($0) }
                let expected = Self.kept.contains(path) ? "public, max-age=300" : "no-store"
                #expect(answer.headers[.cacheControl] == expected, "\(method) \(path)")
            }
        }
    }
}
