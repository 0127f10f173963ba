import Cryptography
import FoundationEssentials
import Postgres

/// Counts password attempts so that guessing ends, without letting a stranger lock a person out (journeys.md L8).
///
/// The counter belongs to (account as typed, network), so that failing on purpose locks the failer's network only, and
/// it counts unknown accounts the same way. An attempt is counted *before* the password is checked, in one statement:
/// a hundred tries at once are still counted one by one. Only wrong passwords start a pause; whoever comes while as many
/// tries as the limit are being looked at waits for what becomes of them, so that right passwords at once are no guessing.
struct SignInThrottle: Sendable {
    let database: Database
    let vault: FieldVault
    /// Wrong passwords allowed in a window, and after which the pause starts.
    let limit: Int
    /// Length of the pause and of the counting window, in seconds.
    let pause: Int

    /// A limit that nobody reaches.
    static let unlimited = 1_000_000_000

    /// What the counter says to one attempt.
    enum Verdict: Sendable, Equatable {
        /// Go on; should it fail, that many attempts remain.
        case allowed(remaining: Int)
        case paused(until: Date)
        /// As many tries as the limit are being looked at, and stayed so for ``patience``.
        case busy
    }

    /// How long an attempt waits for others under way; password hashing itself gives up sooner.
    static let patience = Duration.seconds(3)

    /// The counter's key: nothing in it tells which account or network it is.
    func key(account: String, network: String) -> [UInt8] {
        vault.index("throttle|\(account)|\(network)", .username)
    }

    /// Counts one attempt, or refuses it.
    func reserve(_ key: [UInt8], limit: Int) async throws -> Verdict {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let remaining = try await count(key, limit: limit) { return .allowed(remaining: remaining) }
            let row = try await database.row(
                """
                SELECT max(locked_until) AS locked_until FROM sign_in_throttle
                WHERE \(sql: mine(key)) AND locked_until > instant()
                """
            )
            if let until = try row?.get("locked_until", as: Date?.self) { return .paused(until: until) }
            guard ContinuousClock.now < deadline else { return .busy }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    /// Counts one attempt in one statement.
    /// - Returns: how many remain after it; nil in a pause, or when as many as the limit are under way.
    private func count(_ key: [UInt8], limit: Int) async throws -> Int? {
        let counted = try await database.write(
            """
            INSERT INTO sign_in_throttle AS t (day, key, attempts, failed, window_ends_at, locked_until)
            SELECT \(sql: Self.today), \(key)::bytea, coalesce(w.attempts, 0) + 1, coalesce(w.failed, 0),
                coalesce(w.window_ends_at, \(sql: pauseEnd)), NULL
            FROM (SELECT) AS always LEFT JOIN (\(sql: yesterday(key))) AS w ON w.window_ends_at > instant()
            WHERE coalesce(w.attempts, 0) < \(limit)
                AND NOT EXISTS (\(sql: yesterday(key)) AND locked_until > instant())
            ON CONFLICT (day, key) DO UPDATE SET
                attempts = CASE WHEN t.window_ends_at <= instant() THEN 1 ELSE t.attempts + 1 END,
                failed = CASE WHEN t.window_ends_at <= instant() THEN 0 ELSE t.failed END,
                window_ends_at = CASE WHEN t.window_ends_at <= instant() THEN \(sql: pauseEnd) ELSE t.window_ends_at END,
                locked_until = NULL
            WHERE (t.locked_until IS NULL OR t.locked_until <= instant())
                AND (t.window_ends_at <= instant() OR t.attempts < \(limit))
            RETURNING attempts
            """
        )
        return try counted.first.map { max(0, limit - (try $0.get("attempts", as: Int.self))) }
    }

    /// The statement that notes a counted attempt as a wrong password; the one that uses up the limit starts the pause.
    func failure(_ key: [UInt8], limit: Int) -> SQL {
        """
        INSERT INTO sign_in_throttle AS t (day, key, attempts, failed, window_ends_at, locked_until)
        SELECT \(sql: Self.today), \(key)::bytea, coalesce(w.attempts, 1), coalesce(w.failed, 0) + 1,
            coalesce(w.window_ends_at, \(sql: pauseEnd)),
            CASE WHEN coalesce(w.failed, 0) + 1 >= \(limit) THEN \(sql: pauseEnd) END
        FROM (SELECT) AS always LEFT JOIN (\(sql: yesterday(key))) AS w ON w.window_ends_at > instant()
        ON CONFLICT (day, key) DO UPDATE SET failed = t.failed + 1,
            locked_until = CASE WHEN t.failed + 1 >= \(limit) THEN \(sql: pauseEnd) ELSE t.locked_until END
        """
    }

    /// A right password ends the count.
    func clear(_ key: [UInt8]) async throws {
        try await database.execute(
            """
            UPDATE sign_in_throttle SET attempts = 0, failed = 0, window_ends_at = instant(), locked_until = NULL
            WHERE \(sql: mine(key))
            """
        )
    }

    /// Gives one counted attempt back.
    func release(_ key: [UInt8]) async throws {
        try await database.execute(
            "UPDATE sign_in_throttle SET attempts = attempts - 1 WHERE \(sql: mine(key)) AND attempts > 0"
        )
    }

    // MARK: Days

    /// The day a counter is written on: the database's, the same for all processes.
    private static let today: SQL = "floor(extract(epoch FROM instant()) / 86400)::integer"

    private var pauseEnd: SQL { "instant() + make_interval(secs => \(Double(pause)))" }

    /// The counter of today, and of yesterday: neither window nor pause is longer than a day.
    private func mine(_ key: [UInt8]) -> SQL {
        "key = \(key) AND day BETWEEN \(sql: Self.today) - 1 AND \(sql: Self.today)"
    }

    /// The counter that a day takes over from the one before when it begins; as soon as it has one of its own, that counts.
    private func yesterday(_ key: [UInt8]) -> SQL {
        """
        SELECT attempts, failed, window_ends_at FROM sign_in_throttle
        WHERE key = \(key) AND day = \(sql: Self.today) - 1 AND NOT EXISTS (
            SELECT FROM sign_in_throttle WHERE key = \(key) AND day = \(sql: Self.today))
        """
    }
}
