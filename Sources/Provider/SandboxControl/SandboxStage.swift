import Cryptography
import FoundationEssentials
import Logging
import Postgres

/// What the played twins of outside systems share across the processes of one sandbox: the inbox, and the failures ordered. Tables that
/// exist in a sandbox's database only.
struct SandboxStage: Sendable {
    let database: Database

    /// Safe to run at every start.
    func install() async throws {
        try await database.transaction { transaction in
            try await transaction.execute("SELECT pg_advisory_xact_lock(hashtext('citygate.sandbox'))")
            try await transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS sandbox_message (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    channel text NOT NULL,
                    recipient text NOT NULL,
                    text text NOT NULL,
                    code text,
                    purpose text,
                    at timestamptz NOT NULL
                )
                """
            )
            try await transaction.execute(
                "CREATE INDEX IF NOT EXISTS sandbox_message_recipient ON sandbox_message (channel, recipient, id DESC)"
            )
            try await transaction.execute(
                """
                CREATE TABLE IF NOT EXISTS sandbox_fault (dependency text PRIMARY KEY, mode text NOT NULL, remaining integer)
                """
            )
        }
    }

    // MARK: Inbox

    /// One arrived message.
    struct Arrived: Sendable {
        let to: String
        let text: String
        let code: String?
        let purpose: String?
        let at: Date
    }

    func keep(_ message: SandboxUpstream.Message, channel: String, logger: Logger) async {
        do {
            try await database.execute(
                """
                INSERT INTO sandbox_message (channel, recipient, text, code, purpose, at)
                VALUES (\(channel), \(message.to), \(message.text), \(message.code), \(message.purpose), instant())
                """
            )
        } catch {
            logger.error("a message for the sandbox's inbox is lost", metadata: ["error_type": "\(type(of: error))"])
        }
    }

    /// The newest first; those to one recipient, or of all when it is nil.
    func messages(_ channel: String, to recipient: String?, atMost limit: Int = 100) async throws -> [Arrived] {
        try await database.rows(
            """
            SELECT recipient, text, code, purpose, at FROM sandbox_message
            WHERE channel = \(channel) AND (\(recipient)::text IS NULL OR recipient = \(recipient))
            ORDER BY id DESC LIMIT \(limit)
            """
        ).map { row in
            Arrived(
                to: try row.get("recipient"),
                text: try row.get("text"),
                code: try row.get("code", as: String?.self),
                purpose: try row.get("purpose", as: String?.self),
                at: try row.get("at")
            )
        }
    }

    // MARK: Failures

    /// Orders failures: `count` of them, or until told otherwise when it is nil. A nil mode ends them.
    func order(_ mode: SandboxUpstream.Fault?, of dependency: SandboxUpstream.Dependency, count: Int?) async throws {
        guard let mode else {
            try await database.execute("DELETE FROM sandbox_fault WHERE dependency = \(dependency.rawValue)")
            return
        }
        try await database.execute(
            """
            INSERT INTO sandbox_fault (dependency, mode, remaining)
            VALUES (\(dependency.rawValue), \(mode.rawValue), \(count))
            ON CONFLICT (dependency) DO UPDATE SET mode = EXCLUDED.mode, remaining = EXCLUDED.remaining
            """
        )
    }

    func takeFault(of dependency: SandboxUpstream.Dependency) async -> SandboxUpstream.Fault? {
        let rows = try? await database.write(
            """
            UPDATE sandbox_fault SET remaining = remaining - 1
            WHERE dependency = \(dependency.rawValue) AND (remaining IS NULL OR remaining > 0) RETURNING mode
            """
        )
        guard let mode = try? rows?.first?.get("mode", as: String.self) else { return nil }
        return SandboxUpstream.Fault(rawValue: mode)
    }

    /// Back to the first state.
    func clear() async throws {
        try await database.execute("TRUNCATE sandbox_message, sandbox_fault")
    }
}
