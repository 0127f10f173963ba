import Postgres

/// What stands beside a new account, written in its own transaction: what the person agreed to, and who else is to hear of it.
extension Accounts {
    static func agreements(_ new: NewAccount, _ id: AccountID) -> [SQL] {
        var statements: [SQL] = []
        if let version = new.agreedTerms { statements.append(agreement(to: "terms", version, id)) }
        guard new.syncsToNationalPlatform else { return statements }
        statements.append(agreement(to: "national_sync", "1", id))
        statements.append(
            """
            INSERT INTO national_sync (account_id, event, created_at, due_at)
            VALUES (\(id.uuid), 'registered', instant(), instant())
            """
        )
        return statements
    }

    /// Each consent is a row of its own: one can be given without the other, and be withdrawn alone.
    private static func agreement(to document: String, _ version: String, _ id: AccountID) -> SQL {
        """
        INSERT INTO account_agreement (account_id, document, version, agreed_at)
        VALUES (\(id.uuid), \(document), \(version), instant())
        """
    }
}
