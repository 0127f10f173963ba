import Cryptography
import FoundationEssentials
import OAuth
import Postgres

/// What an operator does to a person's access.
extension Administration {
    /// What a command ended, as it prints it.
    public struct AccessView: Sendable {
        /// One line of JSON: the account masked, with the numbers of sessions and grants that ended.
        public let json: String

        init(_ account: Account, _ ended: AccountAccess.Ended?) {
            var object = (try? JSON(parsing: UserView(account).json))?.object ?? JSONObject()
            if let ended {
                object["ended_sessions"] = .integer(Int64(ended.sessions))
                object["ended_grants"] = .integer(Int64(ended.grants))
            }
            json = JSON.object(object).serialized
        }
    }

    /// Ends every session and grant of an account; relying parties that take notices are told.
    public func logOutUser(_ identifier: String) async throws -> AccessView {
        let account = try await person(identifier)
        return AccessView(account, try await rooms.access.endAll(of: account.id, trace: .commandLine))
    }

    /// Takes an account out of use and ends all it has open. Doing it twice is no error.
    public func disableUser(_ identifier: String) async throws -> AccessView {
        let account = try await person(identifier)
        let ended = try await rooms.access.disable(account.id, trace: .commandLine)
        return AccessView(try await person(identifier), ended ?? AccountAccess.Ended())
    }

    /// Brings an account back into use.
    public func enableUser(_ identifier: String) async throws -> AccessView {
        let account = try await person(identifier)
        _ = try await rooms.access.enable(account.id, trace: .commandLine)
        return AccessView(try await person(identifier), nil)
    }

    /// An account by user name, phone, ID number or `sub`.
    /// - Throws: ``AdministrationFault`` when there is none.
    func person(_ identifier: String) async throws -> Account {
        if let found = try await rooms.accounts.find(AccountIdentifier(typed: identifier)) { return found.account }
        guard let account = try await rooms.accounts.find(subject: identifier) else {
            throw AdministrationFault("There is no such account.", .notFound)
        }
        return account
    }
}
