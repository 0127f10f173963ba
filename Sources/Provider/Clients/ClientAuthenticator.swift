import Cryptography
import Hummingbird
import OAuth

/// Who the client is (K1), at every endpoint where clients prove themselves: one method per client, the one it registered.
struct ClientAuthenticator: Sendable {
    let clients: ClientRegistry
    let keys: ClientKeys
    let oneTime: OneTime
    let capabilities: ProviderCapabilities
    let clock: ServerClock

    /// - Throws: `invalid_client`, `invalid_request` (RFC 6749 §5.2).
    func authenticate(_ request: Request, _ parameters: Parameters) async throws -> Client {
        let presented = try ClientAuthentication.extract(
            authorization: request.headers[values: .authorization],
            parameters: parameters
        )
        guard let registered = try await clients.find(presented.clientID.value) else {
            throw OAuthError(.invalidClient, "unknown client")
        }
        let client = registered.client
        try presented.requireMethod(of: client)
        switch presented {
        case .basic(_, let secret), .post(_, let secret):
            guard clients.isSecret(secret.reveal(), of: registered, now: clock.now) else {
                throw OAuthError(.invalidClient, "client authentication failed")
            }
        case .assertion(let assertion):
            try await verify(assertion, of: registered)
        case .none:
            break
        }
        return client
    }

    /// `client_secret_jwt` and `private_key_jwt` (RFC 7523 §3): who made it, then the claims, then that its `jti` was never used
    /// before, on whichever process (trust.md T21).
    private func verify(_ assertion: ClientAssertion, of registered: RegisteredClient) async throws {
        let client = registered.client
        let credential: ClientAssertion.Credential =
            assertion.isSymmetric
            ? .secrets(clients.liveSecrets(of: registered, now: clock.now))
            : .keys(try await keys.keys(of: client, for: assertion))
        let proof = try assertion.verify(for: client, by: credential, capabilities: capabilities, now: clock.now)
        let name = "\(client.id.value)|\(proof.jti)"
        guard try await oneTime.claim(.clientAssertion, identifier: name, until: proof.expiresAt) else {
            throw OAuthError(.invalidClient, "client_assertion was used before")
        }
    }
}
