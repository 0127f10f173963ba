// Metadata
// Owns: what a service team integrates from: the two discovery documents and the key set.
// Hands off: their content to OAuth.ProviderMetadata and the key ring.
// Never: the database. Both are served while it is down (trust.md L-10).

import Cryptography
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// Discovery (OIDC Discovery 1.0 §4, RFC 8414 §3) and JWKS (RFC 7517 §5).
struct DiscoveryEndpoint: Sendable {
    let capabilities: ProviderCapabilities
    let keyRing: KeyRing
    let clients: ClientRegistry
    /// Seconds a client may keep the documents: short against the overlap of key rotation.
    static let maxAge = 300

    func addRoutes(to router: Router<ProviderContext>) {
        // Generated once: the configuration does not change while the process runs.
        let document = ProviderMetadata.body(for: capabilities)
        for path in ProviderMetadata.paths(for: capabilities.issuer) {
            let path = RouterPath(String(path.dropFirst()))
            router.get(path) { request, _ in
                try await CrossOrigin.allowed(request) { Self.answer(document, "application/json") }
            }
            CrossOrigin.addPreflight(path, methods: "GET", to: router)
        }
        router.get("oauth2/jwks") { request, _ in
            try await CrossOrigin.allowed(request) {
                Self.answer(keySet().bytes, "application/jwk-set+json")
            }
        }
        CrossOrigin.addPreflight("oauth2/jwks", methods: "GET", to: router)
    }

    /// The key set. SM2 is a private profile (domain.md 8.2): its curve is registered nowhere, and well-known clients refuse
    /// a whole set that holds a curve they do not know. Its keys are published as soon as a client registers for SM2.
    private func keySet() -> JSON {
        let all = keyRing.published.json
        guard !clients.hasSM2Clients, let keys = all["keys"]?.array else { return all }
        return ["keys": .array(keys.filter { $0["alg"]?.string != SignatureAlgorithm.SM2.rawValue })]
    }

    private static func answer(_ body: [UInt8], _ type: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type, .cacheControl: "public, max-age=\(maxAge)"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
