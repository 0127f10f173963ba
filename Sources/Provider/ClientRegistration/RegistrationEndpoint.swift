// ClientRegistration
// Owns: the endpoints at which clients register themselves and manage what they registered.
// Hands off: what may be registered to OAuth, tokens, rows and secrets to Clients, what is fetched to Outbound.
// Never: a secret or an id of the client's choice; an answer that tells an unknown client from a wrong token.

import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import OAuth

/// `POST /oauth2/register` (RFC 7591, OpenID Connect Registration) and `GET`, `PUT`, `DELETE /oauth2/register/{client_id}` (RFC 7592).
///
/// The registration access token is not rotated by a read or a change: an answer that gets lost must not lock a client out. An operator replaces
/// one that was told by `citygate client registration-access`.
struct RegistrationEndpoint: Sendable {
    let clients: ClientRegistry
    let tokens: InitialAccessTokens
    let sectors: SectorIdentifiers
    /// Whose software statements count.
    let issuers: [SoftwareStatement.Issuer]
    let policy: ClientRegistrationPolicy
    /// The endpoint's address as the metadata has it.
    let address: String
    let clock: ServerClock
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        ProtocolAnswer.refuseGet("oauth2/register", on: router)
        router.post("oauth2/register") { request, context in
            try await guarded(context) { try await register(request, context) }
        }
        router.get("oauth2/register/{client_id}") { request, context in
            try await guarded(context) {
                let (managed, token) = try await manager(request, context)
                return information(managed.client, managed.issuedAt, token)
            }
        }
        router.put("oauth2/register/{client_id}") { request, context in
            try await guarded(context) { try await replace(request, context) }
        }
        router.delete("oauth2/register/{client_id}") { request, context in
            try await guarded(context) {
                let (managed, token) = try await manager(request, context)
                guard try await clients.delete(managed.client.id.value, by: token.reveal(), trace: Trace(context))
                else {
                    throw Self.refused
                }
                context.logger.notice("client deleted itself", metadata: ["client_id": "\(managed.client.id)"])
                return Response(status: .noContent, headers: [.cacheControl: "no-store"])
            }
        }
    }

    private var realm: String { policy.capabilities.issuer.value }

    private static let refused = OAuthError(.invalidToken, "the token is unknown, used up, expired or another client's")

    /// RFC 7592 §2, RFC 6750 §3: who brings no token hears only that one is wanted; a wrong one is named in the challenge.
    private func guarded(_ context: ProviderContext, _ handler: () async throws -> Response) async throws -> Response {
        try await ProtocolAnswer.json(context, realm: realm) {
            do {
                return try await handler()
            } catch is NoToken {
                let challenge = OAuthError.bareChallenge(realm: realm)
                return Response(
                    status: .unauthorized,
                    headers: [.cacheControl: "no-store", .wwwAuthenticate: challenge]
                )
            } catch let error as OAuthError where error.code == .invalidToken {
                var response = Response.json(error.body(), status: .unauthorized)
                response.headers[.wwwAuthenticate] = error.resourceChallenge(realm: realm)
                return response
            } catch let error as ClientMetadataError {
                throw error.oauthError
            }
        }
    }

    private struct NoToken: Error {}

    private func bearer(_ request: Request) throws -> String {
        let presented = try PresentedToken.extract(authorization: request.headers[values: .authorization])
        guard let presented, presented.scheme == .bearer else { throw NoToken() }
        return presented.token
    }

    private func body(_ request: Request) async throws -> ClientRegistrationRequest {
        let type = request.headers[.contentType]?.split(separator: ";", maxSplits: 1).first
        guard type?.trimmingSpaces().lowercased() == "application/json" else {
            throw OAuthError(.invalidClientMetadata, "the body must be application/json")
        }
        let body = try await request.wholeBody(upTo: bodyLimit)
        return try ClientRegistrationRequest(body: body.readableBytesView)
    }

    // MARK: Registration

    /// RFC 7591 §3. The token is looked at before the body is, and spent by the statement that makes the client: a refused registration costs no
    /// use, though not for ever.
    private func register(_ request: Request, _ context: ProviderContext) async throws -> Response {
        guard let presented = try await tokens.find(try bearer(request)) else { throw Self.refused }
        let metadata: ClientMetadata
        do {
            metadata = try await judged(body(request), allowance: presented.allowance, held: nil)
        } catch {
            if error is OAuthError || error is ClientMetadataError { try await tokens.countFailure(presented) }
            throw error
        }
        let client = Client(id: ClientRegistry.newID(), metadata: metadata)
        guard let made = try await clients.register(client, by: presented, trace: Trace(context)) else {
            throw Self.refused
        }
        context.logger.notice("client registered itself", metadata: ["client_id": "\(client.id)"])
        return information(client, made.issuedAt, made.accessToken, secret: made.secret, status: .created)
    }

    private func judged(
        _ request: ClientRegistrationRequest,
        allowance: RegistrationAllowance,
        held: ClientMetadata?
    ) async throws -> ClientMetadata {
        var policy = policy
        policy.origin = .dynamicRegistration
        policy.allowance = allowance
        policy.held = held
        let metadata = try request.metadata(policy: policy, issuers: issuers, now: clock.now)
        try await sectors.check(metadata)
        return metadata
    }

    // MARK: Management

    private func manager(_ request: Request, _ context: ProviderContext) async throws
        -> (client: ManagedClient, token: Secret<String>)
    {
        let token = try bearer(request)
        guard let id = context.parameters.get("client_id"), ClientID(id) != nil,
            let managed = try await clients.managed(id, by: token)
        else { throw Self.refused }
        return (managed, Secret(token))
    }

    /// RFC 7592 §2.2: what is not sent is not kept, but for what an operator set.
    private func replace(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let (managed, token) = try await manager(request, context)
        let id = managed.client.id
        guard try await clients.admitsUpdate(id.value, by: token.reveal()) else { return tooMany() }
        let sent = try await body(request)
        let registered = try await clients.find(id.value)
        try sent.requireReplacement(of: id) { text in
            registered.map { clients.isSecret(text, of: $0, now: clock.now) } ?? false
        }
        let metadata = try await judged(sent, allowance: managed.allowance, held: managed.client.metadata)
        let client = Client(id: id, metadata: metadata)
        let replaced = try await clients.replace(
            managed.client,
            by: client,
            accessToken: token.reveal(),
            trace: Trace(context)
        )
        guard let replaced else { throw Self.refused }
        return information(client, managed.issuedAt, token, secret: replaced.secret)
    }

    private func tooMany() -> Response {
        let error = OAuthError(.temporarilyUnavailable, "too many changes within a minute")
        var response = Response.json(error.body(), status: .tooManyRequests)
        response.headers[.retryAfter] = "60"
        return response
    }

    private func information(
        _ client: Client,
        _ issuedAt: Date,
        _ token: Secret<String>,
        secret: Secret<String>? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let information = ClientInformation(
            client: client,
            secret: secret,
            hasSecret: client.hasSecret,
            issuedAt: issuedAt,
            accessToken: token,
            address: "\(address)/\(client.id.value)"
        )
        return .json(information.body(), status: status)
    }
}
