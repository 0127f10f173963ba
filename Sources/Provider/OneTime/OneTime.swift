// OneTime
// Owns: table `one_time`: everything that may be used once (captcha, authorization code, pushed request, `jti` of assertions and proofs).
// Hands off: what a thing means to the room that asked for it; the payload is that room's.
// Never: a read followed by a mark. Spending is one conditional statement, judged by the database's clock.

import Cryptography
import FoundationEssentials
import Postgres

/// The store of things that are used once, across all server processes (trust.md 1.3, T24).
struct OneTime: Sendable {
    /// The namespaces: a token of one kind can never be spent as another (the class of CVE-2026-4282).
    enum Kind: Int16, Sendable {
        case captcha = 1
        case authorizationCode = 2
        case clientAssertion = 3
        case revokedAccessToken = 10
        case pushedAuthorizationRequest = 20
        case dpopProof = 21
        case webTicket = 70

        var type: String {
            switch self {
            case .captcha: "captcha"
            case .authorizationCode: "authorization_code"
            case .clientAssertion: "client_assertion"
            case .pushedAuthorizationRequest: "pushed_authorization_request"
            case .dpopProof: "dpop_proof"
            case .webTicket: "web_ticket"
            case .revokedAccessToken: "revoked_access_token"
            }
        }
    }

    let database: Database
    let clock: ServerClock

    /// Issues a new one-time token that lives `lifetime` seconds.
    ///
    /// `binding` must be presented beside it (for example the hash of a browser's cookie). When the commit is in doubt, the
    /// token is lost and nobody holds it.
    func issue(_ kind: Kind, lifetime: Int, binding: [UInt8]? = nil, payload: JSON = [:]) async throws
        -> DatedToken
    {
        let token = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        try await database.execute(
            Self.insertion(
                of: token,
                kind,
                lifetime: lifetime,
                binding: binding,
                payload: payload,
                ifAnyIn: "(SELECT 1) AS always"
            )
        )
        return token
    }

    /// The statement that stores a token, for rooms that issue it together with something else: `source` is a CTE of the same
    /// statement that has a row when the token is to exist.
    static func insertion(
        of token: DatedToken,
        _ kind: Kind,
        lifetime: Int,
        binding: [UInt8]?,
        payload: JSON,
        ifAnyIn source: String
    ) -> SQL {
        """
        INSERT INTO one_time (day, kind, hash, binding, payload, issued_at, expires_at)
        SELECT \(token.day.number)::integer, \(kind.rawValue)::smallint, \(token.hash(as: kind.type))::bytea,
            \(binding)::bytea, \(payload.text)::jsonb, instant(),
            instant() + make_interval(secs => \(Double(lifetime)))
        FROM \(raw: source)
        """
    }

    /// The conditional update that spends what `condition` names, if it is live: the start of a statement that acts on it.
    static func spending(where condition: SQL) -> SQL {
        """
        UPDATE one_time SET spent_at = instant()
        WHERE \(sql: condition) AND spent_at IS NULL AND expires_at > instant()
        """
    }

    /// Spends a token if it is live, unspent and bound to `binding`, and gives its payload.
    func spend(_ kind: Kind, _ presented: String, binding: [UInt8]?) async throws -> JSON? {
        guard let token = DatedToken(presented: presented) else { return nil }
        let rows = try await database.write(
            """
            UPDATE one_time SET spent_at = instant()
            WHERE day = \(token.day.number) AND kind = \(kind.rawValue) AND hash = \(token.hash(as: kind.type))
                AND binding IS NOT DISTINCT FROM \(binding) AND spent_at IS NULL AND expires_at > instant()
            RETURNING payload
            """
        )
        return try rows.first.map { try $0.json("payload") }
    }

    /// A look at a live, unspent token's payload without spending it (the picture of a captcha).
    func peek(_ kind: Kind, _ presented: String) async throws -> JSON? {
        guard let token = DatedToken(presented: presented) else { return nil }
        let row = try await database.row(
            """
            SELECT payload FROM one_time
            WHERE day = \(token.day.number) AND kind = \(kind.rawValue) AND hash = \(token.hash(as: kind.type))
                AND spent_at IS NULL AND expires_at > instant()
            """
        )
        return try row.map { try $0.json("payload") }
    }

    /// Marks an outside identifier (a `jti`) as used until it expires.
    /// - Returns: false when it had been used before, on whichever process.
    func claim(_ kind: Kind, identifier: String, until expiry: Date) async throws -> Bool {
        try await database.execute(Self.claiming(kind, identifier, until: expiry)) == 1
    }

    /// The same, with an audit row if it was not used before.
    func claim(
        _ kind: Kind,
        identifier: String,
        until expiry: Date,
        record: AuditRecord,
        trace: Trace
    ) async throws {
        _ = try await database.write(
            """
            WITH claimed AS (\(sql: Self.claiming(kind, identifier, until: expiry)) RETURNING kind
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "claimed")))
            SELECT kind FROM claimed
            """
        )
    }

    /// Whether an outside identifier is marked as used.
    func isClaimed(_ kind: Kind, identifier: String, until expiry: Date) async throws -> Bool {
        try await database.row(Self.claimCheck(kind, identifier, until: expiry)) != nil
    }

    static func claimCheck(_ kind: Kind, _ identifier: String, until expiry: Date) -> SQL {
        """
        SELECT 1 AS is_there FROM one_time
        WHERE day = \(Day(of: expiry).number) AND kind = \(kind.rawValue)
            AND hash = \(OpaqueToken.hash(identifier, type: kind.type))
        """
    }

    private static func claiming(_ kind: Kind, _ identifier: String, until expiry: Date) -> SQL {
        """
        INSERT INTO one_time (day, kind, hash, issued_at, expires_at, spent_at)
        VALUES (\(Day(of: expiry).number), \(kind.rawValue), \(OpaqueToken.hash(identifier, type: kind.type)),
            instant(), \(expiry), instant())
        ON CONFLICT DO NOTHING
        """
    }
}

extension Row {
    /// A `jsonb` column as a value.
    func json(_ column: String) throws -> JSON {
        try JSON(parsing: Array(get(column, as: String.self).utf8))
    }
}

extension JSON {
    /// The compact text, as a `jsonb` parameter wants it.
    var text: String { serialized }
}
