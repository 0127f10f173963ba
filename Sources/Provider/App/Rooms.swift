import Cryptography
import FoundationEssentials
import Logging
import NIOCore
import OAuth
import Postgres

/// The rooms of the server with all they are given: the one list. Built once; every room is a plain value over it.
struct Rooms: Sendable {
    let configuration: Configuration
    let database: Database
    let clock: ServerClock
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let desk: PageDesk
    let accounts: Accounts
    let guessing: SignInGuard
    let sessions: Sessions
    let clients: ClientRegistry
    let clientKeys: ClientKeys
    let sectorOutbound: OutboundFetch
    let oneTime: OneTime
    let captchas: Captchas
    let smsCodes: SMSCodes?
    let journeys: Journeys
    let pending: PendingAuthorizations
    let consents: Consents
    let conversations: QRSessions
    let watch: QRSessionWatch
    let pictures = RecentPictures()
    let codes: AuthorizationCodes
    let deviceCodes: DeviceCodes
    let grants: Grants
    let refreshTokens: RefreshTokens
    let tokenMemory = TokenMemory<AccessTokenClaims>(capacity: 10_000)
    let partitions: Partitions
    let secrets: KeySecrets

    /// - Throws: ``StartFault`` when the issuer cannot be one.
    init(
        _ configuration: Configuration,
        database: Database,
        keyRing: KeyRing,
        secrets: KeySecrets,
        logger: Logger
    ) throws(StartFault) {
        let isSandbox = configuration.mode == .sandbox
        let lifetimes = configuration.lifetimes
        self.configuration = configuration
        self.database = database
        self.keyRing = keyRing
        self.secrets = secrets
        clock = ServerClock(database: database, mayDiffer: isSandbox, logger: logger)
        capabilities = try Self.capabilities(configuration, keyRing: keyRing)
        desk = Self.desk(configuration, secrets: secrets)
        let vault = FieldVault(kek: secrets.kek.versions, index: secrets.index.current)
        accounts = Accounts(
            database: database,
            vault: vault,
            hasher: Self.hasher(configuration.passwords, secrets: secrets)
        )
        guessing = Self.guessing(configuration, database: database, vault: vault)
        sessions = Sessions(database: database, clock: clock, lifetime: lifetimes.sessionAbsolute.wholeSeconds)
        clients = Self.registry(configuration, capabilities, database: database, secrets: secrets, logger: logger)
        sectorOutbound = Self.outbound(configuration)
        clientKeys = ClientKeys(outbound: Self.outbound(configuration), clock: clock, logger: logger)
        oneTime = OneTime(database: database, clock: clock)
        captchas = Self.captchas(configuration, oneTime: oneTime, secrets: secrets)
        smsCodes = Self.smsCodes(
            configuration,
            database: database,
            clock: clock,
            captchas: captchas,
            secrets: secrets,
            logger: logger
        )
        pending = PendingAuthorizations(
            database: database,
            clock: clock,
            lifetime: lifetimes.pendingAuthorization.wholeSeconds
        )
        journeys = Self.journeys(lifetimes, database: database, clock: clock, secrets: secrets)
        consents = Consents(database: database)
        conversations = Self.conversations(configuration, database: database, clock: clock, secrets: secrets)
        watch = QRSessionWatch(database: database)
        refreshTokens = Self.refreshTokens(lifetimes, database: database, clock: clock, secrets: secrets)
        codes = AuthorizationCodes(
            database: database,
            clock: clock,
            lifetime: lifetimes.authorizationCode.wholeSeconds,
            sessionLifetime: lifetimes.sessionAbsolute.wholeSeconds,
            refreshTokens: refreshTokens
        )
        deviceCodes = Self.deviceCodes(configuration, database, clock, refreshTokens, secrets)
        grants = Grants(database: database, vault: vault)
        partitions = Partitions(database: database, grantDays: Self.grantDays(configuration))
    }

    /// A key for one purpose, derived from the installation's token secret (RFC 5869).
    static func derived(_ purpose: String, _ secrets: KeySecrets) -> Secret<[UInt8]> {
        derived(purpose, from: secrets.token.current)
    }

    /// The same from every version of the secret, the newest first: for what outlives a change of it.
    static func allDerived(_ purpose: String, _ secrets: KeySecrets) -> [Secret<[UInt8]>] {
        secrets.token.versions.sorted { $0.key > $1.key }.map { derived(purpose, from: $0.value) }
    }

    /// A key that must never change, derived from the first version of the secret behind the blind indexes: whoever drops that one finds no
    /// account any more.
    static func lasting(_ purpose: String, _ secrets: KeySecrets) -> Secret<[UInt8]> {
        let first = secrets.index.versions.min { $0.key < $1.key }?.value ?? secrets.index.current
        return derived(purpose, from: first)
    }

