import Cryptography
import OAuth

/// Clients that are held to, or allowed, something that few are.
extension SandboxClients {
    func profiles() -> [Ready] {
        [
            with(
                secret: "sandbox-par",
                method: "client_secret_basic",
                "机密客户端，授权请求须先推送（PAR）",
                extra: [("require_pushed_authorization_requests", true)]
            ),
            with(
                secret: "sandbox-hybrid",
                method: "client_secret_basic",
                "机密客户端，登记了 id_token 与 code id_token",
                extra: [
                    ("response_types", ["code", "id_token", "code id_token"]),
                    ("grant_types", ["authorization_code", "implicit"]),
                ]
            ),
            Ready(
                id: "sandbox-device",
                note: "公开客户端，设备授权（device code）",
                metadata: metadata(
                    "沙箱电视",
                    method: "none",
                    extra: [
                        ("application_type", "native"), ("redirect_uris", []), ("post_logout_redirect_uris", []),
                        ("response_types", []), ("client_uri", "https://tv.citygate.example/"),
                        ("grant_types", ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]),
                        ("scope", "openid profile phone offline_access"), ("realname_claims", []),
                    ]
                )
            ),
            with(
                secret: "sandbox-device-terminal",
                method: "client_secret_basic",
                "机密客户端，设备授权（device code），要求初级认证",
                extra: [
                    ("redirect_uris", []), ("post_logout_redirect_uris", []), ("response_types", []),
                    ("grant_types", ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]),
                    ("minimum_acr", .string(AssuranceLevel.l2.acr)), ("resources", [Self.resource]),
                ]
            ),
            Ready(
                id: "sandbox-dpop",
                note: "公开客户端，令牌须绑定密钥（DPoP）",
                metadata: metadata(
                    "沙箱 DPoP 客户端",
                    method: "none",
                    extra: [
                        ("application_type", "native"), ("dpop_bound_access_tokens", true),
                        ("grant_types", ["authorization_code", "refresh_token"]),
                        ("scope", "openid profile email phone offline_access"), ("realname_claims", []),
                    ]
                )
            ),
        ]
    }
}
