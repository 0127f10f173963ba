// Token
// Owns: the token endpoint, who a client is, and what each grant gives.
// Hands off: spending a code to Authorization, signing to Cryptography, all rules of form to OAuth.
// Never: an answer that may be stored; a token from a process whose clock cannot be trusted.

import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import OAuth
import Postgres

/// `POST /oauth2/token` (RFC 6749 §3.2). The phases every grant shares stand here once: no grant can forget one.
struct TokenEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let issuer: TokenIssuer
    let codes: AuthorizationCodes
    let capabilities: ProviderCapabilities
    let clock: ServerClock
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("oauth2/token") { request, context in
            try await CrossOrigin.allowed(request) {
                try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                    try await respond(request, context)
                }
            }
        }
        CrossOrigin.addPreflight("oauth2/token", methods: "POST", to: router)
    }

    private func respond(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
        let client = try await authenticator.authenticate(request, parameters)
        let asked = try TokenRequest(parameters, client: client, capabilities: capabilities)
        guard clock.isTrustworthy else { throw OAuthError(.temporarilyUnavailable, "the clock is being set") }
        let response =
            switch asked {
            case .authorizationCode(let grant): try await redeem(grant, client, context)
            case .clientCredentials(let grant): try issuer.clientCredentials(grant, client: client)
            case .refreshToken: throw OAuthError(.unsupportedGrantType, "grant_type is not supported")
            }
        context.logger.info(
            "token issued",
            metadata: ["grant": "\(parameters.field(named: "grant_type"))", "client_id": "\(client.id.value)"]
        )
        return .json(response.body())
    }

    /// RFC 6749 §4.1.3.
    private func redeem(_ asked: TokenRequest.AuthorizationCode, _ client: Client, _ context: ProviderContext)
        async throws -> TokenResponse
    {
        guard let grant = try await codes.redeem(asked, client: client, trace: Trace(context)) else {
            throw OAuthError(.invalidGrant, "the code is unknown, expired, used or bound to other values")
        }
        return try await issuer.authorizationCode(grant, resources: asked.resources, client: client)
    }
}

/// Form bodies of protocol endpoints.
enum ProtocolForm {
    /// - Throws: `OAuthError` `invalid_request` for another media type or a malformed form (RFC 6749 appendix B);
    ///   `HTTPError` 413 for one that is too large.
    static func parameters(_ request: Request, limit: Int) async throws -> Parameters {
        guard let type = request.headers[.contentType], PageDesk.FormType.isForm(type) else {
            throw OAuthError(.invalidRequest, "the body must be application/x-www-form-urlencoded")
        }
        var request = request
        let body = try await request.collectBody(upTo: limit)
        return try Parameters(form: body.readableBytesView)
    }
}

/// How the endpoints that speak JSON answer what is thrown in them.
enum ProtocolAnswer {
    /// Runs a handler; an `OAuthError` becomes the JSON of RFC 6749 §5.2, a database in trouble a 503.
    static func json(
        _ context: ProviderContext,
        realm: String,
        _ handler: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await handler()
        } catch let error as OAuthError {
            context.logger.info("request refused", metadata: ["code": "\(error.code.rawValue)"])
            var response = Response.json(error.body(), status: .init(code: error.status))
            // RFC 6749 §5.2: a client that tried HTTP authentication is told that this is the way.
            if error.code == .invalidClient, error.status == 401 {
                response.headers[.wwwAuthenticate] = OAuthError.clientChallenge(realm: realm)
            }
            return response
        } catch let error as PostgresError where error.isTransient {
            context.logger.error("database unavailable", metadata: ["error": "\(error)"])
            let body: JSON = [
                "error": "temporarily_unavailable",
                "error_description": "the server cannot reach its store; try again",
            ]
            var response = Response.json(body, status: .serviceUnavailable)
            response.headers[.retryAfter] = "2"
            return response
        }
    }
}

extension PostgresError {
    /// The store is out of reach or its answer was lost: worth another try by whoever asked, never by us (trust.md 0).
    var isTransient: Bool {
        switch code {
        case .unavailable, .queueFull, .deadline, .connectionLost, .inDoubt: true
        default: isRetryable
        }
    }
}
