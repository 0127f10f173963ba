import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// One citizen's account, its personal fields opened.
struct Account: Sendable {
    enum State: String, Sendable { case active, locked, disabled }

    let id: AccountID
    /// The public `sub` (OIDC Core §2): never reassigned.
    let subject: String
    let state: State
    let level: AssuranceLevel
    /// Sessions and grants of an older epoch are dead (trust.md T34).
    let sessionEpoch: Int
    let username: String?
    let phone: String?
    let email: String?
    /// `{type, number, name, valid_from?, valid_to?}` of the verified document.
    let document: JSON?
    /// Standard claims the person or an operator filled in, under their OIDC names (OIDC Core §5.1).
    let profile: JSON

    /// The columns ``init(row:vault:)`` reads, for a statement that joins `account a` and `account_key k`.
    static let columns: SQL = """
        a.id, a.subject, a.state, a.level, a.session_epoch, a.username, a.phone, a.email, a.document, a.profile,
        k.kek_version, k.wrapped
        """

    init(row: Row, vault: FieldVault) throws {
        let id = AccountID(try row.get("id", as: UUID.self))
        let key = try vault.unwrap(row.get("wrapped"), version: row.get("kek_version"), for: id)
        func opened(_ column: String, _ field: FieldVault.Field) throws -> String? {
            try row.get(column, as: [UInt8]?.self).map { try vault.open($0, field, key) }
        }
        guard let state = State(rawValue: try row.get("state")),
            let level = AssuranceLevel(rawValue: try row.get("level"))
        else { throw FieldVault.Unreadable() }
        self.id = id
        self.state = state
        self.level = level
        subject = try row.get("subject")
        sessionEpoch = try row.get("session_epoch")
        username = try opened("username", .username)
        phone = try opened("phone", .phone)
        email = try opened("email", .email)
        document = try opened("document", .document).map { try JSON(parsing: Array($0.utf8)) }
        profile = try opened("profile", .profile).map { try JSON(parsing: Array($0.utf8)) } ?? [:]
    }
}

/// What a new account starts with.
struct NewAccount: Sendable {
    var username: String?
    var phone: String?
    var email: String?
    var password: Secret<String>?
    /// An Argon2id record made before; wins over `password` (the sandbox's personas share one).
    var passwordRecord: String?
    var level: AssuranceLevel = .l1
    var state: Account.State = .active
    /// `{type, number, name}`; needed from L2 on.
    var document: JSON?
    var profile: JSON = [:]
    /// The version of the user agreement that the person agreed to; nil for accounts that nobody registered.
    var agreedTerms: String?
    /// Whether the person wants the national platform to know this account (journeys.md R1, N3).
    var syncsToNationalPlatform = false
}
