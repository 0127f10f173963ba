import Cryptography
import Hummingbird
import Logging
import Postgres

extension Rooms {
    /// Every path of the server and the layers around them. `Tests/ProviderTests/Routes.txt` pins the list.
    func router(logger: Logger) -> Router<ProviderContext> {
        let router = Router(context: ProviderContext.self)
        router.add(middleware: ClientAddressMiddleware(isTrusted: configuration.proxies.isTrusted))
        router.add(middleware: SecurityHeadersMiddleware(isSecure: desk.cookies.isSecure, isSandbox: desk.isSandbox))
        router.add(
            middleware: RequestLogMiddleware(logsRequests: configuration.logging.requests) { fault, request, context in
                let browser = desk.browser(request)
                return ErrorPage(fault).page(in: desk.context(request, context, browser: browser))
            }
        )
        router.add(
            middleware: PageRateMiddleware(
                rate: PageRate(limit: configuration.throttle.pagesPerNetwork),
                clock: clock
            ) { page, request, context in
                page.page(in: desk.context(request, context, browser: desk.browser(request)))
            }
        )
        addProtocolRoutes(to: router)
        addTokenRoutes(to: router)
        addDeviceRoutes(to: router)
        addRegistrationRoutes(to: router)
        addPageRoutes(to: router)
        addMessageRoutes(to: router)
        addPhoneRoutes(to: router)
        Health(database: database, clock: clock).addRoutes(to: router)
        return router
    }

    private func addProtocolRoutes(to router: Router<ProviderContext>) {
        AuthorizationEndpoint(
            desk: desk,
            clients: clients,
            sessions: sessions,
            pending: pending,
            consents: consents,
            codes: codes,
            pushed: pushed,
            idTokens: idTokens,
            subjects: subjects,
            keyRing: keyRing,
            capabilities: capabilities,
            clock: clock,
            attainableLevels: Self.attainableLevels,
            sandboxPatterns: desk.isSandbox
        ).addRoutes(to: router)
        PushedAuthorizationEndpoint(
            authenticator: authenticator,
            proofs: proofs,
            requests: pushed,
            keyRing: keyRing,
            capabilities: capabilities,
            clock: clock,
            sandboxPatterns: desk.isSandbox,
            bodyLimit: configuration.http.bodyBytes
        ).addRoutes(to: router)
        ConsentEndpoint(
            desk: desk,
            sessions: sessions,
            accounts: accounts,
            waiting: waiting,
            pending: pending,
            consents: consents,
            capabilities: capabilities,
            sandboxPatterns: desk.isSandbox
        ).addRoutes(to: router)
        AssuranceEndpoint(
            desk: desk,
            sessions: sessions,
            waiting: waiting,
            pending: pending,
            capabilities: capabilities,
            attainableLevels: Self.attainableLevels,
            sandboxPatterns: desk.isSandbox
        ).addRoutes(to: router)
        DiscoveryEndpoint(capabilities: capabilities, keyRing: keyRing, clients: clients).addRoutes(to: router)
    }

    private func addPageRoutes(to router: Router<ProviderContext>) {
        PasswordSignIn(
            hall: hall,
            accounts: accounts,
            captchas: captchas,
            guessing: guessing,
            qr: qrSignIn(waiting),
            clock: clock
        ).addRoutes(to: router)
        SignOut(
            desk: desk,
            sessions: sessions,
            accounts: accounts,
            clients: clients,
            subjects: subjects,
            keyRing: keyRing,
            capabilities: capabilities,
            sandboxPatterns: desk.isSandbox
        ).addRoutes(to: router)
        Welcome(desk: desk, sessions: sessions, accounts: accounts).addRoutes(to: router)
        addProfileRoutes(to: router)
        CaptchaEndpoints(desk: desk, captchas: captchas).addRoutes(to: router)
        PublicPages(desk: desk, texts: configuration.texts(brand: desk.site.brand)).addRoutes(to: router)
    }

    private var pushed: PushedAuthorizationRequests {
        PushedAuthorizationRequests(
            oneTime: oneTime,
            lifetime: configuration.lifetimes.pushedAuthorization.wholeSeconds
        )
    }

    var waiting: WaitingRequests { WaitingRequests(pending: pending, clients: clients) }

    func housekeeping(_ logger: Logger) -> Housekeeping {
        Housekeeping(
            partitions: partitions,
            clock: clock,
            interval: configuration.housekeeping.interval,
            logger: logger
        )
    }
}

/// `/healthz`: the process answers. `/readyz`: it can serve, which needs the store and an honest clock.
struct Health: Sendable {
    let database: Database
    let clock: ServerClock

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("healthz") { _, _ in Response.json(["status": "ok"]) }
        router.get("readyz") { _, _ in
            let isReady = database.isReachable && clock.isTrustworthy
            return Response.json(
                [
                    "status": isReady ? "ready" : "unavailable", "database": .bool(database.isReachable),
                    "clock": .bool(clock.isTrustworthy),
                ],
                status: isReady ? .ok : .serviceUnavailable
            )
        }
    }
}
