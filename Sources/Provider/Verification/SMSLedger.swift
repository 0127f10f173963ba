import Cryptography
import FoundationEssentials
import Postgres

/// Who was sent how much (journeys.md C3, trust.md T10): the limits of messages, exact across all processes.
///
/// The count and the attempt are one transaction under a lock of the number: a count beside the insertion, without the lock, lets every
/// one of many simultaneous requests through (trust.md 1.3). An attempt is counted before anything is sent, and stays counted whatever
/// the gateway does then.
struct SMSLedger: Sendable {
    struct Limits: Sendable {
        /// Messages to one number in a rolling hour, and in rolling 24 hours.
        var hour = 5
        var day = 10
        /// Seconds between two messages to one number.
        var gap = 60
        /// Messages in a rolling hour to all numbers together that one network, and one browser, may ask for.
        let network: Int
        let browser: Int
        /// Messages of all in an hour of the clock: what the operator is willing to pay for.
        let budget: Int
    }

    enum Reservation: Sendable {
        case reserved(id: String, day: Day)
        case tooSoon(until: Date)
        case hourLimit(until: Date)
        case dayLimit(until: Date)
        /// The network or the browser asks for too much.
        case tooMany(until: Date)
        /// The hour's budget is spent.
        case budgetSpent
    }

    /// What a message is asked for by.
    struct Asker: Sendable {
        let browser: [UInt8]
        let network: String
        /// Sandbox only: no limit of the number; none of network and browser.
        let exemptsNumber: Bool
        let exemptsNetwork: Bool
    }

    let database: Database
    let clock: ServerClock
    let limits: Limits

    /// Counts one attempt, or says when the next may be. `statements` run in the same transaction when it is counted.
    func reserve(
        _ phone: [UInt8],
        purpose: String,
        asker: Asker,
        _ statements: @Sendable (Transaction, _ day: Day) async throws -> Void
    ) async throws -> Reservation {
        let today = Day(of: clock.now)
        let id = Base64URL.encode(Random.bytes(12))
        return try await database.transaction { transaction in
            try await lock(phone, asker, transaction)
            if let refusal = try await refusal(phone, asker, today, transaction) { return refusal }
            guard try await spendBudget(transaction) else { return .budgetSpent }
            try await transaction.execute(
                """
                INSERT INTO sms_message (day, id, phone, browser, network, purpose, at)
                VALUES (\(today.number), \(id), \(phone), \(asker.browser), \(asker.network), \(purpose), instant())
                """
            )
            try await statements(transaction, today)
            return .reserved(id: id, day: today)
        }
    }

    /// One at a time for a number, a network, a browser. Always in this order, one of each: nobody waits in a circle.
    private func lock(_ phone: [UInt8], _ asker: Asker, _ transaction: Transaction) async throws {
        let keys = [phone, Array("network|\(asker.network)".utf8), asker.browser].map { key in
            Digest.sha256(Array("citygate.sms|".utf8) + key).prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        for key in keys { try await transaction.execute("SELECT pg_advisory_xact_lock(\(key))") }
    }

    private func refusal(
        _ phone: [UInt8],
        _ asker: Asker,
        _ today: Day,
        _ transaction: Transaction
    ) async throws -> Reservation? {
        // The moment from which the newest, the fifth-newest … message no longer stands in the way of another.
        func until(_ condition: SQL, place: Int, _ window: Double) -> SQL {
            """
            (SELECT at + make_interval(secs => \(window)) FROM sms_message
                WHERE \(sql: condition) AND day BETWEEN \(today.number - 2) AND \(today.number + 1)
                ORDER BY at DESC OFFSET \(place - 1) LIMIT 1)
            """
        }
        let row = try await transaction.row(
            """
            SELECT instant() AS now,
                \(sql: until("phone = \(phone)", place: 1, Double(limits.gap))) AS gap_ends,
                \(sql: until("phone = \(phone)", place: limits.hour, 3600)) AS hour_ends,
                \(sql: until("phone = \(phone)", place: limits.day, 86_400)) AS day_ends,
                \(sql: until("network = \(asker.network)", place: limits.network, 3600)) AS network_ends,
                \(sql: until("browser = \(asker.browser)", place: limits.browser, 3600)) AS browser_ends
            """
        )
        guard let row else { return nil }
        let now = try row.get("now", as: Date.self)
        func pending(_ column: String) throws -> Date? {
            try row.get(column, as: Date?.self).flatMap { $0 > now ? $0 : nil }
        }
        if !asker.exemptsNumber {
            if let end = try pending("day_ends") { return .dayLimit(until: end) }
            if let end = try pending("hour_ends") { return .hourLimit(until: end) }
            if let end = try pending("gap_ends") { return .tooSoon(until: end) }
        }
        if !asker.exemptsNetwork {
            if let end = try pending("network_ends") ?? pending("browser_ends") { return .tooMany(until: end) }
        }
        return nil
    }

    /// One message of the hour's budget; false when it is spent.
    private func spendBudget(_ transaction: Transaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO sms_budget AS b (day, hour, sent)
            SELECT floor(seconds / 86400)::integer, (floor(seconds / 3600)::bigint % 24)::integer, 1
            FROM (SELECT extract(epoch FROM instant()) AS seconds) AS moment
            ON CONFLICT (day, hour) DO UPDATE SET sent = b.sent + 1 WHERE b.sent < \(limits.budget)
            """
        ) == 1
    }

    /// What the gateway did with a counted attempt.
    func record(_ outcome: SMSOutcome, of id: String, day: Day) async throws {
        let vendorID: String? = if case .sent(let id) = outcome, !id.isEmpty { id } else { nil }
        try await database.execute(
            """
            UPDATE sms_message SET outcome = \(outcome.name), vendor_id = \(vendorID)
            WHERE day = \(day.number) AND id = \(id)
            """
        )
    }

    /// Seconds until another message may go to a number; 0 when it may go now.
    func wait(_ phone: [UInt8]) async throws -> Int {
        let today = Day(of: clock.now)
        let row = try await database.row(
            """
            SELECT ceil(extract(epoch FROM max(at) - instant()) + \(Double(limits.gap)))::integer AS wait FROM sms_message
            WHERE phone = \(phone) AND day BETWEEN \(today.number - 1) AND \(today.number + 1)
                AND at > instant() - make_interval(secs => \(Double(limits.gap)))
            """
        )
        return max(0, try row?.get("wait", as: Int?.self) ?? 0)
    }

    enum ReportOutcome: Sendable { case taken, unknown }

    /// A delivery report (domain.md 5.2). The first one of a message counts; it changes that record and nothing else.
    func report(vendorID: String, phone: [UInt8], status: String) async throws -> ReportOutcome {
        let today = Day(of: clock.now)
        let place: SQL = """
            vendor_id = \(vendorID) AND phone = \(phone) AND day BETWEEN \(today.number - 3) AND \(today.number + 1)
            """
        let changed = try await database.execute(
            """
            UPDATE sms_message SET report = \(status), reported_at = instant()
            WHERE \(sql: place) AND reported_at IS NULL
            """
        )
        if changed > 0 { return .taken }
        return try await database.row("SELECT 1 AS is_there FROM sms_message WHERE \(sql: place)") == nil
            ? .unknown : .taken
    }
}
