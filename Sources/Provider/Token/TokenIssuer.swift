import Cryptography
import FoundationEssentials
import OAuth

/// Makes and signs the tokens of one answer.
struct TokenIssuer: Sendable {
    let capabilities: ProviderCapabilities
    let keyRing: KeyRing
    let accounts: Accounts
    let accessTokens: AccessTokens
    let clock: ServerClock
    /// Seconds an access token lives unless its client has a setting of its own.
    let accessTokenLifetime: Int
    /// The same for ID tokens.
    let idTokenLifetime: Int

    /// The tokens of a grant (RFC 6749 §4.1.4 and §6, OIDC Core §3.1.3.3 and §12.2).
    ///
    /// `access` is what the access token reaches, within the grant; `nonce` goes into the ID token that answers the
    /// authorization request itself, and is nil for a later one.
    func tokens(
        of grant: AuthorizationGrant,
        access: GrantedAccess,
        nonce: String?,
        refreshToken: Secret<String>?,
        client: Client
    ) async throws -> TokenResponse {
        let now = clock.now
        let lifetime = client.accessTokenLifetime ?? accessTokenLifetime
        let claims = AccessTokenClaims(
            issuer: capabilities.issuer,
            subject: Subject(grant.subject),
            audience: access.audience(issuer: capabilities.issuer),
            clientID: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(lifetime)),
            id: Self.newID(),
            scope: access.scope,
            authentication: grant.authentication,
            grantID: grant.id.text
        )
        let accessToken = try await accessTokens.issue(claims, for: client)
        var response = TokenResponse(accessToken: accessToken, expiresIn: lifetime, scope: access.scope)
        response.refreshToken = refreshToken?.reveal()
        if access.scope.contains(Scope.openID) {
            response.idToken = try await idToken(
                grant,
                access.scope,
                nonce: nonce,
                client,
                accessToken: accessToken,
                now: now
            )
        }
        return response
    }

    /// A token for the client itself (RFC 6749 §4.4.3). It hangs on no grant: it ends by its own clock,
    /// or by its `jti`.
    func clientCredentials(_ grant: TokenRequest.ClientCredentials, client: Client) async throws
        -> TokenResponse
    {
        let now = clock.now
        let lifetime = client.accessTokenLifetime ?? accessTokenLifetime
        let claims = AccessTokenClaims(
            issuer: capabilities.issuer,
            subject: Subject(client.id.value),
            audience: GrantedAccess(scope: grant.scope, resources: grant.resources).audience(
                issuer: capabilities.issuer
            ),
            clientID: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(lifetime)),
            id: Self.newID(),
            scope: grant.scope
        )
        let accessToken = try await accessTokens.issue(claims, for: client)
        return TokenResponse(accessToken: accessToken, expiresIn: lifetime, scope: grant.scope)
    }

    /// OIDC Core §2; the algorithm is the one the client registered (T2).
    private func idToken(
        _ grant: AuthorizationGrant,
        _ scope: Scope,
        nonce: String?,
        _ client: Client,
        accessToken: String,
        now: Date
    ) async throws -> String {
        let algorithm = client.idTokenSignedResponseAlg
        var token = IDToken(
            issuer: capabilities.issuer,
            subject: Subject(grant.subject),
            audience: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(client.idTokenLifetime ?? idTokenLifetime)),
            authentication: grant.authentication
        )
        token.nonce = nonce
        token.sessionID = SessionID(grant.sid)
        token.accessToken = accessToken
        if !grant.claims.idToken.isEmpty, let account = try await accounts.find(grant.account) {
            token.claims = UserInfo.idTokenClaims(
                scope: scope,
                responseType: .code,
                claims: grant.claims,
                client: client,
                known: CitizenClaims(account).all
            )
        }
        return try JWS.sign(type: nil, payload: token.payload(for: algorithm), key: keyRing.current(for: algorithm))
    }

    /// `jti`: 128 random bits.
    private static func newID() -> String { Base64URL.encode(Random.bytes(16)) }
}
