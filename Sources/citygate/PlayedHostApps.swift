import Cryptography
import Provider
import Sandbox

/// WeChat, Alipay and Baidu beside a sandbox: the server is told to use them by settings, as an operator would set the real ones.
struct PlayedHostApps {
    let settings: [SettingOption]
    let companion: SandboxCompanion

    /// Nil where the operator wants none, or has set a mini-program of their own.
    /// - Throws: when keys cannot be made.
    init?(_ configuration: Configuration) throws {
        guard let port = configuration.platformsPort, !configuration.hasMiniProgram else { return nil }
        let credentials = try MiniProgramHosts.Credentials()
        let base = "http://127.0.0.1:\(port)"
        settings = [
            ("wechat.api", base + "/wechat"), ("wechat.app_id", credentials.wechatAppID),
            ("wechat.secret", credentials.wechatSecret.reveal()), ("alipay.gateway", base + "/alipay/gateway.do"),
            ("alipay.app_id", credentials.alipayAppID),
            ("alipay.private_key", credentials.alipayAppPrivateKey.reveal()),
            ("alipay.public_key", credentials.alipayPublicKey), ("alipay.aes_key", credentials.alipayAESKey.reveal()),
            ("baidu.api", base + "/baidu"), ("baidu.app_key", credentials.baiduAppKey),
            ("baidu.secret", credentials.baiduSecret.reveal()),
        ].map { SettingOption("mini_program.\($0.0)", name: "the sandbox", value: $0.1) }
        companion = SandboxCompanion("host apps") { now, logger in
            try await MiniProgramHosts(port: port, credentials: credentials, logger: logger, now: now).run()
        }
    }
}
