// The demo relying party (演示网站). Owns: a small honest website that logs people in through an issuer it knows by
// discovery alone, and shows what it got. Hands off: everything about people to the issuer. Never: a word of the server's
// own code, a database, a secret in a page other than to the browser that owns it.

import AsyncHTTPClient
public import Cryptography
import FoundationEssentials
import Hummingbird
public import Logging
public import ServiceLifecycle

/// 演示网站: an OpenID Connect relying party on loopback, for trying an issuer out by hand and in tests.
///
/// It uses the authorization code flow with PKCE (RFC 7636), `state`, `nonce` and `iss` (RFC 9207), authenticates by
/// `client_secret_basic`, verifies every ID token against the issuer's keys, and works without JavaScript. Its paths are `/`,
/// `/login`, `/callback`, `/logout`, `/signed-out`, for the issuer `/backchannel-logout` (OpenID Connect Back-Channel Logout §2.5) and, for
/// programs, `/session.json`.
public struct DemoRelyingParty: Service {
    /// Where it listens and whom it trusts.
    public struct Configuration: Sendable {
        /// The issuer identifier; its discovery document is read at the first login.
        public var issuer: String
        /// The address to listen on; loopback unless set.
        public var address: String
        /// The port to listen on, 1 to 65535.
        public var port: Int
        /// What browsers call this site, without a trailing slash; `http://127.0.0.1:port` unless set.
        public var baseURL: String
        /// `client_id`
        public var clientID: String
        /// `client_secret`
        public var clientSecret: Secret<String>
        /// Where failures are logged; no token and no claim is.
        public var logger: Logger
        /// The present time in seconds since 1970. A sandbox with a clock of its own passes that one.
        public var now: @Sendable () -> Int64

        /// A site on loopback.
        public init(
            issuer: String,
            port: Int,
            clientSecret: Secret<String>,
            logger: Logger,
            address: String = "127.0.0.1",
            baseURL: String? = nil,
            clientID: String = DemoRelyingParty.clientID,
            now: (@Sendable () -> Int64)? = nil
        ) {
            self.issuer = issuer
            self.address = address
            self.port = port
            self.baseURL = baseURL ?? "http://127.0.0.1:\(port)"
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.logger = logger
            self.now = now ?? { Int64(Date().timeIntervalSince1970) }
        }
    }

    /// The `client_id` under which the sandbox registers it.
    public static let clientID = "demo-relying-party"
    /// The algorithm it registers for its ID tokens, and the only one it accepts.
    public static let idTokenAlgorithm = SignatureAlgorithm.ES256
    /// What it asks for at every login.
    static let scope = "openid profile email phone"

    private let configuration: Configuration

    /// A site that starts to listen when it runs.
    public init(configuration: Configuration) {
        self.configuration = configuration
    }

    /// The metadata it wants to be registered with (RFC 7591 §2), without `client_id` and `client_secret`.
    /// - Parameter baseURL: what browsers call the site, without a trailing slash.
    /// - Returns: a JSON object.
    public static func registration(baseURL: String) -> JSON {
        [
            "client_name": "演示网站",
            "client_uri": .string(baseURL + "/"),
            "organisation": "城门演示单位",
            "application_type": "web",
            "redirect_uris": [.string(baseURL + "/callback")],
            "post_logout_redirect_uris": [.string(baseURL + "/signed-out")],
            "backchannel_logout_uri": .string(baseURL + "/backchannel-logout"),
            "backchannel_logout_session_required": true,
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": .string(idTokenAlgorithm.rawValue),
            "scope": .string(scope),
        ]
    }

    /// Serves until the service group shuts down.
    /// - Throws: when the port cannot be bound.
    public func run() async throws {
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        settings.timeout = .init(connect: .seconds(3), read: .seconds(10))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let routes = DemoRoutes(configuration, issuer: DemoIssuer(configuration, client: client))
        let application = Application(
            router: routes.router,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(configuration.address, port: configuration.port)),
            logger: configuration.logger
        )
        do {
            try await application.run()
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}
