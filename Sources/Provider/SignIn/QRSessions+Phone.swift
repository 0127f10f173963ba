import Cryptography
import FoundationEssentials
import Postgres

/// The phone's side: scan, confirm, cancel (journeys.md Q4).
extension QRSessions {
    /// Takes a waiting picture for a person's mini-program session.
    ///
    /// Whether a number is asked is decided here, in the statement: always when phone and browser are in different networks.
    func scan(_ text: String, by actor: Actor, trace: Trace) async throws -> Result<QRSessionScan, QRSessionRefusal> {
        guard let picture = QRSessionPicture(scanned: text, issuer: issuer),
            let found = try await database.row(finding(picture))
        else {
            try await note(.unknown, account: actor.account, hash: nil, trace: trace)
            return .failure(.unknown)
        }
        let hash: [UInt8] = try found.get("hash")
        let ticket = DatedToken(day: Day(number: try found.get("day")))
        let numbers = Self.threeNumbers()
        let record = AuditRecord(event: .qrScanned, account: actor.account, object: Self.name(hash))
        let rows = try await database.write(
            """
            WITH moved AS (
                UPDATE qr_session SET state = 'scanned', version = version + 1, account_id = \(actor.account.uuid),
                    actor = \(actor.session), phone_network = \(trace.network),
                    ticket = \(ticket.hash(as: Self.ticketType)), numbers = \(numbers.all)::bigint[],
                    number = \(numbers.right),
                    needs_number = \(alwaysAsksNumber) OR network IS NULL OR network = 'unknown'
                        OR network IS DISTINCT FROM \(trace.network),
                    expires_at = instant() + make_interval(secs => \(Double(confirmLifetime)))
                WHERE day = \(ticket.day.number) AND hash = \(hash) AND \(sql: Self.allowed(.scan))
                RETURNING client_id, domain, network, user_agent, created_at, expires_at,
                    CASE WHEN needs_number THEN numbers END AS numbers
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "moved")))
            SELECT * FROM moved
            """
        )
        if let row = rows.first { return .success(try Self.scan(ticket.value.reveal(), row)) }
        let state = try await database.row(finding(picture))?.get("state", as: String.self)
        let refusal = QRSessionRefusal(state.flatMap(QRSessionState.init(rawValue:)) ?? .expired)
        try await note(refusal, account: actor.account, hash: hash, trace: trace)
        return .failure(refusal)
    }

    /// Confirms what this session scanned, or counts a wrong number: the second ends the conversation.
    func confirm(_ ticket: String, number: Int?, by actor: Actor, trace: Trace) async throws
        -> Result<Void, QRSessionRefusal>
    {
        guard let token = DatedToken(presented: ticket) else { return .failure(.unknown) }
        let record = AuditRecord(event: .qrConfirmed, account: actor.account)
        let wrong = Self.refusal(.numberWrong, account: actor.account, object: nil)
        let rows = try await database.write(
            """
            WITH moved AS (
                UPDATE qr_session SET version = version + 1,
                    state = CASE WHEN NOT needs_number OR number = \(number) THEN 'confirmed'
                        WHEN mistakes + 1 >= \(Self.mistakesAllowed) THEN 'cancelled' ELSE 'scanned' END,
                    mistakes = CASE WHEN NOT needs_number OR number = \(number) THEN mistakes ELSE mistakes + 1 END,
                    expires_at = CASE WHEN NOT needs_number OR number = \(number)
                        THEN instant() + make_interval(secs => \(Double(confirmLifetime))) ELSE expires_at END
                WHERE \(sql: Self.owned(token, actor)) AND \(sql: Self.allowed(.confirm))
                    AND (NOT needs_number OR \(number)::bigint IS NOT NULL)
                RETURNING state
            ), confirmed AS (SELECT state FROM moved WHERE state = 'confirmed'
            ), mistaken AS (SELECT state FROM moved WHERE state <> 'confirmed'
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "confirmed"))
            ), audited_mistake AS (\(sql: wrong.insertion(trace, ifAnyIn: "mistaken")))
            SELECT state FROM moved
            """
        )
        if let row = rows.first {
            switch QRSessionState(rawValue: try row.get("state")) {
            case .confirmed: return .success(())
            case .cancelled: return .failure(.numbersSpent)
            default: return .failure(.numberWrong)
            }
        }
        return .failure(try await refused(token, actor, .confirm, trace))
    }

