import Cryptography
import Hummingbird
import Postgres

/// The rooms and routes of devices.
extension Rooms {
    static func deviceCodes(
        _ configuration: Configuration,
        _ database: Database,
        _ clock: ServerClock,
        _ refreshTokens: RefreshTokens,
        _ secrets: KeySecrets
    ) -> DeviceCodes {
        DeviceCodes(
            database: database,
            clock: clock,
            keys: UserCodeKeys(hashing: derived("user-code", secrets), sealing: derived("user-code-copy", secrets)),
            refreshTokens: refreshTokens,
            lifetime: configuration.device.lifetime.wholeSeconds,
            interval: configuration.device.pollInterval.wholeSeconds,
            sessionLifetime: configuration.lifetimes.sessionAbsolute.wholeSeconds
        )
    }

    func addDeviceRoutes(to router: Router<ProviderContext>) {
        DeviceAuthorizationEndpoint(
            authenticator: authenticator,
            codes: deviceCodes,
            capabilities: capabilities,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        DeviceVerification(
            desk: desk,
            codes: deviceCodes,
            guessing: userCodeGuard,
            pending: pending,
            waiting: waiting,
            clients: clients,
            sessions: sessions,
            accounts: accounts,
            subjects: subjects,
            capabilities: capabilities,
            clock: clock
        ).addRoutes(to: router)
    }

    var userCodeGuard: UserCodeGuard {
        let settings = configuration.device
        func throttle(_ limit: Int) -> SignInThrottle {
            SignInThrottle(
                database: database,
                vault: guessing.throttle.vault,
                limit: limit,
                pause: settings.pause.wholeSeconds
            )
        }
        return UserCodeGuard(
            browserThrottle: throttle(settings.wrongCodes),
            networkThrottle: throttle(settings.wrongCodesPerNetwork),
            exemptsLoopback: guessing.exemptsLoopback,
            database: database
        )
    }
}
