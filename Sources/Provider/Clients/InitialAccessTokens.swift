import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// What lets a client register itself (RFC 7591 §3): made by an operator, good for a number of registrations, for a while.
struct InitialAccessTokens: Sendable {
    static let tokenType = "initial_access_token"
    /// The longest life of one, in seconds: 90 days, for which there are partitions.
    static let longestLifetime = 90 * 86_400
    /// The most registrations one is good for.
    static let mostUses = 1000
    /// Registrations that may fail before the token is dead: each can cost a fetch of an address that somebody else named.
    static let mostFailures = 100

    let database: Database
    let clock: ServerClock

    /// A token as an operator sees it in a list.
    struct Entry: Sendable {
        let id: String
        let note: String?
        let allowance: RegistrationAllowance
        let usesLeft: Int
        let expiresAt: Date
        let isLive: Bool
    }

    /// A living token that was presented.
    struct Presented: Sendable {
        let token: DatedToken
        let allowance: RegistrationAllowance
    }

    /// A new token.
    /// - Returns: the token, which exists in the clear only here, and what the list shows of it.
    func issue(_ allowance: RegistrationAllowance, uses: Int, lifetime: Int, note: String?, trace: Trace) async throws
        -> (token: Secret<String>, entry: Entry)
    {
        let expiry = clock.now.addingTimeInterval(Double(lifetime))
        let token = DatedToken(expiry: expiry)
        let id = Hexadecimal.encode(Random.bytes(8))
        let record = AuditRecord(event: .registrationTokenIssued, object: id, detail: allowance.json)
        _ = try await database.write(
            """
            WITH issued AS (
                INSERT INTO initial_access_token (day, hash, id, note, allowance, uses_left, created_at, expires_at)
                VALUES (\(token.day.number), \(token.hash(as: Self.tokenType)), \(id), \(note),
                    \(allowance.json.text)::jsonb, \(uses), instant(), \(expiry))
                RETURNING id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "issued")))
            SELECT id FROM issued
            """
        )
        let entry = Entry(id: id, note: note, allowance: allowance, usesLeft: uses, expiresAt: expiry, isLive: true)
        return (token.value, entry)
    }

    /// The living token of that text.
    func find(_ presented: String) async throws -> Presented? {
        guard let token = DatedToken(presented: presented) else { return nil }
        let row = try await database.row(
            "SELECT allowance FROM initial_access_token WHERE \(sql: Self.isLive(token))"
        )
        // A constraint of a later release that this one cannot read lets nobody in.
        return try row.flatMap { RegistrationAllowance(json: try $0.json("allowance")) }.map {
            Presented(token: token, allowance: $0)
        }
    }

    /// The conditional update that takes one use of a living token: the start of the statement that registers a client.
    static func spending(_ token: DatedToken) -> SQL {
        """
        UPDATE initial_access_token SET uses_left = uses_left - 1 WHERE \(sql: isLive(token)) RETURNING id
        """
    }

    /// Counts a registration that was refused.
    func countFailure(_ presented: Presented) async throws {
        try await database.execute(
            "UPDATE initial_access_token SET failures = failures + 1 WHERE \(sql: Self.isLive(presented.token))"
        )
    }

    /// The newest hundred tokens.
    func list() async throws -> [Entry] {
        try await database.rows(
            "SELECT \(sql: Self.columns) FROM initial_access_token ORDER BY created_at DESC LIMIT 100"
        ).map(Self.entry)
    }

    /// Ends a token before its time; clients that came by it stay.
    /// - Returns: false where there is none of that id.
    func revoke(_ id: String, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .registrationTokenRevoked, object: id)
        let rows = try await database.write(
            """
            WITH revoked AS (
                UPDATE initial_access_token SET revoked_at = coalesce(revoked_at, instant()) WHERE id = \(id) RETURNING id
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "revoked")))
            SELECT id FROM revoked
            """
        )
        return !rows.isEmpty
    }

    private static func isLive(_ token: DatedToken) -> SQL {
        """
        day = \(token.day.number) AND hash = \(token.hash(as: tokenType)) AND uses_left > 0
            AND failures < \(mostFailures) AND revoked_at IS NULL AND expires_at > instant()
        """
    }

    private static let columns: SQL = """
        id, note, allowance, uses_left, expires_at,
            uses_left > 0 AND failures < \(mostFailures) AND revoked_at IS NULL AND expires_at > instant() AS is_live
        """

    private static func entry(_ row: Row) throws -> Entry {
        Entry(
            id: try row.get("id"),
            note: try row.get("note"),
            allowance: RegistrationAllowance(json: try row.json("allowance")) ?? RegistrationAllowance(),
            usesLeft: try row.get("uses_left"),
            expiresAt: try row.get("expires_at"),
            isLive: try row.get("is_live")
        )
    }
}