    private static func derived(_ purpose: String, from secret: Secret<[UInt8]>) -> Secret<[UInt8]> {
        Secret(
            HKDF.sha256(secret: secret.reveal(), salt: [], info: Array("citygate|\(purpose)".utf8), count: 32)
        )
    }

    /// How an operator's client metadata is read: the sandbox takes plain http on loopback.
    static func registrationPolicy(
        _ configuration: Configuration,
        _ capabilities: ProviderCapabilities
    ) -> ClientRegistrationPolicy {
        let isSandbox = configuration.mode == .sandbox
        return ClientRegistrationPolicy(
            capabilities: capabilities,
            origin: .administrator,
            allowLoopbackHTTP: isSandbox && configuration.sandbox.allowsLoopbackHTTP,
            allowSandboxPatterns: isSandbox,
            shortestLifetime: isSandbox ? 1 : 60
        )
    }

    /// What is switched on: checks, registration and metadata read this one value.
    private static func capabilities(
        _ configuration: Configuration,
        keyRing: KeyRing
    ) throws(StartFault) -> ProviderCapabilities {
        let base = configuration.issuer
        guard let issuer = Issuer(base, allowLoopbackHTTP: configuration.mode == .sandbox) else {
            throw StartFault("The issuer \(base) cannot be one: https, a host, no query and no fragment.")
        }
        var endpoints = ProviderCapabilities.Endpoints(
            authorization: base + "/oauth2/authorize",
            token: base + "/oauth2/token",
            userInfo: base + "/oauth2/userinfo",
            jwks: base + "/oauth2/jwks"
        )
        endpoints.pushedAuthorizationRequest = base + "/oauth2/par"
        endpoints.deviceAuthorization = base + "/oauth2/device_authorization"
        endpoints.revocation = base + "/oauth2/revoke"
        endpoints.introspection = base + "/oauth2/introspect"
        endpoints.endSession = base + "/oauth2/logout"
        if configuration.clients.registration { endpoints.registration = base + "/oauth2/register" }
        var capabilities = ProviderCapabilities(issuer: issuer, endpoints: endpoints)
        capabilities.scopes = capabilities.scopes.union([Scope.realName])
        capabilities.responseTypes = ResponseType.allCases
        capabilities.grantTypes = [.authorizationCode, .refreshToken, .clientCredentials, .deviceCode]
        let algorithms = keyRing.algorithms
        capabilities.idTokenAlgorithms = algorithms
        capabilities.userInfoAlgorithms = algorithms
        capabilities.accessTokenAlgorithms = algorithms
        capabilities.accessTokenFormats = [.jwt, .opaque]
        capabilities.subjectTypes =
            configuration.clients.subjectType == .pairwise ? [.pairwise, .public] : [.public, .pairwise]
        capabilities.dpopAlgorithms = [.ES256, .EdDSA, .PS256, .RS256]
        capabilities.backchannelLogout = true
        if configuration.sms.generation != nil { capabilities.prompts.append(.create) }
        capabilities.policyURI = base + "/privacy"
        capabilities.tosURI = base + "/terms"
        return capabilities
    }

    private static func hasher(_ settings: Configuration.Passwords, secrets: KeySecrets) -> PasswordHasher {
        let parameters = PasswordHasher.Parameters(
            memory: settings.memory / 1024,
            iterations: settings.iterations,
            lanes: settings.parallelism
        )
        return PasswordHasher(
            parameters: parameters ?? .standard,
            peppers: secrets.pepper.versions,
            workers: settings.workers,
            queueLimit: settings.queueLimit,
            maximumWait: settings.queueDeadline
        )
    }

    private static func guessing(_ configuration: Configuration, database: Database, vault: FieldVault) -> SignInGuard {
        let settings = configuration.throttle
        return SignInGuard(
            throttle: SignInThrottle(
                database: database,
                vault: vault,
                limit: settings.wrongPasswords,
                pause: settings.lock.wholeSeconds
            ),
            networkThrottle: SignInThrottle(
                database: database,
                vault: vault,
                limit: settings.attemptsPerAddress,
                pause: 60
            ),
            database: database,
            exemptsLoopback: !configuration.sandbox.limitsLoopback,
            exemptAccounts: Set(configuration.sandbox.unlimitedAccounts)
        )
    }
}

/// Why the server does not start, in a sentence for the operator.
public struct StartFault: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ sentence: String) { description = sentence }
}

extension Duration {
    /// As SwiftNIO counts time.
    var timeAmount: TimeAmount { .nanoseconds(Int64(self / .nanoseconds(1))) }

    /// Whole seconds, at least one.
    var wholeSeconds: Int { max(1, Int(components.seconds)) }
}
