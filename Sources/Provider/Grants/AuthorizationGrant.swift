// Grants
// Owns: tables `authorization_grant`, `refresh_token`, `consent`: what a client was allowed, by whom, and whether it still is.
// Hands off: when one begins to Authorization, access tokens to AccessTokens, what an ID token may say to OAuth.
// Never: a token judged without its grant. Where a grant is revoked, everything made from it is dead.

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
        g.day, g.id, g.account_id, g.subject AS grant_subject, g.sid, g.scope, g.claims, g.resource, g.nonce, g.acr, g.amr,
            g.auth_time, g.created_at
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
        claims = try row.get("claims", as: String?.self).map { try ClaimsRequest(stored: $0) } ?? ClaimsRequest()
        resources = try row.get("resource")
        nonce = try row.get("nonce")
        authentication = AuthenticationContext(
            time: try row.get("auth_time"),
            level: AssuranceLevel(acr: try row.get("acr")) ?? .l1,
            methods: try row.get("amr", as: [String].self).compactMap(AuthenticationMethod.init(rawValue:))
        )
    }

    /// The part that a token request asks for: never more scope than was granted, and a choice among its resources
    /// (RFC 6749 §6, RFC 8707 §2.2).
    /// - Throws: `invalid_scope`, `invalid_target`.
    func access(scope: Scope?, resources: [String]) throws(OAuthError) -> GrantedAccess {
        try GrantedAccess(scope: self.scope, resources: self.resources).narrowed(scope: scope, resources: resources)
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
