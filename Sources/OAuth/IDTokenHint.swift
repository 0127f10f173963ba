public import Cryptography

/// An ID token that a client gives back to say whom it means (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
///
/// A value exists only where this server signed the token. Its age does not matter: both specifications tell servers to take expired ones.
public struct IDTokenHint: Sendable, Hashable {
    /// Whom the token speaks of, as the client knows them.
    public let subject: Subject
    /// The login session it speaks of, if it named one.
    public let sessionID: SessionID?
    /// For whom it was made.
    public let audience: [ClientID]

    /// The longest token taken, in bytes.
    public static let longest = 8192

    /// Verifies a hint.
    ///
    /// - Parameters:
    ///   - token: what the request carried.
    ///   - issuer: this server.
    ///   - isOurs: true if one of this server's keys, retired ones included, made the signature.
    /// - Throws: `invalid_request` if the token is malformed, not ours, or not an ID token.
    public init(_ token: String, issuer: Issuer, isOurs: (ParsedJWS) -> Bool) throws(OAuthError) {
        let fault = OAuthError(.invalidRequest, "id_token_hint is not an ID token of this server")
        guard let jws = try? JWS.parse(token, limit: Self.longest), jws.algorithm != nil, isOurs(jws),
            let claims = jws.claims, claims["iss"]?.string == issuer.value, let subject = claims["sub"]?.string,
            // A signed userinfo answer has no exp (OpenID Connect Core §5.3.2); an ID token always has.
            claims["exp"]?.int != nil
        else { throw fault }
        // An access token or a logout token bears a type of its own (RFC 9068 §2.1, Back-Channel Logout §2.4).
        guard jws.type == nil || jws.type == "JWT" else { throw fault }
        let names = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.strings ?? []
        guard !names.isEmpty else { throw fault }
        self.subject = Subject(subject)
        self.sessionID = claims["sid"]?.string.map(SessionID.init)
        self.audience = names.map(ClientID.init(trusted:))
    }

    /// True if the token was made for the client. One client's token must not speak for another: its subject may be pairwise.
    public func isFor(_ client: ClientID) -> Bool { audience.contains(client) }
}

extension AuthorizationRequest {
    /// The request's hint, verified, and made for the same client.
    ///
    /// - Parameter isOurs: true if one of this server's keys, retired ones included, made the signature.
    /// - Returns: nil if the request brings none.
    /// - Throws: `invalid_request`, to be redirected to the target.
    public func verifiedHint(isOurs: (ParsedJWS) -> Bool) throws(OAuthError) -> IDTokenHint? {
        guard let idTokenHint else { return nil }
        let hint = try IDTokenHint(idTokenHint, issuer: target.issuer, isOurs: isOurs)
        guard hint.isFor(client.id) else { throw OAuthError(.invalidRequest, "id_token_hint is another client's") }
        return hint
    }
}
