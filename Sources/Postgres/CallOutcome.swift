import CLibPQ

/// What became of a call: the rules of doubt, in one place.
extension Call {
    /// The outcome once the server has answered up to the call's sync. An autocommit statement commits at the sync, after its own
    /// "command complete": a deferred constraint or a given-up synchronous wait shows only then.
    var answer: Outcome {
        if let error {
            if commits, error.endsConnection { return .failure(doubt(error)) }
            return .failure(error)
        }
        if commits, isDoubted {
            return .failure(
                PostgresError(.inDoubt, "the wait for a synchronous standby was given up", statement: sql.text)
            )
        }
        if kind == .commit, let tag = result?.commandTag, tag != "COMMIT" {
            return .failure(PostgresError(.aborted, "COMMIT was answered by \(tag)"))
        }
        return .success(result)
    }

    /// The outcome when the connection was lost before the call's sync came back.
    func outcome(lostBy loss: PostgresError) -> Outcome {
        // An ERROR that ended a statement is certain; FATAL and libpq's own messages only tell of the loss.
        if let error, error.isAnswer { return .failure(error) }
        switch kind {
        case .commit:
            // The server says COMMIT only after it has committed, so this much of the answer is enough.
            if result?.commandTag == "COMMIT", !isDoubted { return .success(result) }
            return .failure(doubt(error ?? loss))
        case .write:
            return .failure(doubt(error ?? loss))
        case .read where result != nil, .rollback:
            return .success(result)
        case .read, .statement, .housekeeping:
            let code: PostgresError.Code = loss.code == .deadline ? .deadline : .connectionLost
            return .failure(PostgresError(code, loss.message, statement: sql.text, cause: error))
        }
    }

    private func doubt(_ cause: PostgresError) -> PostgresError {
        PostgresError(.inDoubt, "the answer to a commit did not come", statement: sql.text, cause: cause)
    }
}

extension PostgresError {
    /// The `PG_DIAG_` codes of libpq, which are C character constants.
    enum Field {
        static let severity = Int32(UInt8(ascii: "V"))
        static let state = Int32(UInt8(ascii: "C"))
        static let message = Int32(UInt8(ascii: "M"))
        static let detail = Int32(UInt8(ascii: "D"))
        static let hint = Int32(UInt8(ascii: "H"))
        static let schema = Int32(UInt8(ascii: "s"))
        static let table = Int32(UInt8(ascii: "t"))
        static let column = Int32(UInt8(ascii: "c"))
        static let constraint = Int32(UInt8(ascii: "n"))
        static let routine = Int32(UInt8(ascii: "R"))
    }

    /// An error as libpq received or made it; one without SQLSTATE is libpq's own and speaks of a lost connection.
    init(result: OpaquePointer, statement: String) {
        func field(_ code: Int32) -> String? {
            PQresultErrorField(result, code).map { String(cString: $0) }
        }
        let details = Details(
            message: field(Field.message) ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "",
            severity: field(Field.severity) ?? "",
            detail: field(Field.detail),
            hint: field(Field.hint),
            schema: field(Field.schema),
            table: field(Field.table),
            column: field(Field.column),
            constraint: field(Field.constraint),
            routine: field(Field.routine),
            statement: statement
        )
        let state = field(Field.state).map { SQLState(rawValue: $0) }
        self.init(state.map { .server($0) } ?? .connectionLost, details: details)
    }

    /// The server's final word on a statement.
    var isAnswer: Bool {
        if case .server = code { return !endsConnection }
        return code == .misuse
    }

    /// A prepared plan whose result type changed under it; a fresh preparation helps. Raised before anything is executed.
    var isStalePlan: Bool {
        code == .server(.featureNotSupported) && routine == "RevalidateCachedQuery"
    }

    /// The statement was not executed and may run on a freshly prepared plan.
    var wantsFreshPlan: Bool { isStalePlan || code == .server(.invalidStatementName) }
}

extension Lease {
    /// The BEGIN that goes before the first statement; `nil` afterwards and for autocommit.
    func takeBegin() -> SQL? {
        guard let begin, !hasBegun else { return nil }
        hasBegun = true
        return begin
    }
}
