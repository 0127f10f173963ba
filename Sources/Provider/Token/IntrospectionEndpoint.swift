import Hummingbird
import OAuth

/// `POST /oauth2/introspect` (RFC 7662): a service asks whether a token that it was shown is alive, and what it is good for.
struct IntrospectionEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let refreshTokens: RefreshTokens
    let accessTokens: AccessTokens
    let capabilities: ProviderCapabilities
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        ProtocolAnswer.refuseGet("oauth2/introspect", on: router)
        router.post("oauth2/introspect") { request, context in
            try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
                let caller = try await authenticator.authenticate(request, parameters)
                let asked = try IntrospectionRequest(parameters, client: caller)
                return .json(try await state(of: asked.token, for: caller).body())
            }
        }
    }

    /// §2.2: whoever may not know hears the same as of a token that does not exist.
    private func state(of token: String, for caller: Client) async throws -> IntrospectionResponse {
        do {
            let claims = try await accessTokens.read(token)
            guard IntrospectionResponse.isEntitled(caller, to: claims), try await accessTokens.isLiving(claims) else {
                return .inactive
            }
            return .accessToken(claims)
        } catch is OAuthError {
            return try await refreshTokens.find(token, client: caller).map { .refreshToken($0) } ?? .inactive
        }
    }
}
