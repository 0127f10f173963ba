import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// Authorization codes: issued and redeemed by one statement each (RFC 6749 §4.1.2; T4 of the protocol surface).
struct AuthorizationCodes: Sendable {
    let database: Database
    let clock: ServerClock
    /// Life of a code in seconds.
    let lifetime: Int
    /// Longest life of a browser's session in seconds.
    let sessionLifetime: Int
    let refreshTokens: RefreshTokens

    /// A request that needs nothing more.
    struct Decision: Sendable {
        let request: AuthorizationRequest
        /// The `claims` parameter as it came.
        let claimsText: String?
        let session: Session
        /// The person, as the client knows them (OIDC Core §8).
        let subject: Subject
        /// What the tokens will state.
        let authentication: AuthenticationContext
        /// The person answered 同意 to this very request: the answer is remembered with the code.
        let consentIsNew: Bool
    }

    /// What a decided request gives.
    struct Issued: Sendable {
        let grant: AuthorizationGrant
        /// Where the response type gives one.
        let code: Secret<String>?
    }

    /// Answers a decided request: the end of the stored request, the grant, the code where the response type gives one, the
    /// remembered consent and the audit row, or nothing.
    /// - Returns: nil when the stored request was answered already or the account may not be used any more.
    func issue(_ decision: Decision, closing pending: PendingAuthorization?, trace: Trace) async throws -> Issued? {
        let request = decision.request
        let session = decision.session
        let clientID = request.client.id.value
        let end = clock.now.addingTimeInterval(Double(grantLifetime(of: request)))
        let grant = GrantID(day: Day(of: end), uuid: UUID())
        let code = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        let givesCode = request.responseType.givesCode
        let event = givesCode ? AuditEvent.codeIssued : .idTokenIssued
        let issued = AuditRecord(event: event, account: session.account, client: clientID, object: grant.text)
        let coded = OneTime.insertion(
            of: code,
            .authorizationCode,
            lifetime: lifetime,
            binding: nil,
            payload: payload(request, grant),
            ifAnyIn: "granted"
        )
        let closed: SQL = pending.flatMap { PendingAuthorizations.closing($0) } ?? "SELECT 1"
        let new = Grants.New(
            id: grant,
            clientID: request.client.id,
            access: GrantedAccess(scope: request.scope, resources: request.resources),
            nonce: request.nonce,
            claimsText: decision.claimsText,
            session: session,
            subject: decision.subject,
            authentication: decision.authentication
        )
        let rows = try await database.write(
            """
            WITH closed AS (\(sql: closed)), granted AS (
                \(sql: Grants.insertion(new, ifAnyIn: "closed"))
            ), coded AS (\(sql: givesCode ? coded : "SELECT 1")
            ), remembered AS (\(sql: remembering(decision)))
            , audited AS (\(sql: issued.insertion(trace, ifAnyIn: "granted")))
            SELECT * FROM granted
            """
        )
        return try rows.first.map { Issued(grant: try AuthorizationGrant(row: $0), code: givesCode ? code.value : nil) }
    }

    /// The longest life of what can hang on the grant, in seconds: the grant is forgotten after it. While the session lives, the grant says
    /// which relying parties to tell of its end.
    private func grantLifetime(of request: AuthorizationRequest) -> Int {
        let family = request.wantsRefreshToken ? refreshTokens.lifetime(of: request.client) : 0
        return lifetime + max(family, sessionLifetime) + ClientRegistrationPolicy.longestAccessTokenLifetime
    }

    /// What a code is bound to (T4): who may bring it, from where, and with which verifier.
    private func payload(_ request: AuthorizationRequest, _ grant: GrantID) -> JSON {
        [
            "grant_day": .integer(Int64(grant.dayNumber)),
            "grant_id": .string(grant.uuid.uuidString),
            "client_id": .string(request.client.id.value),
            "redirect_uri": .string(request.target.redirectURI.value),
            "dpop_jkt": request.keyThumbprint.map { .string($0) } ?? .null,
            "code_challenge": request.codeChallenge.map { .string($0.value) } ?? .null,
        ]
    }

