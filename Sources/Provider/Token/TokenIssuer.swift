import Cryptography
import FoundationEssentials
import OAuth

/// Makes and signs the tokens of one answer.
struct TokenIssuer: Sendable {
    let capabilities: ProviderCapabilities
    let accessTokens: AccessTokens
    let idTokens: IDTokens
    let clock: ServerClock
    /// Seconds an access token lives unless its client has a setting of its own.
    let accessTokenLifetime: Int

    /// The tokens of a grant (RFC 6749 §4.1.4 and §6, OIDC Core §3.1.3.3 and §12.2).
    ///
    /// `access` is what the access token reaches, within the grant; `nonce` goes into the ID token that answers the
    /// authorization request itself, and is nil for a later one; `key` is the one that the client proved to hold, to which
    /// the access token is bound (RFC 9449 §5).
    func tokens(
        of grant: AuthorizationGrant,
        access: GrantedAccess,
        nonce: String?,
        refreshToken: Secret<String>?,
        client: Client,
        key: String? = nil
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
            grantID: grant.id.text,
            keyThumbprint: key
        )
        let accessToken = try await accessTokens.issue(claims, for: client)
        var response = TokenResponse(
            accessToken: accessToken,
            tokenType: key == nil ? .bearer : .dpop,
            expiresIn: lifetime,
            scope: access.scope
        )
        response.refreshToken = refreshToken?.reveal()
        if access.scope.contains(Scope.openID) {
            response.idToken = try await idTokens.token(
                of: grant,
                access.scope,
                nonce: nonce,
                for: client,
                with: .accessToken(accessToken)
            )
        }
        return response
    }

    /// A token for the client itself (RFC 6749 §4.4.3). It hangs on no grant: it ends by its own clock,
    /// or by its `jti`.
    func clientCredentials(_ grant: TokenRequest.ClientCredentials, client: Client, key: String? = nil) async throws
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
            scope: grant.scope,
            keyThumbprint: key
        )
        let accessToken = try await accessTokens.issue(claims, for: client)
        return TokenResponse(
            accessToken: accessToken,
            tokenType: key == nil ? .bearer : .dpop,
            expiresIn: lifetime,
            scope: grant.scope
        )
    }

    /// `jti`: 128 random bits.
    private static func newID() -> String { Base64URL.encode(Random.bytes(16)) }
}
