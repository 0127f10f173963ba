// Accounts
// Owns: tables `account`, `account_key`, `account_agreement`, `national_sync`, `sign_in_throttle`; identifiers, sealed fields,
// passwords, what was agreed to, the throttle.
// Hands off: sessions to Sessions; proof of a phone or document to the rooms that check them.
// Never: a personal field in the clear in the store or in a log; an account found by anything but a blind index.

import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// The accounts of the city's people.
struct Accounts: Sendable {
    let database: Database
    let vault: FieldVault
    let hasher: PasswordHasher

    /// An identifier that somebody else's account holds. Which one is said by the field's name.
    struct Taken: Error { let field: String }

    /// The account behind what a person typed, with its password record.
    func find(_ identifier: AccountIdentifier) async throws -> (account: Account, password: String?)? {
        // Proved identifiers first: a username that imitates somebody's number does not shadow the number.
        for reading in identifier.readings {
            let condition: SQL =
                switch reading {
                case .phone(let phone): "a.phone_index = \(vault.index(phone, .phone))"
                case .residentID(let number): "a.document_index = \(documentIndex(type: "id_card", number: number))"
                case .username(let name): "a.username_index = \(vault.index(name, .username))"
                }
            let row = try await database.row(
                """
                SELECT \(sql: Account.columns), a.password FROM account a JOIN account_key k ON k.account_id = a.id
                WHERE \(sql: condition)
                """
            )
            if let row { return (try Account(row: row, vault: vault), try row.get("password", as: String?.self)) }
        }
        return nil
    }

    /// The account of a phone that somebody proved to hold, 11 digits.
    func find(phone: String) async throws -> Account? {
        try await database.row(
            """
            SELECT \(sql: Account.columns) FROM account a JOIN account_key k ON k.account_id = a.id
            WHERE a.phone_index = \(vault.index(phone, .phone))
            """
        ).map { try Account(row: $0, vault: vault) }
    }

    /// Whether a username serves somebody, without regard to case (journeys.md C4, R5).
    func isTaken(username: String) async throws -> Bool {
        try await database.row(
            "SELECT 1 AS is_there FROM account WHERE username_index = \(vault.index(username.lowercased(), .username))"
        ) != nil
    }

    /// The account of an id.
    func find(_ id: AccountID) async throws -> Account? {
        try await database.row(
            """
            SELECT \(sql: Account.columns) FROM account a JOIN account_key k ON k.account_id = a.id
            WHERE a.id = \(id.uuid)
            """
        ).map { try Account(row: $0, vault: vault) }
    }

    /// The account of a public subject.
    func find(subject: String) async throws -> Account? {
        try await database.row(
            """
            SELECT \(sql: Account.columns) FROM account a JOIN account_key k ON k.account_id = a.id
            WHERE a.subject = \(subject)
            """
        ).map { try Account(row: $0, vault: vault) }
    }

    /// Creates an account, its key and its audit row in one transaction.
    /// - Throws: ``Taken`` when an identifier serves another account; `PostgresError`.
    func create(
        _ new: NewAccount,
        event: AuditEvent = .accountCreated,
        detail: JSON = [:],
        trace: Trace
    ) async throws -> Account {
        let id = AccountID(UUID())
        var password = new.passwordRecord
        if password == nil, let clear = new.password { password = try await hasher.hash(clear.reveal()) }
        let record = password
        let row = try prepared(new, id: id)
        do {
            try await database.transaction { transaction in
                try await transaction.execute(
                    """
                    INSERT INTO account (id, subject, state, level, username_index, phone_index, email_index,
                        document_index, username, phone, email, document, profile, password, created_at, updated_at)
                    VALUES (\(id.uuid), \(Base64URL.encode(Random.bytes(16))), \(new.state.rawValue),
                        \(new.level.rawValue), \(row.usernameIndex), \(row.phoneIndex), \(row.emailIndex),
                        \(row.documentIndex), \(row.username), \(row.phone), \(row.email), \(row.document),
                        \(row.profile), \(record), instant(), instant())
                    """
                )
                try await transaction.execute(
                    """
                    INSERT INTO account_key (account_id, kek_version, wrapped)
                    VALUES (\(id.uuid), \(row.kekVersion), \(row.wrapped))
                    """
                )
                for statement in Self.agreements(new, id) { try await transaction.execute(statement) }
                try await transaction.execute(AuditRecord(event: event, account: id, detail: detail).insertion(trace))
            }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Taken(field: Self.field(ofConstraint: error.constraintName))
        }
        guard let account = try await find(id) else { throw FieldVault.Unreadable() }
        return account
    }

    /// Stores a stronger hash of a password that was just proved right, unless it has changed meanwhile.
    func rehash(_ password: String, of account: Account, from old: String) async throws {
        let record = try await hasher.hash(password)
        try await database.execute(
            "UPDATE account SET password = \(record) WHERE id = \(account.id.uuid) AND password = \(old)"
        )
    }

    /// The statement that begins a new epoch of an account: sessions and grants of the old one are dead wherever they are looked at
    /// (trust.md T34).
    static func beginningEpoch(of account: AccountID) -> SQL {
        """
        UPDATE account SET session_epoch = session_epoch + 1, updated_at = instant() WHERE id = \(account.uuid)
        RETURNING session_epoch
        """
    }

    /// The statement that puts an account into a state; without effect where it is in it.
    static func entering(_ state: Account.State, _ account: AccountID) -> SQL {
        """
        UPDATE account SET state = \(state.rawValue), updated_at = instant()
        WHERE id = \(account.uuid) AND state <> \(state.rawValue) RETURNING id AS account_id
        """
    }

    /// The blind index of a document: one document belongs to at most one account (journeys.md V7).
    func documentIndex(type: String, number: String) -> [UInt8] {
        vault.index("\(type)|\(number.uppercased())", .document)
    }

    /// The sealed columns and blind indexes of a new account.
    struct Prepared {
        var usernameIndex: [UInt8]?
        var phoneIndex: [UInt8]?
        var emailIndex: [UInt8]?
        var documentIndex: [UInt8]?
        var username: [UInt8]?
        var phone: [UInt8]?
        var email: [UInt8]?
        var document: [UInt8]?
        var profile: [UInt8]?
        let kekVersion: Int
        let wrapped: [UInt8]
    }

    func prepared(_ new: NewAccount, id: AccountID) throws -> Prepared {
        let (key, version, wrapped) = try vault.newKey(for: id)
        var row = Prepared(kekVersion: version, wrapped: wrapped)
        if let username = new.username {
            row.usernameIndex = vault.index(username.lowercased(), .username)
            row.username = try vault.seal(username, .username, key)
        }
        if let phone = new.phone {
            row.phoneIndex = vault.index(phone, .phone)
            row.phone = try vault.seal(phone, .phone, key)
        }
        if let email = new.email {
            row.emailIndex = vault.index(email.lowercased(), .email)
            row.email = try vault.seal(email, .email, key)
        }
        if let document = new.document {
            row.documentIndex = documentIndex(
                type: document["type"]?.string ?? "",
                number: document["number"]?.string ?? ""
            )
            row.document = try vault.seal(document.text, .document, key)
        }
        row.profile = try vault.seal(new.profile.text, .profile, key)
        return row
    }

    static func field(ofConstraint name: String?) -> String {
        switch name {
        case "account_username_index_key": "username"
        case "account_phone_index_key": "phone"
        case "account_email_index_key": "email"
        case "account_document_index_key": "document"
        default: "account"
        }
    }
}