    private func remembering(_ decision: Decision) -> SQL {
        guard decision.consentIsNew else { return "SELECT 1" }
        let agreed = GrantedConsent(agreeingTo: decision.request)
        return Consents.remembering(
            decision.session.account,
            clientID: decision.request.client.id.value,
            scope: agreed.scopes,
            claims: agreed.claims.sorted(),
            ifAnyIn: "granted"
        )
    }

    /// Redeems a code: the one conditional update of RFC 6749 §4.1.3. All that must agree stands in the condition, and the
    /// grant is opened in the same statement: a racing second try waits for it and then finds the code spent.
    ///
    /// `key` is the one that the client proved to hold: the code may be bound to it (RFC 9449 §10), and the refresh tokens of a
    /// public client, which proves itself in no other way, are (§5).
    /// - Returns: the grant, and its first refresh token where offline access was granted; nil where the client hears
    ///   `invalid_grant`. A code that was spent before and is proved again by client, redirect URI and verifier ends
    ///   everything that was made from it (RFC 6749 §4.1.2).
    func redeem(_ request: TokenRequest.AuthorizationCode, client: Client, key: String?, trace: Trace) async throws
        -> (grant: AuthorizationGrant, refreshToken: Secret<String>?)?
    {
        guard let code = DatedToken(presented: request.code) else { return nil }
        let presented = Presented(code, request, client, key)
        let refresh = client.grantTypes.contains(.refreshToken) ? refreshTokens.first(for: client) : nil
        let rows = try await database.write(redemption(of: presented, client: client, first: refresh, trace: trace))
        if let row = rows.first {
            return (try AuthorizationGrant(row: row), try row.get("is_offline") ? refresh?.value : nil)
        }
        try await revokeIfReplayed(presented, client: client, trace: trace)
        return nil
    }

    /// The statement of a redemption, and of the first refresh token where there is to be one.
    func redemption(of presented: Presented, client: Client, first refresh: DatedToken?, trace: Trace) -> SQL {
        let record = AuditRecord(event: .codeRedeemed, client: client.id.value)
        let begun = refresh.map { refreshTokens.beginning($0, of: client, from: "opened") } ?? "SELECT NULL AS grant_id"
        return """
            WITH spent AS (
                \(sql: OneTime.spending(where: presented.matches))
                RETURNING (payload->>'grant_day')::integer AS day, (payload->>'grant_id')::uuid AS id
            ), opened AS (\(sql: Grants.opening(from: "spent", boundTo: client.isPublic ? presented.key : nil))
            ), begun AS (\(sql: begun)), audited AS (\(sql: record.insertion(trace, fromGrants: "opened")))
            SELECT *, EXISTS (SELECT FROM begun WHERE grant_id IS NOT NULL) AS is_offline FROM opened
            """
    }

    /// Ends what a code gave when the code comes back after it was spent. A stranger who only guesses at a code, or
    /// holds it without the verifier, ends nothing.
    private func revokeIfReplayed(_ presented: Presented, client: Client, trace: Trace) async throws {
        let record = AuditRecord(event: .codeReplayed, client: client.id.value, outcome: "revoked")
        _ = try await database.write(
            """
            WITH returned AS (
                SELECT (payload->>'grant_day')::integer AS day, (payload->>'grant_id')::uuid AS id FROM one_time
                WHERE \(sql: presented.matches) AND spent_at IS NOT NULL
            ), revoked AS (\(sql: Grants.revocation(from: "returned"))
            ), audited AS (\(sql: record.insertion(trace, fromGrants: "revoked")))
            SELECT id FROM revoked
            """
        )
    }

    /// A code with all that its holder must know or hold beside it (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10).
    struct Presented {
        let matches: SQL
        let key: String?

        init(_ code: DatedToken, _ request: TokenRequest.AuthorizationCode, _ client: Client, _ key: String? = nil) {
            self.key = key
            let kind = OneTime.Kind.authorizationCode
            matches = """
                day = \(code.day.number) AND kind = \(kind.rawValue) AND hash = \(code.hash(as: kind.type))
                AND payload->>'client_id' = \(client.id.value)
                AND payload->>'redirect_uri' IS NOT DISTINCT FROM \(request.redirectURI)
                AND (payload->>'dpop_jkt' IS NULL OR payload->>'dpop_jkt' = \(key))
                AND payload->>'code_challenge' IS NOT DISTINCT FROM \(request.verifier?.challenge.value)
                """
        }
    }
}
