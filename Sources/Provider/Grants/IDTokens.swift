import Cryptography
import FoundationEssentials
import OAuth

/// Makes and signs ID tokens (OIDC Core §2): one look of them, whichever endpoint gives them.
struct IDTokens: Sendable {
    let issuer: Issuer
    let keyRing: KeyRing
    let accounts: Accounts
    let clock: ServerClock
    /// Seconds an ID token lives unless its client has a setting of its own.
    let lifetime: Int

    /// What leaves together with an ID token.
    enum Companion: Sendable {
        /// At the token endpoint.
        case accessToken(String)
        /// At the authorization endpoint, `code id_token`.
        case code(Secret<String>)
        /// At the authorization endpoint, `id_token` alone.
        case nothing
    }

    /// An ID token of a grant; the algorithm is the one the client registered (T2).
    ///
    /// `scope` is what was granted, or the part of it that is asked for; `nonce` is that of the authorization request which this
    /// answers, and nil for a later one.
    func token(
        of grant: AuthorizationGrant,
        _ scope: Scope,
        nonce: String?,
        for client: Client,
        with companion: Companion
    ) async throws -> String {
        let algorithm = client.idTokenSignedResponseAlg
        let now = clock.now
        var token = IDToken(
            issuer: issuer,
            subject: Subject(grant.subject),
            audience: client.id,
            issuedAt: now,
            expiresAt: now.addingTimeInterval(Double(client.idTokenLifetime ?? lifetime)),
            authentication: grant.authentication
        )
        token.nonce = nonce
        token.sessionID = SessionID(grant.sid)
        switch companion {
        case .accessToken(let accessToken):
            token.accessToken = accessToken
            token.claims = try await claims(of: grant, scope, .code, client)
        case .code(let code):
            // §3.3.3.6: what is said of the person comes by the back channel, where no history and no log of a browser keeps it.
            token.code = code.reveal()
        case .nothing:
            token.claims = try await claims(of: grant, scope, .idToken, client)
        }
        return try await keyRing.sign(type: nil, payload: token.payload(for: algorithm), by: algorithm)
    }

    /// §5.4 and §5.5.
    private func claims(of grant: AuthorizationGrant, _ scope: Scope, _ type: ResponseType, _ client: Client)
        async throws -> JSONObject
    {
        guard type == .idToken || !grant.claims.idToken.isEmpty, let account = try await accounts.find(grant.account)
        else { return JSONObject() }
        return UserInfo.idTokenClaims(
            scope: scope,
            responseType: type,
            claims: grant.claims,
            client: client,
            known: CitizenClaims(account).all
        )
    }
}
