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
                "SELECT locked_until FROM sign_in_throttle WHERE key = \(key) AND locked_until > instant()"
            )
            if let until = try row?.get("locked_until", as: Date.self) { return .paused(until: until) }
            guard ContinuousClock.now < deadline else { return .busy }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    /// Counts one attempt in one statement.
    /// - Returns: how many remain after it; nil in a pause, or when as many as the limit are under way.
    private func count(_ key: [UInt8], limit: Int) async throws -> Int? {
        let counted = try await database.write(
            """
            INSERT INTO sign_in_throttle AS t (key, attempts, failed, window_ends_at, locked_until)
            VALUES (\(key), 1, 0, instant() + make_interval(secs => \(Double(pause))), NULL)
            ON CONFLICT (key) DO UPDATE SET
                attempts = CASE WHEN t.window_ends_at <= instant() THEN 1 ELSE t.attempts + 1 END,
                failed = CASE WHEN t.window_ends_at <= instant() THEN 0 ELSE t.failed END,
                window_ends_at = CASE WHEN t.window_ends_at <= instant()
                    THEN instant() + make_interval(secs => \(Double(pause))) ELSE t.window_ends_at END,
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
        INSERT INTO sign_in_throttle AS t (key, attempts, failed, window_ends_at, locked_until)
        VALUES (\(key), 1, 1, instant() + make_interval(secs => \(Double(pause))), NULL)
        ON CONFLICT (key) DO UPDATE SET failed = t.failed + 1,
            locked_until = CASE WHEN t.failed + 1 >= \(limit)
                THEN instant() + make_interval(secs => \(Double(pause))) ELSE t.locked_until END
        """
    }

    /// A right password ends the count.
    func clear(_ key: [UInt8]) async throws {
        try await database.execute("DELETE FROM sign_in_throttle WHERE key = \(key)")
    }

    /// Gives one counted attempt back.
    func release(_ key: [UInt8]) async throws {
        try await database.execute(
            """
            UPDATE sign_in_throttle SET attempts = attempts - 1
            WHERE key = \(key) AND attempts > 0
            """
        )
    }

    /// Removes counters whose window has ended, a batch at a time.
    func forgetIdle(batch: Int) async throws -> Int {
        try await database.execute(
            """
            DELETE FROM sign_in_throttle WHERE key IN (SELECT key FROM sign_in_throttle
                WHERE window_ends_at <= instant() AND (locked_until IS NULL OR locked_until <= instant()) LIMIT \(batch))
            """
        )
    }
}
