import Postgres

extension AccountAccess {
    /// A new password after a recovery (journeys.md P4): whatever was logged in or allowed before is over in the same transaction.
    func resetPassword(of account: AccountID, to record: String, trace: Trace) async throws {
        try await database.transaction { transaction in
            try await transaction.execute(Accounts.settingPassword(of: account, to: record))
            try await transaction.execute(AuditRecord(event: .passwordReset, account: account).insertion(trace))
            _ = try await Self.endAll(of: account, keeping: nil, in: transaction, trace: trace)
        }
    }
}
