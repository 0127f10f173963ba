import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// The row every token of one authorization hangs on: where it is revoked, they all are.
struct AuthorizationGrant: Sendable {
    let id: GrantID
    let account: AccountID
    let subject: String
    let sid: String
    let scope: Scope
    /// The `claims` parameter of the request (OIDC Core §5.5).
    let claims: ClaimsRequest
    let resources: [String]
    let nonce: String?
    let authentication: AuthenticationContext

    static let columns: SQL = """
        g.day, g.id, g.account_id, g.subject AS grant_subject, g.sid, g.scope, g.claims, g.resource, g.nonce, g.acr, g.amr, g.auth_time
        """

    /// A row of ``columns``.
    init(row: Row) throws {
        try self.init(row: row, id: GrantID(day: Day(number: try row.get("day")), uuid: try row.get("id")))
    }

    /// A row that names the grant's subject `grant_subject`, as a join with the account must.
    init(row: Row, id: GrantID) throws {
        self.id = id
        account = AccountID(try row.get("account_id", as: UUID.self))
        subject = try row.get("grant_subject")
        sid = try row.get("sid")
        scope = try Scope(parsing: row.get("scope"))
        claims = try row.get("claims", as: String?.self).map { try ClaimsRequest(parsing: $0) } ?? ClaimsRequest()
        resources = try row.get("resource")
        nonce = try row.get("nonce")
        authentication = AuthenticationContext(
            time: try row.get("auth_time"),
            level: AssuranceLevel(acr: try row.get("acr")) ?? .l1,
            methods: try row.get("amr", as: [String].self).compactMap(AuthenticationMethod.init(rawValue:))
        )
    }
}

/// The key of a grant, as a token carries it: the day of its partition and a random UUID.
struct GrantID: Sendable, Hashable {
    let dayNumber: Int
    let uuid: UUID

    init(day: Day, uuid: UUID) {
        dayNumber = day.number
        self.uuid = uuid
    }

    /// 18 bytes as base64url.
    var text: String {
        let number = UInt16(clamping: dayNumber)
        return Base64URL.encode(
            [UInt8(number >> 8), UInt8(number & 0xFF)] + withUnsafeBytes(of: uuid.uuid) { Array($0) }
        )
    }

    /// A key as a token of ours carried it.
    init?(text: String) {
        guard text.utf8.count == 24, let bytes = Base64URL.decode(text), bytes.count == 18 else { return nil }
        dayNumber = Int(bytes[0]) << 8 | Int(bytes[1])
        uuid = bytes[2...].withUnsafeBytes { raw in UUID(uuid: raw.loadUnaligned(as: uuid_t.self)) }
    }
}

/// Authorization codes: issued and redeemed by one statement each (RFC 6749 §4.1.2; T4 of the protocol surface).
struct AuthorizationCodes: Sendable {
    let database: Database
    let clock: ServerClock
    /// Life of a code in seconds.
    let lifetime: Int
    /// The longest life of what hangs on a grant, in seconds: the grant is forgotten after it.
    let grantLifetime: Int

    /// A request that needs nothing more.
    struct Decision: Sendable {
        let request: AuthorizationRequest
        /// The `claims` parameter as it came.
        let claimsText: String?
        let session: Session
        /// What the tokens will state.
        let authentication: AuthenticationContext
        /// The person answered 同意 to this very request: the answer is remembered with the code.
        let consentIsNew: Bool
    }

    /// Issues a code for a decided request: the end of the stored request, the grant, the code, the remembered consent and
    /// the audit row, or nothing.
    /// - Returns: nil when the stored request was answered already or the account may not be used any more.
    func issue(_ decision: Decision, closing pending: PendingAuthorization?, trace: Trace) async throws
        -> Secret<String>?
    {
        let request = decision.request
        let session = decision.session
        let clientID = request.client.id.value
        let grant = GrantID(day: Day(of: clock.now.addingTimeInterval(Double(grantLifetime))), uuid: UUID())
        let code = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        let issued = AuditRecord(event: .codeIssued, account: session.account, client: clientID, object: grant.text)
        let closed: SQL = pending.flatMap(PendingAuthorizations.closing) ?? "SELECT 1"
        let authentication = decision.authentication
        let rows = try await database.write(
            """
            WITH closed AS (\(sql: closed)), granted AS (
                INSERT INTO authorization_grant (day, id, client_id, account_id, session_epoch, sid, subject, scope,
                    claims, resource, nonce, acr, amr, auth_time, created_at)
                SELECT \(grant.dayNumber), \(grant.uuid), \(clientID), a.id, a.session_epoch, \(session.sid), a.subject,
                    \(request.scope.description), \(decision.claimsText)::jsonb, \(request.resources)::text[],
                    \(request.nonce), \(authentication.level.acr), \(authentication.methods.map(\.rawValue))::text[],
                    \(authentication.time)::timestamptz, instant()
                FROM account a, closed
                WHERE a.id = \(session.account.uuid) AND a.state = 'active'
                    AND a.session_epoch = \(session.sessionEpoch)
                RETURNING id
            ), coded AS (
                \(sql: OneTime.insertion(of: code, .authorizationCode, lifetime: lifetime, binding: nil,
                    payload: payload(request, grant), ifAnyIn: "granted"))
            ), remembered AS (\(sql: remembering(decision)))
            , audited AS (\(sql: issued.insertion(trace, ifAnyIn: "granted")))
            SELECT id FROM granted
            """
        )
        return rows.isEmpty ? nil : code.value
    }

