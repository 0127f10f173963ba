public import FoundationEssentials

/// Where a signing key stands in its life. Every state is published.
public enum KeyState: String, Sendable, CaseIterable {
    /// Published so that relying parties know it, not used yet.
    case next
    /// Signs.
    case current
    /// Signs no more, still verifies what it has signed.
    case retiring
}

/// What the key folder knows of one signing key.
public struct KeyRecord: Sendable, Equatable {
    /// The key's name.
    public let kid: String
    /// What it signs by.
    public let algorithm: SignatureAlgorithm
    /// Where it stands.
    public internal(set) var state: KeyState
    /// When it was made, in whole seconds.
    public let createdAt: Date
    /// When it began to sign.
    public internal(set) var activatedAt: Date?
    /// From when on a retiring key may be removed.
    public internal(set) var retireAt: Date?
    /// The public half.
    public let publicJWK: JWK

    /// The name of its file in the folder.
    var file: String { kid + ".pem" }
}

/// The content of `keyring.json`.
struct KeyManifest: Sendable, Equatable {
    static let file = "keyring.json"

    var keys: [KeyRecord] = []
    /// Names of keys that were removed; never given again.
    var removed: [String] = []

    func record(_ kid: String) throws(KeyFolderError) -> KeyRecord {
        guard let record = keys.first(where: { $0.kid == kid }) else { throw .unknownKey(kid: kid) }
        return record
    }

    func current(_ algorithm: SignatureAlgorithm) -> [KeyRecord] {
        keys.filter { $0.algorithm == algorithm && $0.state == .current }
    }

    /// The oldest key in waiting.
    func next(_ algorithm: SignatureAlgorithm) -> KeyRecord? {
        keys.first { $0.algorithm == algorithm && $0.state == .next }
    }

    mutating func change(_ kid: String, _ body: (inout KeyRecord) -> Void) {
        for index in keys.indices where keys[index].kid == kid { body(&keys[index]) }
    }

    // MARK: Text

    var bytes: [UInt8] {
        let entries = keys.map { key in
            JSON.object([
                ("kid", .string(key.kid)), ("alg", .string(key.algorithm.rawValue)),
                ("state", .string(key.state.rawValue)), ("created_at", .seconds(key.createdAt)),
                ("activated_at", key.activatedAt.map { .seconds($0) }),
                ("retire_at", key.retireAt.map { .seconds($0) }), ("jwk", key.publicJWK.json),
            ])
        }
        return JSON.object([("version", 1), ("keys", .array(entries)), ("removed", JSON(removed))]).bytes + [0x0A]
    }

    init() {}

    /// Reads the file, strictly; `path` is for the fault.
    init(_ bytes: [UInt8], path: String) throws(KeyFolderError) {
        guard let json = try? JSON(parsing: bytes) else { throw .malformed(path: path, rule: "it is not JSON") }
        guard json["version"]?.int == 1 else { throw .malformed(path: path, rule: "version is not 1") }
        guard let entries = json["keys"]?.array, let removed = json["removed"]?.strings else {
            throw .malformed(path: path, rule: "keys or removed is missing")
        }
        for entry in entries { keys.append(try Self.record(entry, path: path)) }
        self.removed = removed
        guard Set(keys.map(\.kid)).count == keys.count else {
            throw .malformed(path: path, rule: "two keys have the same kid")
        }
        for algorithm in SignatureAlgorithm.allCases where current(algorithm).count > 1 {
            throw .malformed(path: path, rule: "two current keys for \(algorithm.rawValue)")
        }
    }

    private static func record(_ json: JSON, path: String) throws(KeyFolderError) -> KeyRecord {
        guard let kid = json["kid"]?.string, isFileName(kid) else {
            throw .malformed(path: path, rule: "a kid is missing or not fit for a file name")
        }
        guard let algorithm = json["alg"]?.string.flatMap(SignatureAlgorithm.init(rawValue:)),
            let state = json["state"]?.string.flatMap(KeyState.init(rawValue:)),
            let createdAt = json["created_at"]?.int
        else { throw .malformed(path: path, rule: "alg, state or created_at of \(kid) is missing or unknown") }
        let key: JWK
        do {
            key = try JWK(json: json["jwk"] ?? .null)
        } catch {
            throw .malformed(path: path, rule: "jwk of \(kid): \(error)")
        }
        guard key.kid == kid, key.alg == algorithm.rawValue, key.algorithms == [algorithm] else {
            throw .malformed(path: path, rule: "jwk of \(kid) belongs to another key")
        }
        return KeyRecord(
            kid: kid,
            algorithm: algorithm,
            state: state,
            createdAt: Date(timeIntervalSince1970: Double(createdAt)),
            activatedAt: json["activated_at"]?.int.map { Date(timeIntervalSince1970: Double($0)) },
            retireAt: json["retire_at"]?.int.map { Date(timeIntervalSince1970: Double($0)) },
            publicJWK: key
        )
    }

    /// A kid names a file: letters, digits, `_` and `-`, not a `-` in front, at most 64 of them.
    private static func isFileName(_ kid: String) -> Bool {
        guard (1...64).contains(kid.utf8.count), kid.utf8.first != UInt8(ascii: "-") else { return false }
        return kid.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension JSON {
    /// Whole seconds since 1970 (RFC 7519 §2, NumericDate); a date out of reach becomes the nearest bound.
    static func seconds(_ date: Date) -> JSON {
        let seconds = date.timeIntervalSince1970
        guard seconds.isFinite, abs(seconds) < 1e15 else {
            return .integer(seconds < 0 ? -1_000_000_000_000 : 1_000_000_000_000)
        }
        return .integer(Int64(seconds.rounded(.down)))
    }
}
