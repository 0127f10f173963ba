// AccountAccess
// Owns: no table. What ends a person's access: everywhere at once, on one device, for one relying party; one transaction each.
// Hands off: each statement to the room that owns the table; who is told of an ended session to LogoutNotices.
// Never: a session ended without its notices, a grant revoked without its record.

import Cryptography
import FoundationEssentials
import Postgres

/// Ends what an account has open. Called where the person, an operator or a change of the account asks for it: the profile centre,
/// recovery, a change of password, the command line.
struct AccountAccess: Sendable {
    let database: Database

    /// What was ended.
    struct Ended: Sendable, Equatable {
        var sessions = 0
        var grants = 0
    }

    /// Ends every session and every grant of an account, one session and its grants kept if it is named: by the time this returns,
    /// tokens of all kinds are dead at every process, and notices to relying parties are written.
    func endAll(of account: AccountID, keeping sid: String? = nil, trace: Trace) async throws -> Ended {
        try await database.transaction { transaction in
            try await Self.endAll(of: account, keeping: sid, in: transaction, trace: trace)
        }
    }

    /// The same within the transaction of a change that asks for it, such as a new password.
    ///
    /// The new epoch comes first and locks the account: a login or a grant that is under way belongs to the old one and is dead before
    /// it is answered, or waits and sees the new.
    static func endAll(of account: AccountID, keeping sid: String?, in transaction: Transaction, trace: Trace)
        async throws -> Ended
    {
        guard let row = try await transaction.row(Accounts.beginningEpoch(of: account)) else { return Ended() }
        let epoch = try row.get("session_epoch", as: Int.self)
        if let sid {
            try await transaction.execute(Sessions.keeping(sid, of: account, in: epoch))
            try await transaction.execute(Grants.keeping(sid, of: account, in: epoch))
        }
        let sessions = try await transaction.row(
            """
            WITH ended AS (
                \(sql: Sessions.ending("account_id = \(account.uuid) AND sid IS DISTINCT FROM \(sid)"))
            ), noticed AS (\(sql: LogoutNotices.insertion(from: "ended")))
            SELECT count(*) AS number FROM ended
            """
        )
        let grants = try await transaction.row(
            """
            WITH revoked AS (
                \(sql: Grants.revocation(where: "g.account_id = \(account.uuid) AND g.sid IS DISTINCT FROM \(sid)"))
            )
            SELECT count(*) AS number FROM revoked
            """
        )
        let ended = Ended(
            sessions: try sessions?.get("number") ?? 0,
            grants: try grants?.get("number") ?? 0
        )
        var record = AuditRecord(event: .accessEnded, account: account, object: sid)
        record.detail = [
            "sessions": .integer(Int64(ended.sessions)), "grants": .integer(Int64(ended.grants)),
            "kept": .bool(sid != nil),
        ]
        try await transaction.execute(record.insertion(trace))
        return ended
    }

    /// Throws one device out: its session, and what was granted in it for when the person is away. A plain logout leaves the latter
    /// alone (OpenID Connect Back-Channel Logout §2.7); who throws a device out may have lost it.
    /// - Returns: false when there is no such session any more.
    func endDevice(_ sid: String, of account: AccountID, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .sessionRevoked, account: account, object: sid)
        let rows = try await database.write(
            """
            WITH ended AS (\(sql: Sessions.ending("account_id = \(account.uuid) AND sid = \(sid)"))
            ), noticed AS (\(sql: LogoutNotices.insertion(from: "ended"))
            ), revoked AS (
                \(sql: Grants.revocation(where: "g.account_id = \(account.uuid) AND g.sid IN (SELECT sid FROM ended)"))
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "ended")))
            SELECT sid FROM ended
            """
        )
        return !rows.isEmpty
    }

    /// Takes back what was allowed to a relying party (journeys.md U8): the remembered consent goes, and with it every token.
    /// - Returns: false when there was nothing to take back.
    func withdraw(_ clientID: String, from account: AccountID, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .consentWithdrawn, account: account, client: clientID)
        let rows = try await database.write(
            """
            WITH forgotten AS (\(sql: Consents.forgetting(account, clientID: clientID))
            ), revoked AS (
                \(sql: Grants.revocation(where: "g.account_id = \(account.uuid) AND g.client_id = \(clientID)"))
            ), done AS (SELECT 1 FROM forgotten UNION SELECT 1 FROM revoked
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "done")))
            SELECT 1 AS one FROM done
            """
        )
        return !rows.isEmpty
    }

    /// Takes an account out of use, with all that it has open.
    /// - Returns: what was ended; nil when it was out of use before.
    func disable(_ account: AccountID, trace: Trace) async throws -> Ended? {
        try await database.transaction { transaction in
            guard try await transaction.row(Accounts.entering(.disabled, account)) != nil else { return nil }
            let record = AuditRecord(event: .accountDisabled, account: account)
            try await transaction.execute(record.insertion(trace))
            return try await Self.endAll(of: account, keeping: nil, in: transaction, trace: trace)
        }
    }

    /// Brings an account back into use. What was ended stays ended.
    /// - Returns: false when it was in use.
    func enable(_ account: AccountID, trace: Trace) async throws -> Bool {
        let record = AuditRecord(event: .accountEnabled, account: account)
        let rows = try await database.write(
            """
            WITH entered AS (\(sql: Accounts.entering(.active, account))
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "entered")))
            SELECT account_id FROM entered
            """
        )
        return !rows.isEmpty
    }
}