    /// What a code is bound to (T4): who may bring it, from where, and with which verifier.
    private func payload(_ request: AuthorizationRequest, _ grant: GrantID) -> JSON {
        [
            "grant_day": .integer(Int64(grant.dayNumber)),
            "grant_id": .string(grant.uuid.uuidString),
            "client_id": .string(request.client.id.value),
            "redirect_uri": .string(request.target.redirectURI.value),
            "code_challenge": request.codeChallenge.map { .string($0.value) } ?? .null,
        ]
    }

    private func remembering(_ decision: Decision) -> SQL {
        guard decision.consentIsNew else { return "SELECT 1" }
        return Consents.remembering(
            decision.session.account,
            clientID: decision.request.client.id.value,
            scope: decision.request.scope,
            claims: decision.request.claims.names,
            ifAnyIn: "granted"
        )
    }

    /// Redeems a code: the one conditional update of RFC 6749 §4.1.3. All that must agree stands in the condition, and the
    /// grant is opened in the same statement: a racing second try waits for it and then finds the code spent.
    /// - Returns: the grant; nil where the client hears `invalid_grant`. A code that was spent before and is proved again by
    ///   client, redirect URI and verifier ends everything that was made from it (RFC 6749 §4.1.2).
    func redeem(_ request: TokenRequest.AuthorizationCode, client: Client, trace: Trace) async throws
        -> AuthorizationGrant?
    {
        guard let code = DatedToken(presented: request.code) else { return nil }
        let presented = Presented(code, request, client)
        let record = AuditRecord(event: .codeRedeemed, client: client.id.value)
        let rows = try await database.write(
            """
            WITH spent AS (
                UPDATE one_time SET spent_at = instant()
                WHERE \(sql: presented.matches) AND spent_at IS NULL AND expires_at > instant()
                RETURNING (payload->>'grant_day')::integer AS day, (payload->>'grant_id')::uuid AS id
            ), opened AS (
                UPDATE authorization_grant g SET redeemed_at = instant() FROM spent s, account a
                WHERE g.day = s.day AND g.id = s.id AND g.revoked_at IS NULL AND a.id = g.account_id
                    AND a.state = 'active' AND a.session_epoch = g.session_epoch
                RETURNING \(sql: AuthorizationGrant.columns)
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "opened")))
            SELECT * FROM opened
            """
        )
        if let row = rows.first { return try AuthorizationGrant(row: row) }
        try await revokeIfReplayed(presented, client: client, trace: trace)
        return nil
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
            ), revoked AS (
                UPDATE authorization_grant g SET revoked_at = instant() FROM returned r
                WHERE g.day = r.day AND g.id = r.id AND g.revoked_at IS NULL
                RETURNING g.id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "revoked")))
            SELECT id FROM revoked
            """
        )
    }

    /// A code with all that its holder must know beside it (RFC 6749 §4.1.3, RFC 7636 §4.6).
    private struct Presented {
        let matches: SQL

        init(_ code: DatedToken, _ request: TokenRequest.AuthorizationCode, _ client: Client) {
            let kind = OneTime.Kind.authorizationCode
            matches = """
                day = \(code.day.number) AND kind = \(kind.rawValue) AND hash = \(code.hash(as: kind.type))
                AND payload->>'client_id' = \(client.id.value)
                AND payload->>'redirect_uri' IS NOT DISTINCT FROM \(request.redirectURI)
                AND payload->>'code_challenge' IS NOT DISTINCT FROM \(request.verifier?.challenge.value)
                """
        }
    }
}
