import CLibPQ

/// One row of an answer. Columns are read by name or position, from the bytes libpq received, without copies in between.
public struct Row: Sendable {
    let result: ResultSet
    let index: Int32

    /// The columns' names in order.
    public var columns: [String] { result.columns.names }

    /// Reads a column by name; with several of one name, the first.
    ///
    /// - Parameters:
    ///   - column: the name as the server prints it.
    ///   - type: what to read it as; an `Optional` accepts NULL.
    /// - Returns: the value.
    /// - Throws: `.decoding` when there is no such column, when it is NULL and `T` is not optional, or when it is not a `T`.
    public func get<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let position = result.columns.position(column) else {
            throw PostgresError(.decoding, "the answer has no column named \(column)")
        }
        return try get(at: position, as: type)
    }

    /// Reads a column by position, counted from 0.
    ///
    /// - Parameters:
    ///   - position: the column's position.
    ///   - type: what to read it as; an `Optional` accepts NULL.
    /// - Returns: the value.
    /// - Throws: `.decoding` as for a name.
    public func get<T: PostgresDecodable>(at position: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard result.columns.names.indices.contains(position) else {
            throw PostgresError(.decoding, "the answer has no column at \(position)")
        }
        guard let value = T.decode(postgres: result.bytes(row: index, column: Int32(position))) else {
            let name = result.columns.names[position]
            let isNull = PQgetisnull(result.handle, index, Int32(position)) != 0
            throw PostgresError(.decoding, "column \(name) \(isNull ? "is NULL" : "does not hold") \(T.self)")
        }
        return value
    }

    /// Whether the column is there and NULL.
    public func isNull(_ column: String) -> Bool {
        result.columns.position(column).map { PQgetisnull(result.handle, index, Int32($0)) != 0 } ?? false
    }
}

/// The names of an answer's columns, shared by every answer of one prepared statement.
final class Columns: Sendable {
    let names: [String]

    init(of result: OpaquePointer) {
        names = (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    /// Short names compare in one step each, so that a walk beats hashing.
    func position(_ name: String) -> Int? {
        names.firstIndex(of: name)
    }
}

/// The answer of one statement.
///
/// Unchecked: libpq documents a PGresult as read-only once received and free of its connection; we only read it, and clear it
/// when the last reference is gone.
final class ResultSet: @unchecked Sendable {
    let handle: OpaquePointer
    let columns: Columns

    init(_ handle: OpaquePointer, columns: Columns) {
        self.handle = handle
        self.columns = columns
    }

    deinit {
        PQclear(handle)
    }

    var count: Int { Int(PQntuples(handle)) }

    var rows: [Row] {
        (0..<PQntuples(handle)).map { Row(result: self, index: $0) }
    }

    var first: Row? {
        PQntuples(handle) > 0 ? Row(result: self, index: 0) : nil
    }

    /// Rows inserted, updated, deleted, selected or moved; 0 for other commands.
    var affected: Int {
        guard let text = PQcmdTuples(handle) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command as the server names it, `INSERT 0 1`, `COMMIT`.
    var commandTag: String {
        PQcmdStatus(handle).map { String(cString: $0) } ?? ""
    }

    func bytes(row: Int32, column: Int32) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(handle, row, column) == 0, let start = PQgetvalue(handle, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column)))
    }
}
