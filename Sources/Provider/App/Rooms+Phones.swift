import Cryptography
import FoundationEssentials
import Hummingbird
import Postgres

/// The rooms that a phone takes part in.
extension Rooms {
    static func conversations(
        _ configuration: Configuration,
        database: Database,
        clock: ServerClock,
        secrets: KeySecrets
    ) -> QRSessions {
        QRSessions(
            database: database,
            clock: clock,
            key: derived("qr-picture", secrets),
            issuer: configuration.issuer,
            lifetime: configuration.qr.lifetime.wholeSeconds,
            confirmLifetime: configuration.qr.confirmLifetime.wholeSeconds,
            alwaysAsksNumber: configuration.qr.numberMatching == .always
        )
    }

    /// Login by QR code, where a mini-program is set that can scan.
    func qrSignIn(_ waiting: WaitingRequests) -> QRSignIn? {
        let settings = configuration.miniProgram
        guard settings.isOffered else { return nil }
        return QRSignIn(
            desk: desk,
            conversations: conversations,
            watch: watch,
            accounts: accounts,
            sessions: sessions,
            waiting: waiting,
            miniProgram: MiniProgramBrand(name: settings.name, ways: settings.ways),
            pictures: desk.isSandbox ? pictures : nil,
            landing: configuration.brand.landingPage ?? "/account"
        )
    }

    var miniProgramSessions: MiniProgramSessions {
        MiniProgramSessions(
            database: database,
            clock: clock,
            vault: accounts.vault,
            key: Self.derived("mini-program", secrets),
            accessLifetime: configuration.miniProgram.accessToken.wholeSeconds,
            refreshLifetime: configuration.miniProgram.refreshToken.wholeSeconds,
            sessionLifetime: configuration.miniProgram.session.wholeSeconds
        )
    }

    /// The host apps the operator has set.
    private var platforms: [any MiniProgramPlatform] {
        let settings = configuration.miniProgram
        let calls = PlatformCalls()
        let now: @Sendable () -> Date = { [clock] in clock.now }
        var platforms: [any MiniProgramPlatform] = []
        if let wechat = settings.wechat {
            let settings = WeChatMiniProgram.Settings(api: wechat.api, appID: wechat.appID, secret: wechat.secret)
            platforms.append(WeChatMiniProgram(settings, calls: calls, now: now))
        }
        if let alipay = settings.alipay {
            let settings = AlipayMiniProgram.Settings(
                gateway: alipay.gateway,
                appID: alipay.appID,
                privateKey: alipay.privateKey,
                publicKey: alipay.publicKey,
                aesKey: alipay.aesKey
            )
            if let platform = AlipayMiniProgram(settings, calls: calls, now: now) { platforms.append(platform) }
        }
        if let baidu = settings.baidu {
            let settings = BaiduMiniProgram.Settings(api: baidu.api, appKey: baidu.appKey, secret: baidu.secret)
            platforms.append(BaiduMiniProgram(settings, calls: calls))
        }
        return platforms
    }

    func addPhoneRoutes(to router: Router<ProviderContext>) {
        qrSignIn(waiting)?.addRoutes(to: router)
        guard configuration.miniProgram.isOffered else { return }
        MiniProgramAPI(
            sessions: miniProgramSessions,
            answers: RepeatedAnswers(
                database: database,
                clock: clock,
                key: Self.derived("mini-program-answers", secrets)
            ),
            platforms: platforms,
            conversations: conversations,
            accounts: accounts,
            browserSessions: sessions,
            consents: consents,
            access: access,
            clients: clients,
            oneTime: oneTime,
            clock: clock,
            issuer: configuration.issuer,
            productName: desk.site.brand.productName,
            agreementVersion: termsVersion,
            supportPhone: desk.site.brand.supportPhone,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        MiniProgramWebTickets(desk: desk, oneTime: oneTime, sessions: sessions).addRoutes(to: router)
    }
}
