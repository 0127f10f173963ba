/// The object identifier of a PostgreSQL type; 0 leaves the choice to the server.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The number as in `pg_type.oid`.
    public let rawValue: UInt32

    /// A type by its number.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The server infers the type from where the placeholder stands.
    public static let inferred = PostgresType(rawValue: 0)
    /// `boolean`
    public static let bool = PostgresType(rawValue: 16)
    /// `bytea`
    public static let bytea = PostgresType(rawValue: 17)
    /// `bigint`
    public static let int8 = PostgresType(rawValue: 20)
    /// `smallint`
    public static let int2 = PostgresType(rawValue: 21)
    /// `integer`
    public static let int4 = PostgresType(rawValue: 23)
    /// `text`
    public static let text = PostgresType(rawValue: 25)
    /// `double precision`
    public static let float8 = PostgresType(rawValue: 701)
    /// `timestamp with time zone`
    public static let timestamptz = PostgresType(rawValue: 1184)
    /// `uuid`
    public static let uuid = PostgresType(rawValue: 2950)
    /// `boolean[]`
    public static let boolArray = PostgresType(rawValue: 1000)
    /// `bytea[]`
    public static let byteaArray = PostgresType(rawValue: 1001)
    /// `smallint[]`
    public static let int2Array = PostgresType(rawValue: 1005)
    /// `integer[]`
    public static let int4Array = PostgresType(rawValue: 1007)
    /// `text[]`
    public static let textArray = PostgresType(rawValue: 1009)
    /// `bigint[]`
    public static let int8Array = PostgresType(rawValue: 1016)
    /// `double precision[]`
    public static let float8Array = PostgresType(rawValue: 1022)
    /// `timestamp with time zone[]`
    public static let timestamptzArray = PostgresType(rawValue: 1185)
    /// `uuid[]`
    public static let uuidArray = PostgresType(rawValue: 2951)
}

/// The values of one statement, laid end to end as the server will receive them.
public struct PostgresBindings: Sendable {
    /// Where one value lies.
    struct Slot: Sendable {
        var type: PostgresType
        /// Where its placeholder stands in the statement's text, in UTF-8 bytes.
        var place: Int
        /// Start in `bytes`.
        var offset: Int
        /// -1 is NULL.
        var length: Int
        var binary: Bool
    }

    private(set) var slots: [Slot] = []
    /// Every value is followed by a NUL byte, so that text values are C strings as libpq wants them.
    private(set) var bytes: [UInt8] = []
    /// Why the statement must not be sent.
    private(set) var fault: PostgresError?
    private var place = 0

    init() {}

    /// How many values are bound.
    public var count: Int { slots.count }

    /// Binds a text value; the server reads it by the rules of the type.
    ///
    /// A NUL byte cannot stand in PostgreSQL text: the statement is then refused with `.misuse` before anything is sent.
    public mutating func bind(text: String, as type: PostgresType = .inferred) {
        let offset = bytes.count
        var text = text
        let clean = text.withUTF8 { source in
            bytes.append(contentsOf: source)
            return !source.contains(0)
        }
        if !clean, fault == nil {
            fault = .misuse("the value of parameter $\(slots.count + 1) holds a NUL byte, which PostgreSQL text cannot")
        }
        finish(type, from: offset, binary: false)
    }

    /// Binds a value in the type's binary form.
    public mutating func bind(binary: some Collection<UInt8>, as type: PostgresType) {
        let offset = bytes.count
        bytes.append(contentsOf: binary)
        finish(type, from: offset, binary: true)
    }

    /// Binds an integer in network order, the binary form of `smallint`, `integer`, `bigint` and (in µs since 2000) `timestamptz`.
    public mutating func bind(bigEndian value: some FixedWidthInteger, as type: PostgresType) {
        let offset = bytes.count
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        finish(type, from: offset, binary: true)
    }

    /// Binds NULL.
    public mutating func bindNull(as type: PostgresType = .inferred) {
        slots.append(Slot(type: type, place: place, offset: 0, length: -1, binary: false))
    }

    private mutating func finish(_ type: PostgresType, from offset: Int, binary: Bool) {
        slots.append(Slot(type: type, place: place, offset: offset, length: bytes.count - offset, binary: binary))
        bytes.append(0)
    }

    mutating func reserve(_ count: Int) {
        slots.reserveCapacity(count)
        bytes.reserveCapacity(16 * count)
    }

    mutating func append(_ value: some PostgresEncodable, at place: Int) {
        self.place = place
        let before = slots.count
        value.encode(into: &self)
        if slots.count != before + 1 {
            slots.removeLast(max(0, slots.count - before))
            bindNull()
            fault = fault ?? .misuse("an encodable type must bind exactly one value")
        }
    }

    mutating func adopt(_ slot: Slot, of other: PostgresBindings, at place: Int) {
        var slot = slot
        slot.place = place
        if slot.length >= 0 {
            let offset = bytes.count
            bytes.append(contentsOf: other.bytes[slot.offset..<slot.offset + slot.length])
            bytes.append(0)
            slot.offset = offset
        }
        slots.append(slot)
    }

    mutating func adoptFault(of other: PostgresBindings) {
        fault = fault ?? other.fault
    }

    /// Calls `body` with the arrays that libpq's send functions take; they are valid only during the call.
    func withArrays<R>(_ body: (BindingArrays) -> R) -> R {
        let count = slots.count
        guard count > 0 else { return body(BindingArrays()) }
        return bytes.withUnsafeBytes { storage in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { numbers in
                    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { types in
                        for (index, slot) in slots.enumerated() {
                            let value = slot.length < 0 ? nil : storage.baseAddress.map { $0 + slot.offset }
                            values.initializeElement(at: index, to: value?.assumingMemoryBound(to: CChar.self))
                            numbers.initializeElement(at: index, to: Int32(truncatingIfNeeded: max(0, slot.length)))
                            numbers.initializeElement(at: count + index, to: slot.binary ? 1 : 0)
                            types.initializeElement(at: index, to: slot.type.rawValue)
                        }
                        let first = UnsafePointer(numbers.baseAddress)
                        return body(
                            BindingArrays(
                                count: Int32(count),
                                types: UnsafePointer(types.baseAddress),
                                values: UnsafePointer(values.baseAddress),
                                lengths: first,
                                formats: first.map { $0 + count }
                            )
                        )
                    }
                }
            }
        }
    }
}

/// What `PQsendPrepare`, `PQsendQueryPrepared` and `PQsendQueryParams` take about values.
struct BindingArrays {
    var count: Int32 = 0
    var types: UnsafePointer<UInt32>?
    var values: UnsafePointer<UnsafePointer<CChar>?>?
    var lengths: UnsafePointer<Int32>?
    var formats: UnsafePointer<Int32>?
}
