import Cryptography
import Hummingbird
import Logging
import OAuth
import Postgres

/// The rooms that know relying parties.
extension Rooms {
    static func registry(
        _ configuration: Configuration,
        _ capabilities: ProviderCapabilities,
        database: Database,
        secrets: KeySecrets,
        logger: Logger
    ) -> ClientRegistry {
        ClientRegistry(
            database: database,
            secretKey: derived("client-secret", secrets),
            sealingKey: derived("client-secret-copy", secrets),
            policy: registrationPolicy(configuration, capabilities),
            logger: logger
        )
    }

    /// The sandbox's relying parties live on loopback.
    static func outbound(_ configuration: Configuration) -> OutboundFetch {
        OutboundFetch(mayReachInside: configuration.mode == .sandbox && configuration.sandbox.allowsLoopbackHTTP)
    }

    func logoutDelivery(_ logger: Logger) -> LogoutDelivery {
        var outbound = Self.outbound(configuration)
        outbound.deadline = .seconds(5)
        return LogoutDelivery(
            notices: LogoutNotices(database: database),
            outbound: outbound,
            keyRing: keyRing,
            issuer: capabilities.issuer,
            clock: clock,
            logger: logger
        )
    }

    /// How relying parties know people.
    var subjects: SubjectIdentifiers { SubjectIdentifiers(key: Self.lasting("pairwise-subject", secrets)) }

    var initialAccessTokens: InitialAccessTokens { InitialAccessTokens(database: database, clock: clock) }

    /// A bound of its own on fetches: whoever registers holds nobody up who logs in.
    var sectors: SectorIdentifiers { SectorIdentifiers(outbound: sectorOutbound) }

    func addRegistrationRoutes(to router: Router<ProviderContext>) {
        guard let address = capabilities.endpoints.registration else { return }
        RegistrationEndpoint(
            clients: clients,
            tokens: initialAccessTokens,
            sectors: sectors,
            issuers: configuration.clients.softwareStatementIssuers,
            policy: Self.registrationPolicy(configuration, capabilities),
            address: address,
            clock: clock,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
    }

    var proofs: ProofsOfPossession {
        ProofsOfPossession(
            oneTime: oneTime,
            nonces: DPoPNonce(key: Self.derived("dpop-nonce", secrets)),
            capabilities: capabilities,
            clock: clock
        )
    }

    var authenticator: ClientAuthenticator {
        ClientAuthenticator(
            clients: clients,
            keys: clientKeys,
            oneTime: oneTime,
            capabilities: capabilities,
            clock: clock
        )
    }
}
