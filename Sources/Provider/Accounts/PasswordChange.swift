import Postgres

extension Accounts {
    /// The record of an account's password; nil when it has none.
    func passwordRecord(of account: AccountID) async throws -> String? {
        try await database.row("SELECT password FROM account WHERE id = \(account.uuid)")?
            .get("password", as: String?.self)
    }

    /// The statement that sets a new password: run it in the transaction that ends what the old one opened.
    static func settingPassword(of account: AccountID, to record: String) -> SQL {
        "UPDATE account SET password = \(record), updated_at = instant() WHERE id = \(account.uuid)"
    }
}
