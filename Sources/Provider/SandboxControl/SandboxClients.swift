import Cryptography
import OAuth

/// The ready-made clients of the sandbox: one for each way of proving who a client is (operations.md 1.5).
struct SandboxClients: Sendable {
    /// Secrets and keys are derived from the installation's own secret: the same after a restart, on every process, and
    /// different in every installation.
    let seed: Secret<[UInt8]>
    /// Where this server is: the address of the keys that one of the clients publishes.
    let issuer: String

    struct Ready: Sendable {
        let id: String
        let note: String
        let metadata: JSON
        var secret: Secret<String>?
        var privateKey: JSON?
    }

    /// The interface that the services among them offer and call (RFC 8707).
    static let resource: JSON = "https://api.citygate.example/"
    static let redirectURIs: JSON = ["http://127.0.0.1:*/callback", "https://localhost:*/callback"]

    func all() throws -> [Ready] { try relyingParties() + profiles() + services() }

    /// Where people log in.
    private func relyingParties() throws -> [Ready] {
        let key = try signingKey(of: "sandbox-private-key")
        return [
            with(
                secret: "sandbox-basic",
                method: "client_secret_basic",
                "机密客户端，HTTP Basic",
                extra: [("resources", [Self.resource])]
            ),
            with(secret: "sandbox-post", method: "client_secret_post", "机密客户端，表单中的密钥"),
            with(secret: "sandbox-secret-jwt", method: "client_secret_jwt", "机密客户端，client_secret_jwt（HS256）"),
            Ready(
                id: "sandbox-private-key",
                note: "机密客户端，private_key_jwt（ES256）",
                metadata: metadata(
                    "沙箱私钥客户端",
                    method: "private_key_jwt",
                    extra: [("jwks", ["keys": [key.publicJWK]])]
                ),
                privateKey: key.privateJWK
            ),
            Ready(
                id: Self.publisher,
                note: "机密客户端，private_key_jwt，公钥发布于 jwks_uri",
                metadata: metadata(
                    "沙箱公钥地址客户端",
                    method: "private_key_jwt",
                    extra: [("jwks_uri", .string("\(issuer)/sandbox/clients/\(Self.publisher)/jwks"))]
                ),
                privateKey: try signingKey(of: Self.publisher).privateJWK
            ),
            Ready(
                id: "sandbox-public",
                note: "公开客户端，PKCE",
                metadata: metadata("沙箱公开客户端", method: "none", extra: [("application_type", "native")])
            ),
            with(
                secret: "sandbox-first-party",
                method: "client_secret_basic",
                "本市自有应用，不询问授权",
                extra: [("consent", "first_party")]
            ),
        ]
    }

    /// Services: what they get for themselves, and how others ask about tokens.
    private func services() -> [Ready] {
        [
            with(
                secret: "sandbox-service",
                method: "client_secret_basic",
                "服务之间，client_credentials",
                extra: [
                    ("grant_types", ["client_credentials"]), ("response_types", []), ("redirect_uris", []),
                    ("resources", [Self.resource]), ("scope", "records.read records.write"),
                ]
            ),
            with(
                secret: "sandbox-service-rs256",
                method: "client_secret_basic",
                "服务之间，访问令牌以 RS256 签名",
                extra: [
                    ("grant_types", ["client_credentials"]), ("response_types", []), ("redirect_uris", []),
                    ("resources", [Self.resource]), ("scope", "records.read"),
                    ("access_token_signed_response_alg", "RS256"),
                ]
            ),
            with(
                secret: "sandbox-opaque",
                method: "client_secret_basic",
                "机密客户端，不透明的访问令牌",
                extra: [
                    ("access_token_format", "opaque"), ("resources", [Self.resource]),
                    ("grant_types", ["authorization_code", "refresh_token", "client_credentials"]),
                    ("scope", "openid profile phone offline_access records.read"), ("realname_claims", []),
                ]
            ),
            with(
                secret: "sandbox-resource-server",
                method: "client_secret_basic",
                "接口服务，查询令牌（introspection）",
                extra: [
                    ("grant_types", []), ("response_types", []), ("redirect_uris", []),
                    ("post_logout_redirect_uris", []), ("resources", [Self.resource]), ("scope", .null),
                    ("realname_claims", []),
                ]
            ),
        ]
    }

    func with(
        secret id: String,
        method: String,
        _ note: String,
        extra: [(String, JSON)] = []
    ) -> Ready {
        Ready(
            id: id,
            note: note,
            metadata: metadata("沙箱客户端 \(id)", method: method, extra: extra),
            secret: secret(of: id)
        )
    }

    /// The secret of a client of the sandbox: the same at every start and on every process of an installation.
    func secret(of id: String) -> Secret<String> {
        Secret(Base64URL.encode(HMAC.sha256(key: seed.reveal(), Array("sandbox-client|\(id)".utf8))))
    }

    func metadata(_ name: String, method: String, extra: [(String, JSON)]) -> JSON {
        var object = JSONObject()
        object["client_name"] = .string(name)
        object["organisation"] = "京城市政务服务中心（沙箱）"
        object["redirect_uris"] = Self.redirectURIs
        object["post_logout_redirect_uris"] = Self.redirectURIs
        object["grant_types"] = ["authorization_code", "refresh_token"]
        object["response_types"] = ["code"]
        object["token_endpoint_auth_method"] = .string(method)
        // Two hosts have no sector of their own; whoever wants pairwise subjects registers.
        object["subject_type"] = "public"
        object["scope"] = "openid profile email phone address realname offline_access"
        object["realname_claims"] = ["real_name", "id_type", "id_number"]
        for (member, value) in extra { object[member] = value.isNull ? nil : value }
        return .object(object)
    }

    /// The client that publishes its keys instead of registering them.
    static let publisher = "sandbox-jwks-uri"

    /// What that client publishes at its `jwks_uri`.
    func publishedKeys() throws -> JSON { ["keys": [try signingKey(of: Self.publisher).publicJWK]] }

    /// The key of a client, with its private half for whoever plays it.
    private func signingKey(of id: String) throws -> (publicJWK: JSON, privateJWK: JSON) {
        let purpose = id == "sandbox-private-key" ? "sandbox-client-key" : "sandbox-client-key|\(id)"
        let scalar = HMAC.sha256(key: seed.reveal(), Array(purpose.utf8))
        let key = try SigningKey(kid: "\(id)-1", p256Scalar: Secret(scalar))
        var secret = key.publicJWK.json.object ?? JSONObject()
        secret["d"] = .string(Base64URL.encode(scalar))
        return (key.publicJWK.json, .object(secret))
    }
}
