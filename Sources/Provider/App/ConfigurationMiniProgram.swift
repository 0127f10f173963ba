import Cryptography

// The sections that concern phones: the QR conversation, and the mini-program in its three host apps.

extension Configuration {
    /// The QR code of the login page.
    struct QRSettings: Sendable {
        /// When the phone must pick the number that the page shows.
        enum NumberMatching: String, Sendable, CaseIterable {
            /// Only where phone and browser are in different networks.
            case differentNetwork = "different_network"
            case always
        }

        /// How long a picture may be scanned; 120 s.
        var lifetime: Duration
        /// How long the phone may take to confirm after the scan, and the browser to go on after that; 120 s.
        var confirmLifetime: Duration
        /// `different_network`.
        var numberMatching: NumberMatching

        init(_ reader: inout SettingsReader) {
            let shortest = reader.mode == .sandbox ? 1 : 30
            lifetime = reader.read(
                "qr.lifetime",
                .duration(.seconds(shortest) ... .seconds(300)),
                default: .seconds(120)
            )
            confirmLifetime = reader.read(
                "qr.confirm_lifetime",
                .duration(.seconds(shortest) ... .seconds(300)),
                default: .seconds(120)
            )
            numberMatching = reader.read("qr.number_matching", .choice, default: .differentNetwork)
        }
    }

    /// The city's mini-program in WeChat, Alipay and Baidu. A host app that is not set is not offered.
    struct MiniProgramSettings: Sendable {
        /// `mini_program.wechat`
        struct WeChat: Sendable {
            var api: String
            var appID: String
            var secret: Secret<String>
        }

        /// `mini_program.alipay`
        struct Alipay: Sendable {
            var gateway: String
            var appID: String
            /// The application's RSA key, PEM or bare base64.
            var privateKey: Secret<String>
            /// Alipay's RSA key, PEM or bare base64.
            var publicKey: String
            /// 16 bytes in base64: what phone numbers are encrypted under.
            var aesKey: Secret<String>
        }

        /// `mini_program.baidu`
        struct Baidu: Sendable {
            var api: String
            var appKey: String
            var secret: Secret<String>
        }

        /// What people call it; 京通.
        var name: String
        /// Life of the mini-program's access tokens; 30 min.
        var accessToken: Duration
        /// Life of its refresh tokens, each used once; 30 d.
        var refreshToken: Duration
        /// How long refreshing goes on before the host app is asked again; 180 d.
        var session: Duration
        var wechat: WeChat?
        var alipay: Alipay?
        var baidu: Baidu?
        /// Addresses that open it in a host app, for the page behind the QR code.
        var ways: [(app: String, url: String)]

        /// Whether any phone can scan.
        var isOffered: Bool { wechat != nil || alipay != nil || baidu != nil }

        init(_ reader: inout SettingsReader) {
            name = reader.read("mini_program.name", .text(longest: 40), default: "京通")
            let shortest = reader.mode == .sandbox ? 1 : 300
            accessToken = reader.read(
                "mini_program.access_token",
                .duration(.seconds(shortest) ... .seconds(7200)),
                default: .seconds(1800)
            )
            refreshToken = reader.read(
                "mini_program.refresh_token",
                .duration(.seconds(shortest) ... .seconds(30 * 86_400)),
                default: .seconds(30 * 86_400)
            )
            session = reader.read(
                "mini_program.session",
                .duration(.seconds(shortest) ... .seconds(180 * 86_400)),
                default: .seconds(180 * 86_400)
            )
            wechat = Self.wechat(&reader)
            alipay = Self.alipay(&reader)
            baidu = Self.baidu(&reader)
            ways = [("微信", "wechat"), ("支付宝", "alipay"), ("百度", "baidu")].compactMap { app, section in
                reader.readOptional("mini_program.\(section).open_url", .text(longest: 500)).map { (app, $0) }
            }
        }

        private static func wechat(_ reader: inout SettingsReader) -> WeChat? {
            let api = reader.read("mini_program.wechat.api", .webAddress, default: "https://api.weixin.qq.com")
            let appID = reader.readOptional("mini_program.wechat.app_id", .text(longest: 64))
            let secret = reader.readSecret("mini_program.wechat.secret", shortest: 8)
            guard let appID, let secret else {
                complainOfHalf(&reader, "mini_program.wechat", [("app_id", appID != nil), ("secret", secret != nil)])
                return nil
            }
            return WeChat(api: api, appID: appID, secret: secret)
        }

        private static func alipay(_ reader: inout SettingsReader) -> Alipay? {
            let gateway = reader.read(
                "mini_program.alipay.gateway",
                .webAddress,
                default: "https://openapi.alipay.com/gateway.do"
            )
            let appID = reader.readOptional("mini_program.alipay.app_id", .text(longest: 64))
            let privateKey = reader.readSecret("mini_program.alipay.private_key", shortest: 64)
            let publicKey = reader.readOptional("mini_program.alipay.public_key", .text(longest: 4096))
            let aesKey = reader.readSecret("mini_program.alipay.aes_key", shortest: 24)
            guard let appID, let privateKey, let publicKey, let aesKey else {
                complainOfHalf(
                    &reader,
                    "mini_program.alipay",
                    [
                        ("app_id", appID != nil), ("private_key", privateKey != nil), ("public_key", publicKey != nil),
                        ("aes_key", aesKey != nil),
                    ]
                )
                return nil
            }
            if (try? RSA2PrivateKey(privateKey.reveal())) == nil {
                reader.complain("mini_program.alipay.private_key", "is no RSA private key in PEM or base64")
            }
            if (try? RSA2PublicKey(publicKey)) == nil {
                reader.complain("mini_program.alipay.public_key", "is no RSA public key in PEM or base64")
            }
            if Base64.decode(aesKey.reveal())?.count != 16 {
                reader.complain("mini_program.alipay.aes_key", "is not 16 bytes in base64")
            }
            return Alipay(
                gateway: gateway,
                appID: appID,
                privateKey: privateKey,
                publicKey: publicKey,
                aesKey: aesKey
            )
        }

        private static func baidu(_ reader: inout SettingsReader) -> Baidu? {
            let api = reader.read("mini_program.baidu.api", .webAddress, default: "https://spapi.baidu.com")
            let appKey = reader.readOptional("mini_program.baidu.app_key", .text(longest: 64))
            let secret = reader.readSecret("mini_program.baidu.secret", shortest: 8)
            guard let appKey, let secret else {
                complainOfHalf(&reader, "mini_program.baidu", [("app_key", appKey != nil), ("secret", secret != nil)])
                return nil
            }
            return Baidu(api: api, appKey: appKey, secret: secret)
        }

        /// A host app of which only a part is set is a mistake, not one that is left out.
        private static func complainOfHalf(
            _ reader: inout SettingsReader,
            _ section: String,
            _ parts: [(name: String, isThere: Bool)]
        ) {
            guard let there = parts.first(where: \.isThere), let missing = parts.first(where: { !$0.isThere }) else {
                return
            }
            reader.complain("\(section).\(missing.name)", "is missing beside \(section).\(there.name)")
        }
    }
}
