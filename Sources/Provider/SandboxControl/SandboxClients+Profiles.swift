import Cryptography

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
