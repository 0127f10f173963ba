import Cryptography
import Hummingbird
import Logging
import OAuth

/// Authorization requests that clients push and browsers refer to (RFC 9126). Each serves once, for the client that pushed it.
struct PushedAuthorizationRequests: Sendable {
    let oneTime: OneTime
    /// Seconds from the push to the browser's arrival.
    let lifetime: Int

    /// Keeps a checked request.
    /// - Returns: the reference.
    func store(_ parameters: Parameters, of client: ClientID) async throws -> Secret<String> {
        try await oneTime.issue(
            .pushedAuthorizationRequest,
            lifetime: lifetime,
            binding: binding(client),
            payload: ["parameters": .string(parameters.encoded)]
        ).value
    }

    /// Spends a reference, whatever becomes of the request then: also one that is answered at once, such as with `prompt=none`, is gone
    /// (CVE-2026-96446).
    /// - Returns: nil where it is unknown, expired, spent or another client's.
    func spend(_ reference: String, of client: ClientID) async throws -> Parameters? {
        let payload = try await oneTime.spend(.pushedAuthorizationRequest, reference, binding: binding(client))
        return try payload?["parameters"]?.string.map { try Parameters(query: $0) }
    }

    private func binding(_ client: ClientID) -> [UInt8] { Array(client.value.utf8) }
}

/// `POST /oauth2/par` (RFC 9126 §2).
struct PushedAuthorizationEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let proofs: ProofsOfPossession
    let requests: PushedAuthorizationRequests
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let clock: ServerClock
    /// Sandbox only: `:*` as the port of a registered loopback address.
    let sandboxPatterns: Bool
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("oauth2/par") { request, context in
            try await CrossOrigin.allowed(request) {
                try await proofs.answering(request) {
                    try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                        try await respond(request, context)
                    }
                }
            }
        }
        ProtocolAnswer.refuseGet("oauth2/par", on: router)
        CrossOrigin.addPreflight("oauth2/par", methods: "POST", to: router)
    }

    private func respond(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
        let proof = try capabilities.endpoints.pushedAuthorizationRequest.flatMap { uri throws(OAuthError) in
            try proofs.check(request, at: uri)
        }
        let client = try await authenticator.authenticate(request, parameters)
        var pushed = PushedAuthorizationRequest.request(in: parameters, of: client.id)
        if let proof {
            pushed = try PushedAuthorizationRequest.binding(pushed, to: proof.thumbprint)
            try await proofs.spend(proof)
        }
        try check(pushed, client)
        let reference = try await requests.store(pushed, of: client.id)
        context.logger.info("authorization request pushed", metadata: ["client_id": "\(client.id.value)"])
        return .json(
            PushedAuthorizationRequest.body(reference: reference.reveal(), expiresIn: requests.lifetime),
            status: .created
        )
    }

    /// RFC 9126 §2.1: everything that the authorization endpoint would check is checked now.
    private func check(_ parameters: Parameters, _ client: Client) throws {
        let target: AuthorizationTarget
        do {
            target = try AuthorizationTarget(
                parameters,
                client: client,
                capabilities: capabilities,
                sandboxPatterns: sandboxPatterns
            )
        } catch {
            throw error.oauthError
        }
        let asked = try AuthorizationRequest(
            parameters,
            target: target,
            capabilities: capabilities,
            arrival: .pushed,
            receivedAt: clock.now
        )
        _ = try asked.verifiedHint { keyRing.hasSigned($0) }
    }
}
