import Cryptography
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

@testable import Sandbox

/// An issuer of the tests' own, on a port of loopback: remembers what it was asked, and answers as an honest one would unless
/// told otherwise.
final class FakeIssuer: Sendable {
    struct Memory: Sendable {
        var nonce = ""
        var challenge = ""
        var basic: String?
        var logout: DemoForm?
        /// Replaces the answer of the token endpoint.
        var tokenError: String?
        var userinfoSubject = "subject-1"
    }

    let key: SigningKey
    let memory = Mutex(Memory())

    init() throws {
        key = try SigningKey.generate(.ES256, kid: "one")
    }

    /// The router of an issuer whose identifier is `issuer`.
    func router(issuer: @escaping @Sendable () -> String) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/.well-known/openid-configuration") { _, _ in
            let base = issuer()
            return Self.json([
                "issuer": .string(base), "authorization_endpoint": .string(base + "/authorize"),
                "token_endpoint": .string(base + "/token"), "userinfo_endpoint": .string(base + "/userinfo"),
                "jwks_uri": .string(base + "/jwks"), "end_session_endpoint": .string(base + "/logout"),
                "authorization_response_iss_parameter_supported": true,
            ])
        }
        router.get("/jwks") { [key] _, _ in Self.json(JWKSet([key.publicJWK]).json) }
        router.post("/token") { [self] request, _ in
            let form = DemoForm(parsing: try await request.body.collect(upTo: 9999).readableBytesView)
            let basic = request.headers[.authorization]
            let memory = memory.withLock { memory in
                memory.basic = basic
                return memory
            }
            let verifier = form?["code_verifier"] ?? ""
            guard memory.tokenError == nil, form?["code"] == "good",
                Base64URL.encode(Digest.sha256(verifier.utf8)) == memory.challenge
            else {
                return Self.json(["error": .string(memory.tokenError ?? "invalid_grant")], status: .badRequest)
            }
            return Self.json(try tokens(issuer(), nonce: memory.nonce))
        }
        router.get("/userinfo") { [self] _, _ in
            Self.json(["sub": .string(memory.withLock { $0.userinfoSubject }), "name": "张<三>"])
        }
        return router
    }

    private func tokens(_ issuer: String, nonce: String) throws -> JSON {
        var claims = Example.claims(nonce: nonce)
        claims["iss"] = .string(issuer)
        let token = try JWS.sign(type: nil, payload: JSON.object(claims).bytes, key: key)
        return [
            "access_token": .string(Example.accessToken), "id_token": .string(token), "token_type": "Bearer",
            "expires_in": 600,
        ]
    }

    private static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response(status: status, body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
        response.headers[.contentType] = "application/json"
        return response
    }
}
