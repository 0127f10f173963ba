import Cryptography
import FoundationEssentials

/// Seals the personal fields of accounts and finds accounts without opening them (trust.md 5.2).
///
/// Each account has a data key of its own, wrapped by a key-encryption key that never enters the database: a stolen dump
/// shows no name or number, and erasing a person for good is erasing one wrapped key. Equality is found by an HMAC
/// over the canonical form, with a key per field, since seven billion phone numbers make a plain hash worthless.
struct FieldVault: Sendable {
    /// A personal column: part of what the seal authenticates, so that a value cannot be moved to another place.
    enum Field: String, Sendable {
        case username, phone, email, document, profile
    }

    /// An account's data key, opened.
    struct DataKey: Sendable {
        let account: AccountID
        let bytes: Secret<[UInt8]>
        /// The account's part of what each seal authenticates, spelled once for all fields.
        fileprivate let row: String

        init(account: AccountID, bytes: Secret<[UInt8]>) {
            self.account = account
            self.bytes = bytes
            row = account.uuid.uuidString
        }
    }

    /// What cannot be opened was moved, altered, or sealed under a key that is gone.
    struct Unreadable: Error {}

    private let kek: [Int: Secret<[UInt8]>]
    private let currentKEK: Int
    private let indexKeys: Secret<[UInt8]>

    /// - Parameters:
    ///   - kek: key-encryption keys by version, 32 bytes each; the highest version wraps new keys.
    ///   - index: the key from which each field's index key is derived, 32 bytes.
    init(kek: [Int: Secret<[UInt8]>], index: Secret<[UInt8]>) {
        self.kek = kek
        currentKEK = kek.keys.max() ?? 0
        indexKeys = index
    }

    /// A fresh data key for an account, and its wrapped form for the database.
    func newKey(for account: AccountID) throws -> (key: DataKey, version: Int, wrapped: [UInt8]) {
        guard let wrapping = kek[currentKEK] else { throw Unreadable() }
        let bytes = Random.bytes(32)
        let wrapped = try AESGCM.seal(
            bytes,
            key: wrapping.reveal(),
            aad: Self.aad(account.uuid.uuidString, "key", currentKEK)
        )
        return (DataKey(account: account, bytes: Secret(bytes)), currentKEK, wrapped)
    }

    /// Opens a wrapped data key.
    func unwrap(_ wrapped: [UInt8], version: Int, for account: AccountID) throws -> DataKey {
        guard let wrapping = kek[version] else { throw Unreadable() }
        let bytes = try AESGCM.open(
            wrapped,
            key: wrapping.reveal(),
            aad: Self.aad(account.uuid.uuidString, "key", version)
        )
        return DataKey(account: account, bytes: Secret(bytes))
    }

    func seal(_ text: String, _ field: Field, _ key: DataKey) throws -> [UInt8] {
        try AESGCM.seal(Array(text.utf8), key: key.bytes.reveal(), aad: Self.aad(key.row, field.rawValue, 1))
    }

    func open(_ sealed: [UInt8], _ field: Field, _ key: DataKey) throws -> String {
        let bytes = try AESGCM.open(sealed, key: key.bytes.reveal(), aad: Self.aad(key.row, field.rawValue, 1))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The blind index of a canonical value.
    func index(_ canonical: String, _ field: Field) -> [UInt8] {
        let key = HMAC.sha256(key: indexKeys.reveal(), Array("citygate.index.\(field.rawValue)".utf8))
        return HMAC.sha256(key: key, Array(canonical.utf8))
    }

    /// table ‖ column ‖ row ‖ key version (trust.md T23).
    private static func aad(_ row: String, _ column: String, _ version: Int) -> [UInt8] {
        Array("account|\(column)|\(row)|\(version)".utf8)
    }
}
