import HTTPTypes
import Hummingbird
import OAuth

/// `POST /oauth2/revoke` (RFC 7009): a client ends a token of its own, and with it everything of the same authorization.
struct RevocationEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let refreshTokens: RefreshTokens
    let accessTokens: AccessTokens
    let capabilities: ProviderCapabilities
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("oauth2/revoke") { request, context in
            try await CrossOrigin.allowed(request) {
                try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                    try await respond(request, context)
                }
            }
        }
        ProtocolAnswer.refuseGet("oauth2/revoke", on: router)
        CrossOrigin.addPreflight("oauth2/revoke", methods: "POST", to: router)
    }

    private func respond(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
        let client = try await authenticator.authenticate(request, parameters)
        let token = try RevocationRequest(parameters).token
        let trace = Trace(context)
        if try await !refreshTokens.revoke(token, client: client, trace: trace) {
            try await accessTokens.revoke(token, client: client, trace: trace)
        }
        // §2.2: the same answer, whether there was anything to end or not.
        return Response(status: .ok, headers: [.cacheControl: "no-store"])
    }
}
