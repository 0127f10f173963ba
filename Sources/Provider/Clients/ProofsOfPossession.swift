import Cryptography
import HTTPTypes
import Hummingbird
import OAuth

/// DPoP (RFC 9449) at the server's own endpoints: who holds which key, fresh by a nonce of ours, each proof once on all servers.
struct ProofsOfPossession: Sendable {
    let oneTime: OneTime
    let nonces: DPoPNonce
    let capabilities: ProviderCapabilities
    let clock: ServerClock

    /// The proof that a request carries, if it carries one: right in itself, for this address, and fresh. Nothing is spent yet, so that a
    /// client that is told a new nonce comes again with all it had.
    /// - Parameters:
    ///   - request: what the proof came with.
    ///   - uri: the endpoint's address as the metadata has it.
    ///   - accessToken: the token presented with it, at a protected resource.
    /// - Returns: nil where no proof came.
    /// - Throws: `invalid_dpop_proof`, `use_dpop_nonce`.
    func check(_ request: Request, at uri: String, accessToken: String? = nil) throws(OAuthError) -> DPoPProof? {
        let headers = request.headers[values: .dpop]
        guard !headers.isEmpty else { return nil }
        let now = clock.now
        let proof = try DPoPProof(
            headers,
            for: .init(method: request.method.rawValue, uri: uri, accessToken: accessToken),
            algorithms: capabilities.dpopAlgorithms,
            now: now
        )
        guard let nonce = proof.nonce, nonces.accepts(nonce, now: now) else {
            throw OAuthError(.useDPoPNonce, "the DPoP proof must carry the nonce of this answer's DPoP-Nonce header")
        }
        return proof
    }

    /// Spends a proof.
    /// - Throws: `invalid_dpop_proof` when it was used before, on whichever process (RFC 9449 §11.1).
    func spend(_ proof: DPoPProof) async throws {
        let name = "\(proof.thumbprint)|\(proof.jti)"
        guard try await oneTime.claim(.dpopProof, identifier: name, until: proof.expiresAt) else {
            throw OAuthError(.invalidDPoPProof, "the DPoP proof was used before")
        }
    }

    /// Answers a request, and tells who uses proofs the nonce of the next one (RFC 9449 §8 and §8.2).
    func answering(_ request: Request, _ handler: () async throws -> Response) async throws -> Response {
        var response = try await handler()
        let isAsked =
            request.headers[.authorization]?.utf8.prefix(5).elementsEqual("dpop ".utf8) { $0 | 0x20 == $1 } ?? false
        if isAsked || request.headers[.dpop] != nil {
            response.headers[.dpopNonce] = nonces.current(now: clock.now)
        }
        return response
    }
}

extension HTTPField.Name {
    /// RFC 9449 §4.1 and §8: not in HTTPTypes.
    static let dpop = HTTPField.Name("DPoP") ?? .via
    static let dpopNonce = HTTPField.Name("DPoP-Nonce") ?? .via
}
