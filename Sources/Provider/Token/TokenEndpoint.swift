// Token
// Owns: the token endpoint, who a client is, and what each grant gives.
// Hands off: spending a code to Authorization, signing to Cryptography, all rules of form to OAuth.
// Never: an answer that may be stored; a token from a process whose clock cannot be trusted.

import Cryptography
import FoundationEssentials
import Hummingbird
import Logging
import OAuth

/// `POST /oauth2/token` (RFC 6749 §3.2). The phases every grant shares stand here once: no grant can forget one.
struct TokenEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let proofs: ProofsOfPossession
    let issuer: TokenIssuer
    let codes: AuthorizationCodes
    let deviceCodes: DeviceCodes
    let refreshTokens: RefreshTokens
    let capabilities: ProviderCapabilities
    let clock: ServerClock
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("oauth2/token") { request, context in
            try await CrossOrigin.allowed(request) {
                try await proofs.answering(request) {
                    try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                        try await respond(request, context)
                    }
                }
            }
        }
        ProtocolAnswer.refuseGet("oauth2/token", on: router)
        CrossOrigin.addPreflight("oauth2/token", methods: "POST", to: router)
    }

    private func respond(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
        // Looked at before the client is: a proof that lacks the nonce must not cost an assertion or a code.
        let proof = try proofs.check(request, at: capabilities.endpoints.token)
        let client = try await authenticator.authenticate(request, parameters)
        let asked = try TokenRequest(parameters, client: client, capabilities: capabilities)
        guard clock.isTrustworthy else { throw OAuthError(.temporarilyUnavailable, "the clock is being set") }
        let key = try await key(proof, client)
        let response =
            switch asked {
            case .authorizationCode(let grant): try await redeem(grant, client, key, context)
            case .clientCredentials(let grant): try await issuer.clientCredentials(grant, client: client, key: key)
            case .refreshToken(let grant): try await refresh(grant, client, key, context)
            case .deviceCode(let grant): try await redeem(grant, client, key, context)
            }
        context.logger.info(
            "token issued",
            metadata: ["grant": .string(parameters.field(named: "grant_type")), "client_id": .string(client.id.value)]
        )
        return .json(response.body())
    }

    /// The key that the client proved to hold, if it did (RFC 9449 §5); its proof is spent.
    private func key(_ proof: DPoPProof?, _ client: Client) async throws -> String? {
        guard let proof else {
            // §5.2.
            guard !client.dpopBoundAccessTokens else {
                throw OAuthError(.invalidDPoPProof, "this client must send a DPoP proof")
            }
            return nil
        }
        try await proofs.spend(proof)
        return proof.thumbprint
    }

    /// RFC 6749 §4.1.3.
    private func redeem(
        _ asked: TokenRequest.AuthorizationCode,
        _ client: Client,
        _ key: String?,
        _ context: ProviderContext
    ) async throws -> TokenResponse {
        guard let redeemed = try await codes.redeem(asked, client: client, key: key, trace: Trace(context)) else {
            throw OAuthError(.invalidGrant, "the code is unknown, expired, used or bound to other values")
        }
        let grant = redeemed.grant
        return try await issuer.tokens(
            of: grant,
            access: grant.access(scope: nil, resources: asked.resources),
            nonce: grant.nonce,
            refreshToken: redeemed.refreshToken,
            client: client,
            key: key
        )
    }

    /// RFC 8628 §3.4.
    private func redeem(
        _ asked: TokenRequest.DeviceCode,
        _ client: Client,
        _ key: String?,
        _ context: ProviderContext
    ) async throws -> TokenResponse {
        let (grant, refreshToken) = try await deviceCodes.redeem(asked, client: client, key: key, trace: Trace(context))
        return try await issuer.tokens(
            of: grant,
            access: grant.access(scope: nil, resources: asked.resources),
            nonce: grant.nonce,
            refreshToken: refreshToken,
            client: client,
            key: key
        )
    }

    /// RFC 6749 §6. OIDC Core §12.2: the new ID token speaks of the same login and has no nonce.
    private func refresh(
        _ asked: TokenRequest.Refresh,
        _ client: Client,
        _ key: String?,
        _ context: ProviderContext
    ) async throws -> TokenResponse {
        let rotation = try await refreshTokens.rotate(asked, client: client, key: key, trace: Trace(context))
        if rotation.isRetry { context.logger.info("refresh repeated", metadata: ["client_id": "\(client.id.value)"]) }
        return try await issuer.tokens(
            of: rotation.grant,
            access: rotation.grant.access(scope: asked.scope, resources: asked.resources),
            nonce: nil,
            refreshToken: rotation.successor,
            client: client,
            key: key
        )
    }
}
