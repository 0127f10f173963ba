import CLibPQ

/// What a connection reports to whoever uses it. All calls come on the reactor's thread.
protocol ConnectionOwner: AnyObject {
    /// A call got its whole answer; the connection can take the next.
    func connection(_ connection: Connection, finished call: Call, _ outcome: Call.Outcome)
    /// The connection is closed. The calls that were under way are handed over with what became of them.
    func connection(_ connection: Connection, lost calls: [(Call, Call.Outcome)], because error: PostgresError)
    func connection(_ connection: Connection, notified channel: String, _ payload: String)
}

extension ConnectionOwner {
    func connection(_ connection: Connection, notified channel: String, _ payload: String) {}
}

/// One libpq connection, non-blocking and in pipeline mode. Belongs to the reactor's thread.
///
/// Every call is sent with a sync of its own and answered in order. Nothing here waits, and nothing is ever cancelled on the server:
/// whoever gives up closes the socket (trust.md, "a commit is never cancelled").
final class Connection: SocketOwner {
    let id: Int
    /// Which server answered, for the log.
    let endpoint: Endpoint
    private let handle: OpaquePointer
    private let descriptor: Int32
    private let token: UInt64
    private let poller: Poller
    private unowned let owner: any ConnectionOwner
    private var calls = FIFO<Call>()
    private var statements: StatementCache
    private var watchesWriting = false
    private var nullResults = 0
    private(set) var isClosed = false
    /// The earliest time at which some call may have waited too long.
    private(set) var nextDeadline = UInt64.max

    /// Takes over an opened connection; it must be idle.
    init(id: Int, opened: OpenedConnection, poller: Poller, owner: any ConnectionOwner, statementLimit: Int) {
        self.id = id
        handle = opened.handle
        descriptor = opened.descriptor
        token = opened.token
        endpoint = opened.endpoint
        self.poller = poller
        self.owner = owner
        statements = StatementCache(limit: statementLimit)
        poller.hand(token, to: self)
        PQsetNoticeReceiver(handle, connectionNotice, Unmanaged.passUnretained(self).toOpaque())
        PQenterPipelineMode(handle)
        poller.update(descriptor, token: token, readable: true, writable: false)
    }

    /// Whether calls are under way.
    var isBusy: Bool { !calls.isEmpty }

    /// No transaction is open, as far as the server has said.
    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

    // MARK: Sending

    /// Sends a call behind those under way.
    ///
    /// - Returns: why it was not sent, in which case the server certainly does nothing.
    func send(_ call: Call, now: UInt64) -> PostgresError? {
        if isClosed { return PostgresError(.unavailable, "the connection was closed before the statement was sent") }
        if let fault = call.sql.bindings.fault { return fault }
        guard call.sql.bindings.count <= 65_535 else { return .misuse("a statement binds at most 65535 values") }
        if call.kind == .read || call.kind == .write { sendDiscarded(now: now) }
        if case .failure(let error) = queue(call) {
            if error.code == .unavailable { close(because: error) }
            return error
        }
        // From here on the statement may reach the server, whatever PQpipelineSync says.
        call.deadline = call.limit == 0 ? .max : now &+ call.limit
        nextDeadline = min(nextDeadline, call.deadline)
        calls.append(call)
        if PQpipelineSync(handle) == 0 {
            lose(message: failureText)
            return nil
        }
        flush()
        return nil
    }

    private func queue(_ call: Call) -> Result<Void, PostgresError> {
        let key = StatementKey(call.sql)
        let known = call.kind == .housekeeping ? nil : statements.find(key)
        // Refused before anything is sent, so that nothing half-sent lies in the pipeline.
        if known == nil, call.sql.text.utf8.contains(0) {
            return .failure(.misuse("the text of a statement holds a NUL byte"))
        }
        if let begin = call.lease?.takeBegin() {
            guard PQsendQueryParams(handle, begin.text, 0, nil, nil, nil, nil, 0) == 1 else { return notSent() }
            call.leading += 1
        }
        let sent = call.sql.bindings.withArrays { arrays -> Int32 in
            if let known, known.isReady {
                call.prepared = known
                return PQsendQueryPrepared(
                    handle,
                    known.name,
                    arrays.count,
                    arrays.values,
                    arrays.lengths,
                    arrays.formats,
                    0
                )
            }
            if known != nil || call.kind == .housekeeping {
                return PQsendQueryParams(
                    handle,
                    call.sql.text,
                    arrays.count,
                    arrays.types,
                    arrays.values,
                    arrays.lengths,
                    arrays.formats,
                    0
                )
            }
            let statement = statements.add(key)
            call.prepared = statement
            call.leading += 1
            guard PQsendPrepare(handle, statement.name, call.sql.text, arrays.count, arrays.types) == 1 else {
                return 0
            }
            return PQsendQueryPrepared(
                handle,
                statement.name,
                arrays.count,
                arrays.values,
                arrays.lengths,
                arrays.formats,
                0
            )
        }
        return sent == 1 ? .success(()) : notSent()
    }

    private func notSent() -> Result<Void, PostgresError> {
        .failure(PostgresError(.unavailable, "the statement could not be sent: \(failureText)"))
    }

