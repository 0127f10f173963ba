import Cryptography
import Hummingbird
import OAuth
import Postgres

/// The rooms and routes of tokens.
extension Rooms {
    static func refreshTokens(
        _ lifetimes: Configuration.Lifetimes,
        database: Database,
        clock: ServerClock,
        secrets: KeySecrets
    ) -> RefreshTokens {
        RefreshTokens(
            database: database,
            clock: clock,
            keys: allDerived("refresh-token", secrets),
            lifetime: lifetimes.refreshToken.wholeSeconds,
            grace: Int(lifetimes.refreshGrace.components.seconds)
        )
    }

    var accessTokens: AccessTokens {
        AccessTokens(
            database: database,
            clock: clock,
            keyRing: keyRing,
            grants: grants,
            clients: clients,
            oneTime: oneTime,
            issuer: capabilities.issuer,
            memory: tokenMemory
        )
    }

    var idTokens: IDTokens {
        IDTokens(
            issuer: capabilities.issuer,
            keyRing: keyRing,
            accounts: accounts,
            clock: clock,
            lifetime: configuration.lifetimes.idToken.wholeSeconds
        )
    }

    /// The days from the beginning of the longest grant to the end of the last token of it, or of its session.
    static func grantDays(_ configuration: Configuration) -> Int {
        let lifetimes = configuration.lifetimes
        let code = max(lifetimes.authorizationCode, configuration.device.lifetime).wholeSeconds
        let refresh = max(
            lifetimes.refreshToken.wholeSeconds,
            lifetimes.sessionAbsolute.wholeSeconds,
            ClientRegistrationPolicy.longestRefreshTokenLifetime
        )
        let seconds = code + refresh + ClientRegistrationPolicy.longestAccessTokenLifetime
        return seconds / 86_400 + 1
    }

    func addTokenRoutes(to router: Router<ProviderContext>) {
        TokenEndpoint(
            authenticator: authenticator,
            proofs: proofs,
            issuer: TokenIssuer(
                capabilities: capabilities,
                accessTokens: accessTokens,
                idTokens: idTokens,
                clock: clock,
                accessTokenLifetime: configuration.lifetimes.accessToken.wholeSeconds
            ),
            codes: codes,
            deviceCodes: deviceCodes,
            refreshTokens: refreshTokens,
            capabilities: capabilities,
            clock: clock,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        RevocationEndpoint(
            authenticator: authenticator,
            refreshTokens: refreshTokens,
            accessTokens: accessTokens,
            capabilities: capabilities,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        IntrospectionEndpoint(
            authenticator: authenticator,
            refreshTokens: refreshTokens,
            accessTokens: accessTokens,
            capabilities: capabilities,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        UserInfoEndpoint(
            proofs: proofs,
            accessTokens: accessTokens,
            grants: grants,
            clients: clients,
            keyRing: keyRing,
            capabilities: capabilities,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
    }
}
