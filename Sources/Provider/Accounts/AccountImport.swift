import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// Accounts brought in whole, by an operator's file (sandbox only): running it twice changes nothing.
extension Accounts {
    /// Creates the account, or brings the one with the same username or phone to what the file says.
    /// - Throws: ``Taken`` when another account holds one of the identifiers.
    func put(_ new: NewAccount, trace: Trace) async throws -> Account {
        let known = [new.username, new.phone].compactMap { $0 }.map(AccountIdentifier.init(typed:))
        for identifier in known {
            if let (account, _) = try await find(identifier) {
                return try await replace(account, with: new, trace: trace)
            }
        }
        return try await create(new, event: .accountImported, trace: trace)
    }

    private func replace(_ account: Account, with new: NewAccount, trace: Trace) async throws -> Account {
        var record = new.passwordRecord
        if record == nil, let clear = new.password { record = try await hasher.hash(clear.reveal()) }
        let row = try prepared(new, id: account.id)
        let password = record
        do {
            try await database.transaction { transaction in
                try await transaction.execute(
                    """
                    UPDATE account SET state = \(new.state.rawValue), level = \(new.level.rawValue),
                        username_index = \(row.usernameIndex), phone_index = \(row.phoneIndex),
                        email_index = \(row.emailIndex), document_index = \(row.documentIndex),
                        username = \(row.username), phone = \(row.phone), email = \(row.email),
                        document = \(row.document), profile = \(row.profile),
                        password = coalesce(\(password), password), updated_at = instant()
                    WHERE id = \(account.id.uuid)
                    """
                )
                try await transaction.execute(
                    """
                    UPDATE account_key SET kek_version = \(row.kekVersion), wrapped = \(row.wrapped)
                    WHERE account_id = \(account.id.uuid)
                    """
                )
                try await transaction.execute(
                    AuditRecord(event: .accountImported, account: account.id).insertion(trace)
                )
            }
        } catch let error as PostgresError where error.isUniqueViolation {
            throw Taken(field: Self.field(ofConstraint: error.constraintName))
        }
        guard let replaced = try await find(account.id) else { throw FieldVault.Unreadable() }
        return replaced
    }
}
