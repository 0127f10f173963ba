/// A statement the server has, or is about to have, prepared on one connection.
final class CachedStatement {
    let name: String
    let key: StatementKey
    /// Until the server has confirmed it, other callers send their own unnamed copy, so that a failure to prepare stays one caller's.
    var isReady = false
    var columns: Columns?
    var lastUse: UInt64 = 0

    init(name: String, key: StatementKey) {
        self.name = name
        self.key = key
    }
}

/// Text and parameter types together make a prepared statement. Holds no value.
struct StatementKey: Hashable {
    private let text: String
    private let slots: [PostgresBindings.Slot]

    init(_ sql: SQL) {
        text = sql.text
        slots = sql.bindings.slots
    }

    static func == (left: StatementKey, right: StatementKey) -> Bool {
        left.slots.count == right.slots.count && left.text == right.text
            && zip(left.slots, right.slots).allSatisfy { $0.type == $1.type }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(text)
        for slot in slots { hasher.combine(slot.type) }
    }
}

/// The prepared statements of one connection, at most `limit` of them; the longest unused makes room.
struct StatementCache {
    private var statements: [StatementKey: CachedStatement] = [:]
    private var counter: UInt64 = 0
    private var clock: UInt64 = 0
    private let limit: Int
    /// Names the server should forget when no transaction is open.
    private(set) var discarded: [String] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The statement if it is known, also while it is being prepared.
    mutating func find(_ key: StatementKey) -> CachedStatement? {
        guard let statement = statements[key] else { return nil }
        clock += 1
        statement.lastUse = clock
        return statement
    }

    /// Makes a name for a new statement, which the caller prepares.
    mutating func add(_ key: StatementKey) -> CachedStatement {
        if statements.count >= max(1, limit),
            let oldest = statements.values.filter(\.isReady).min(by: { $0.lastUse < $1.lastUse })
        {
            discard(oldest)
        }
        counter += 1
        clock += 1
        let statement = CachedStatement(name: "c\(counter)", key: key)
        statement.lastUse = clock
        statements[key] = statement
        return statement
    }

    /// Forgets a statement that was never prepared, or that the server lost.
    mutating func forget(_ statement: CachedStatement) {
        if statements[statement.key] === statement { statements[statement.key] = nil }
    }

    /// Forgets a statement; the server is told later.
    mutating func discard(_ statement: CachedStatement) {
        guard statements[statement.key] === statement else { return }
        statements[statement.key] = nil
        discarded.append(statement.name)
    }

    mutating func takeDiscarded() -> [String] {
        defer { discarded = [] }
        return discarded
    }
}
