import HTTPTypes
import Hummingbird

/// Cross-origin requests, exactly where browsers need them (E16): token, pushed requests, userinfo, JWKS, discovery. Any origin may read
/// these: what they give hangs on a token or secret in the request, never on a cookie, and credentials are not allowed.
enum CrossOrigin {
    /// Answers a request that is open to all origins.
    static func allowed(_ request: Request, _ handler: () async throws -> Response) async throws -> Response {
        var response = try await handler()
        if request.headers[.origin] != nil {
            response.headers[.accessControlAllowOrigin] = "*"
            response.headers[.accessControlExposeHeaders] = "WWW-Authenticate, DPoP-Nonce"
        }
        return response
    }

    /// The preflight of a path (Fetch §3.2.2).
    static func addPreflight(_ path: RouterPath, methods: String, to router: Router<ProviderContext>) {
        router.on(path, method: .options) { _, _ in
            Response(
                status: .noContent,
                headers: [
                    .accessControlAllowOrigin: "*", .accessControlAllowMethods: methods,
                    .accessControlAllowHeaders: "Authorization, Content-Type, DPoP", .accessControlMaxAge: "86400",
                ]
            )
        }
    }
}
