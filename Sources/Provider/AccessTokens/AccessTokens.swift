// AccessTokens
// Owns: table `access_token`; what an access token is: a signed one or a handle, read, remembered and revoked.
// Hands off: what it says to OAuth.AccessTokenClaims, whether its authorization lives to Grants, its signature to Cryptography.
// Never: a token called living from memory. What was verified is remembered, that it was not revoked is asked each time.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// The access tokens of all clients, signed (RFC 9068) and opaque ones (T1 of the protocol surface).
struct AccessTokens: Sendable {
    static let tokenType = "access_token"

    let database: Database
    let clock: ServerClock
    let keyRing: KeyRing
    let grants: Grants
    let clients: ClientRegistry
    let oneTime: OneTime
    let issuer: Issuer
    /// Tokens found genuine before: a signature is not verified twice, an opaque token's claims are not read twice.
    let memory: TokenMemory<AccessTokenClaims>

    // MARK: Making

    /// A new token with these claims, in the form the client registered.
    func issue(_ claims: AccessTokenClaims, for client: Client) async throws -> String {
        switch client.accessTokenFormat {
        case .jwt:
            return try await keyRing.sign(
                type: AccessTokenClaims.type,
                payload: claims.payload(),
                by: client.accessTokenSignedResponseAlg
            )
        case .opaque:
            let token = DatedToken(expiry: claims.expiresAt)
            try await database.execute(
                """
                INSERT INTO access_token (day, hash, claims, expires_at)
                VALUES (\(token.day.number), \(token.hash(as: Self.tokenType)),
                    \(String(decoding: claims.payload(), as: UTF8.self)), \(claims.expiresAt))
                """
            )
            return token.value.reveal()
        }
    }

    // MARK: Reading

    /// The claims of a token that this server made and that has not expired.
    /// - Throws: `OAuthError` `invalid_token`. Not looked at: for whom it is, and whether it was revoked.
    func read(_ token: String) async throws -> AccessTokenClaims {
        let name = TokenMemory<AccessTokenClaims>.Name(of: token)
        let now = clock.now
        if let known = memory.find(name) {
            // A key that was taken away takes its tokens along.
            if known.keyID.map({ keyRing.verificationKey(kid: $0) != nil }) ?? true {
                try known.value.requireUnexpired(now: now)
                return known.value
            }
            memory.forget(name)
        }
        var keyID: String?
        let claims: AccessTokenClaims
        if let handle = DatedToken(presented: token) {
            claims = try await stored(handle)
        } else {
            claims = try AccessTokenClaims(verifying: token, issuer: issuer) { kid in
                keyID = kid
                return keyRing.verificationKey(kid: kid)
            }
        }
        try claims.requireUnexpired(now: now)
        memory.remember(name, TokenMemory.Entry(value: claims, keyID: keyID))
        return claims
    }

    private func stored(_ handle: DatedToken) async throws -> AccessTokenClaims {
        guard let row = try await database.row(Self.finding(handle)) else { throw Self.refused }
        return try AccessTokenClaims(stored: row.get("claims", as: String.self).utf8, issuer: issuer)
    }

    static func finding(_ handle: DatedToken) -> SQL {
        """
        SELECT claims FROM access_token
        WHERE day = \(handle.day.number) AND hash = \(handle.hash(as: tokenType)) AND expires_at > instant()
        """
    }

    static let refused = OAuthError(.invalidToken, "the access token is malformed, foreign or revoked")

    /// Whether nothing ended a token before its time: its grant, its account, its client, or its own revocation. The store
    /// is asked each time, so that what one process ends no other calls living (trust.md T24, T34).
    func isLiving(_ claims: AccessTokenClaims) async throws -> Bool {
        guard let client = try await clients.find(claims.clientID.value)?.client, client.isEnabled else { return false }
        if let text = claims.grantID {
            guard let id = GrantID(text: text) else { return false }
            return try await grants.isLiving(id)
        }
        return try await !oneTime.isClaimed(.revokedAccessToken, identifier: claims.id, until: claims.expiresAt)
    }

    // MARK: Revoking

    /// Ends a token of this client: with its whole grant, or, where it has none, by its `jti` (RFC 7009 §2.1).
    /// A text that is no living token of the client's is none of its business and ends nothing (§2.2).
    func revoke(_ token: String, client: Client, trace: Trace) async throws {
        let claims: AccessTokenClaims
        do {
            claims = try await read(token)
        } catch is OAuthError {
            return
        }
        guard claims.clientID == client.id else { return }
        if let text = claims.grantID {
            guard let id = GrantID(text: text) else { return }
            try await grants.revoke(id, client: client, trace: trace)
        } else {
            var record = AuditRecord(event: .tokenRevoked, client: client.id.value)
            record.object = claims.id
            try await oneTime.claim(
                .revokedAccessToken,
                identifier: claims.id,
                until: claims.expiresAt,
                record: record,
                trace: trace
            )
        }
    }
}