    /// The phone says no, or takes back its yes before the browser used it. `isReport` is 非本人操作.
    func cancel(_ ticket: String, isReport: Bool, by actor: Actor, trace: Trace) async throws
        -> Result<Void, QRSessionRefusal>
    {
        guard let token = DatedToken(presented: ticket) else { return .failure(.unknown) }
        let record = AuditRecord(event: isReport ? .qrReported : .qrCancelled, account: actor.account)
        let rows = try await database.write(
            """
            WITH moved AS (
                UPDATE qr_session SET version = version + 1, state = 'cancelled'
                WHERE \(sql: Self.owned(token, actor)) AND \(sql: Self.allowed(.cancel))
                RETURNING state
            ), audited AS (\(sql: record.insertion(trace, ifAnyIn: "moved")))
            SELECT state FROM moved
            """
        )
        return rows.isEmpty ? .failure(try await refused(token, actor, .cancel, trace)) : .success(())
    }

    /// The rows a ticket names, for the person and the mini-program session that scanned.
    static func owned(_ ticket: DatedToken, _ actor: Actor) -> SQL {
        """
        day = \(ticket.day.number) AND ticket = \(ticket.hash(as: ticketType)) AND account_id = \(actor.account.uuid)
            AND actor = \(actor.session)
        """
    }

    /// Why a move with a ticket was refused, written down. Somebody else's ticket is an unknown one.
    private func refused(_ ticket: DatedToken, _ actor: Actor, _ move: QRSessionMove, _ trace: Trace) async throws
        -> QRSessionRefusal
    {
        let row = try await database.row(
            "SELECT hash, \(sql: Self.state) AS state FROM qr_session WHERE \(sql: Self.owned(ticket, actor))"
        )
        let state = try row.flatMap { QRSessionState(rawValue: try $0.get("state")) }
        let refusal: QRSessionRefusal =
            switch state {
            case nil: .unknown
            // Nothing but a missing number keeps a scanned conversation from being confirmed.
            case .scanned? where move == .confirm: .numberNeeded
            case let state?: QRSessionRefusal(state)
            }
        if refusal != .numberNeeded {
            try await note(refusal, account: actor.account, hash: row?.get("hash"), trace: trace)
        }
        return refusal
    }

    private func finding(_ picture: QRSessionPicture) -> SQL {
        // The row lies in the partition of the day the picture expires on: today's, or the next when it is late.
        let today = Day(of: clock.now)
        let next = Day(of: clock.now.addingTimeInterval(Double(lifetime)))
        return """
            SELECT day, hash, \(sql: Self.state) AS state FROM qr_session
            WHERE day IN (\(today.number - 1), \(today.number), \(next.number)) AND picture = \(picture.hash)
            """
    }

    private static func scan(_ ticket: String, _ row: Row) throws -> QRSessionScan {
        QRSessionScan(
            ticket: ticket,
            clientID: try row.get("client_id"),
            domain: try row.get("domain"),
            network: try row.get("network"),
            userAgent: try row.get("user_agent"),
            createdAt: try row.get("created_at"),
            expiresAt: try row.get("expires_at"),
            numbers: try row.get("numbers", as: [Int64]?.self)
        )
    }

    /// Three different numbers of two digits, and which of them the page shows.
    static func threeNumbers() -> (all: [Int64], right: Int) {
        var generator = SystemRandomNumberGenerator()
        var numbers: [Int64] = []
        while numbers.count < 3 {
            let number = Int64.random(in: 10...99, using: &generator)
            if !numbers.contains(number) { numbers.append(number) }
        }
        return (numbers, Int(numbers.randomElement(using: &generator) ?? 0))
    }
}
