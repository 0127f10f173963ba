import Cryptography
import FoundationEssentials
import Postgres

/// Where a person is in a journey of several steps (journeys.md C9): registration, recovery, changes of the account.
///
/// The row on the server is all there is: the browser carries its opaque name and nothing else. A step is reached only by the move from
/// the step before it, which is one conditional statement; a journey of another browser is none.
struct Journey: Sendable {
    enum Kind: String, Sendable { case registration, recovery }

    /// The opaque name, as it stands in our own URLs and forms (`flow`).
    let name: String
    let step: String
    /// How many moves it has made: what tells two tabs of one journey apart.
    let moves: Int
    /// The account it is about, once that is known.
    let account: AccountID?
    /// What was typed or proved so far.
    let payload: JSON
    let isFinished: Bool
}

/// The stored journeys.
struct Journeys: Sendable {
    static let tokenType = "journey"

    let database: Database
    let clock: ServerClock
    /// Seals what the rows hold.
    let key: Secret<[UInt8]>
    /// Seconds a journey may take altogether.
    let lifetime: Int
    /// Seconds a step may take that was reached by a proof.
    let stepLifetime: Int

    /// Begins a journey at its first stored step.
    /// - Returns: its opaque name.
    func begin(
        _ kind: Journey.Kind,
        step: String,
        account: AccountID? = nil,
        payload: JSON,
        isProved: Bool,
        browser: BrowserIdentity
    ) async throws -> String {
        let token = DatedToken(expiry: clock.now.addingTimeInterval(Double(lifetime)))
        let sealed = try seal(payload, kind, token)
        let first = Double(isProved ? stepLifetime : lifetime)
        try await database.execute(
            """
            INSERT INTO journey (day, hash, browser, kind, step, account_id, payload, created_at, step_ends_at, expires_at)
            VALUES (\(token.day.number), \(token.hash(as: Self.tokenType)), \(browser.hash), \(kind.rawValue), \(step),
                \(account?.uuid), \(sealed), instant(), instant() + make_interval(secs => \(first)),
                instant() + make_interval(secs => \(Double(lifetime))))
            """
        )
        return token.value.reveal()
    }

    /// The journey of that name and kind, if this browser began it and it has not expired. A finished one is found until then too: its
    /// last page may be looked at again.
    func find(_ name: String, _ kind: Journey.Kind, browser: BrowserIdentity) async throws -> Journey? {
        guard let token = DatedToken(presented: name) else { return nil }
        let row = try await database.row(
            """
            SELECT step, moves, account_id, payload, finished_at IS NOT NULL AS is_finished FROM journey
            WHERE \(sql: place(token, kind)) AND browser = \(browser.hash)
                AND expires_at > instant() AND (finished_at IS NOT NULL OR step_ends_at > instant())
            """
        )
        return try row.map { row in
            Journey(
                name: name,
                step: try row.get("step"),
                moves: try row.get("moves"),
                account: try row.get("account_id", as: UUID?.self).map(AccountID.init),
                payload: try open(row.get("payload"), kind, token),
                isFinished: try row.get("is_finished")
            )
        }
    }

    /// Moves on from the very step that was looked at.
    /// - Returns: false when another request has moved it meanwhile, or it has expired.
    func advance(
        _ journey: Journey,
        _ kind: Journey.Kind,
        to step: String,
        account: AccountID? = nil,
        payload: JSON,
        isLast: Bool = false
    ) async throws -> Bool {
        guard let token = DatedToken(presented: journey.name) else { return false }
        let sealed = try seal(payload, kind, token)
        let moved = try await database.execute(
            """
            UPDATE journey SET step = \(step), moves = moves + 1, tries = 0, payload = \(sealed),
                account_id = coalesce(\(account?.uuid), account_id),
                step_ends_at = instant() + make_interval(secs => \(Double(stepLifetime))),
                finished_at = CASE WHEN \(isLast)::boolean THEN instant() END
            WHERE \(sql: place(token, kind)) AND moves = \(journey.moves) AND finished_at IS NULL
                AND step_ends_at > instant() AND expires_at > instant()
            """
        )
        return moved == 1
    }

    /// Counts a wrong try at the present step; at the last one allowed the journey ends.
    /// - Returns: how many remain.
    func countTry(_ journey: Journey, _ kind: Journey.Kind, of limit: Int) async throws -> Int {
        guard let token = DatedToken(presented: journey.name) else { return 0 }
        let rows = try await database.write(
            """
            UPDATE journey SET tries = tries + 1,
                expires_at = CASE WHEN tries + 1 >= \(limit) THEN instant() ELSE expires_at END
            WHERE \(sql: place(token, kind)) AND finished_at IS NULL AND expires_at > instant() RETURNING tries
            """
        )
        return max(0, limit - (try rows.first?.get("tries", as: Int.self) ?? limit))
    }

    private func place(_ token: DatedToken, _ kind: Journey.Kind) -> SQL {
        "day = \(token.day.number) AND hash = \(token.hash(as: Self.tokenType)) AND kind = \(kind.rawValue)"
    }

    private func seal(_ payload: JSON, _ kind: Journey.Kind, _ token: DatedToken) throws -> [UInt8] {
        try AESGCM.seal(Array(payload.text.utf8), key: key.reveal(), aad: aad(kind, token))
    }

    private func open(_ sealed: [UInt8], _ kind: Journey.Kind, _ token: DatedToken) throws -> JSON {
        try JSON(parsing: AESGCM.open(sealed, key: key.reveal(), aad: aad(kind, token)))
    }

    private func aad(_ kind: Journey.Kind, _ token: DatedToken) -> [UInt8] {
        Array("journey|payload|\(kind.rawValue)|".utf8) + token.hash(as: Self.tokenType)
    }
}

/// The registration of somebody whose phone was proved, here or at the login by SMS.
extension Journeys {
    /// Its steps: the form, and the end.
    enum RegistrationStep: String, Sendable { case details, done }

    func beginRegistration(phone: String, browser: BrowserIdentity) async throws -> String {
        try await begin(
            .registration,
            step: RegistrationStep.details.rawValue,
            payload: ["phone": .string(phone)],
            isProved: true,
            browser: browser
        )
    }
}
