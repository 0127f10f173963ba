import Cryptography
import FoundationEssentials
import OAuth

/// Makes and signs the tokens of one answer.
struct TokenIssuer: Sendable {
    let capabilities: ProviderCapabilities
    let keyRing: KeyRing
    let accounts: Accounts
    let clock: ServerClock
    /// Seconds an access token lives unless its client has a setting of its own.
    let accessTokenLifetime: Int
    /// The same for ID tokens.
    let idTokenLifetime: Int

    /// The tokens of a redeemed code (RFC 6749 §4.1.4, OIDC Core §3.1.3.3).
    /// - Parameter resources: a choice among the resources granted; empty for all (RFC 8707 §2.2).
    func authorizationCode(_ grant: AuthorizationGrant, resources: [String], client: Client) async throws
        -> TokenResponse
    {
        let access = try GrantedAccess(scope: grant.scope, resources: grant.resources).narrowed(resources: resources)
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
            scope: grant.scope,
            authentication: grant.authentication,
            grantID: grant.id.text
        )
        let accessToken = try sign(claims, client)
        var response = TokenResponse(accessToken: accessToken, expiresIn: lifetime, scope: grant.scope)
        if grant.scope.contains(Scope.openID) {
            response.idToken = try await idToken(grant, client, accessToken: accessToken, now: now)
        }
        return response
    }

    /// A token for the client itself (RFC 6749 §4.4.3). Nothing is stored: it ends by its own clock.
    func clientCredentials(_ grant: TokenRequest.ClientCredentials, client: Client) throws -> TokenResponse {
        let now = clock.now
        let lifetime = client.accessTokenLifetime ?? accessTokenLifetime
        let claims = AccessTokenClaims(
            issuer: capabilities.issuer,
            subject: Subject(client.id.value),
            audience: grant.resources.isEmpty ? [capabilities.issuer.value] : grant.resources,
            clientID: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(lifetime)),
            id: Self.newID(),
            scope: grant.scope
        )
        return TokenResponse(accessToken: try sign(claims, client), expiresIn: lifetime, scope: grant.scope)
    }

    private func sign(_ claims: AccessTokenClaims, _ client: Client) throws -> String {
        let key = try keyRing.current(for: client.accessTokenSignedResponseAlg)
        return try JWS.sign(type: AccessTokenClaims.type, payload: claims.payload(), key: key)
    }

    /// OIDC Core §2; the algorithm is the one the client registered (T2).
    private func idToken(_ grant: AuthorizationGrant, _ client: Client, accessToken: String, now: Date) async throws
        -> String
    {
        let algorithm = client.idTokenSignedResponseAlg
        var token = IDToken(
            issuer: capabilities.issuer,
            subject: Subject(grant.subject),
            audience: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(client.idTokenLifetime ?? idTokenLifetime)),
            authentication: grant.authentication
        )
        token.nonce = grant.nonce
        token.sessionID = SessionID(grant.sid)
        token.accessToken = accessToken
        if !grant.claims.idToken.isEmpty, let account = try await accounts.find(grant.account) {
            token.claims = UserInfo.idTokenClaims(
                scope: grant.scope,
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