    private func sendDiscarded(now: UInt64) {
        guard !statements.discarded.isEmpty else { return }
        for name in statements.takeDiscarded() {
            _ = send(Call(.housekeeping, "DEALLOCATE \(raw: name)", limit: 0), now: now)
        }
    }

    private func flush() {
        let pending = PQflush(handle)
        if pending < 0 { lose(message: failureText) } else { setWriting(pending > 0) }
    }

    private func setWriting(_ writing: Bool) {
        guard writing != watchesWriting else { return }
        watchesWriting = writing
        poller.update(descriptor, token: token, readable: true, writable: writing)
    }

    // MARK: Receiving

    func socketReady(readable: Bool, writable: Bool) {
        if readable {
            let alive = PQconsumeInput(handle) == 1
            takeResults()
            takeNotifications()
            if isClosed { return }
            guard alive, PQstatus(handle) == CONNECTION_OK else { return lose(message: failureText) }
        }
        if writable || watchesWriting { flush() }
    }

    private func takeResults() {
        nullResults = 0
        while !isClosed, let call = calls.first, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                call.step += 1
                nullResults += 1
                // Two at most stand between answers; more mean that libpq has nothing to say any more.
                if nullResults > 4 { return }
                continue
            }
            nullResults = 0
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC {
                PQclear(result)
                _ = calls.popFirst()
                if calls.isEmpty { nextDeadline = .max }
                finish(call)
            } else {
                take(result, for: call)
            }
        }
    }

    private func take(_ result: OpaquePointer, for call: Call) {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            guard call.step == call.leading else {
                PQclear(result)
                // The step right before the statement is its preparation, when it has one.
                if call.step + 1 == call.leading, let statement = call.prepared { statement.isReady = true }
                return
            }
            call.result = ResultSet(result, columns: columns(of: result, call))
        case PGRES_FATAL_ERROR:
            let error = PostgresError(result: result, statement: call.sql.text)
            PQclear(result)
            if call.error == nil { call.error = error }
            forgetStatement(of: call, after: error)
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
        default:
            PQclear(result)
            call.error = .misuse("COPY and the like cannot be used here")
            lose(message: "a COPY was started")
        }
    }

    private func columns(of result: OpaquePointer, _ call: Call) -> Columns {
        if let known = call.prepared?.columns, known.names.count == Int(PQnfields(result)) { return known }
        let columns = Columns(of: result)
        call.prepared?.columns = columns
        return columns
    }

    private func forgetStatement(of call: Call, after error: PostgresError) {
        guard let statement = call.prepared else { return }
        if !statement.isReady || error.state == .invalidStatementName {
            statements.forget(statement)
        } else if error.isStalePlan {
            statements.discard(statement)
        }
    }

    private func finish(_ call: Call) {
        owner.connection(self, finished: call, call.answer)
    }

    private func takeNotifications() {
        while !isClosed, let notification = PQnotifies(handle) {
            let channel = String(cString: notification.pointee.relname)
            let payload = String(cString: notification.pointee.extra)
            PQfreemem(notification)
            owner.connection(self, notified: channel, payload)
        }
    }

    /// Called from within libpq for notices and warnings.
    fileprivate func noticed(_ notice: OpaquePointer) {
        guard let call = calls.first, call.commits else { return }
        // The function's name is the same in every language of the server's messages; the words are for older or altered servers.
        let routine = PQresultErrorField(notice, PostgresError.Field.routine).map { String(cString: $0) } ?? ""
        let message = PQresultErrorField(notice, PostgresError.Field.message).map { String(cString: $0) } ?? ""
        if routine.hasPrefix("SyncRepWait") || message.contains("synchronous replication") { call.isDoubted = true }
    }

    // MARK: The end

    /// Closes the socket if some call has waited too long.
    func checkDeadlines(now: UInt64) {
        guard nextDeadline <= now else { return }
        var earliest = UInt64.max
        calls.forEach { earliest = min(earliest, $0.deadline) }
        nextDeadline = earliest
        guard earliest <= now else { return }
        close(
            because: PostgresError(.deadline, "the server did not answer within the statement's time limit"),
            now: now
        )
    }

    private var failureText: String {
        PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    }

    private func lose(message: String) {
        close(because: PostgresError(.connectionLost, message))
    }

    /// Closes the connection; the owner learns what became of the calls under way.
    func close(because error: PostgresError, now: UInt64 = 0) {
        guard !isClosed else { return }
        isClosed = true
        poller.forget(descriptor, token: token)
        var outcomes: [(Call, Call.Outcome)] = []
        while let call = calls.popFirst() {
            let cause =
                error.code == .deadline && call.deadline > now
                ? PostgresError(.connectionLost, "another statement on this connection took too long") : error
            outcomes.append((call, call.outcome(lostBy: cause)))
        }
        nextDeadline = .max
        PQfinish(handle)
        owner.connection(self, lost: outcomes, because: error)
    }
}

private func connectionNotice(_ argument: UnsafeMutableRawPointer?, _ notice: OpaquePointer?) {
    guard let argument, let notice else { return }
    Unmanaged<Connection>.fromOpaque(argument).takeUnretainedValue().noticed(notice)
}
