import Cryptography
import FoundationEssentials
import OAuth
import Postgres

extension Administration {
    /// An account as a command prints it: masked, for an operator's screen.
    public struct UserView: Sendable {
        /// `sub`
        public let subject: String
        /// Everything as one line of JSON.
        public let json: String

        init(_ account: Account) {
            subject = account.subject
            var object = JSONObject()
            object["sub"] = .string(account.subject)
            object["state"] = .string(account.state.rawValue)
            object["level"] = .string("L\(account.level.rawValue)")
            if let username = account.username { object["username"] = .string(Mask.username(username)) }
            if let phone = account.phone { object["phone"] = .string(Mask.phone(phone)) }
            if let name = account.document?["name"]?.string { object["name"] = .string(Mask.name(name)) }
            json = JSON.object(object).serialized
        }
    }

    /// What a new account is made of.
    public struct UserDraft: Sendable {
        /// 6–20 letters, digits, underscores, first a letter.
        public var username: String?
        /// 11 digits.
        public var phone: String?
        /// An e-mail address that is known to be the person's.
        public var email: String?
        /// By the rules of the manual.
        public var password: String

        /// A draft.
        public init(username: String?, phone: String?, email: String? = nil, password: String) {
            self.username = username
            self.phone = phone
            self.email = email
            self.password = password
        }
    }

    /// Creates an account.
    public func createUser(_ draft: UserDraft) async throws -> UserView {
        if let username = draft.username, !AccountIdentifier.isUsername(username) {
            throw AdministrationFault("A user name has 6 to 20 letters, digits or underscores, first a letter.")
        }
        if let phone = draft.phone, !AccountIdentifier.isMainlandMobile(phone) {
            throw AdministrationFault("A phone number has 11 digits and begins with 13 to 19.")
        }
        guard draft.username != nil || draft.phone != nil else {
            throw AdministrationFault("An account needs a user name or a phone number.")
        }
        let settings = rooms.configuration.passwords
        let rules = PasswordRules(shortest: settings.shortest, longest: settings.longest)
        if let fault = rules.fault(in: draft.password, username: draft.username, phone: draft.phone) {
            throw AdministrationFault("The password cannot be used: \(fault.sentence).")
        }
        let new = NewAccount(
            username: draft.username,
            phone: draft.phone,
            email: draft.email,
            password: Secret(draft.password)
        )
        do {
            return UserView(try await rooms.accounts.create(new, trace: .commandLine))
        } catch let taken as Accounts.Taken {
            throw AdministrationFault("The \(taken.field) serves another account.", .refused)
        }
    }

    /// An account by user name, phone, ID number or `sub`.
    public func showUser(_ identifier: String) async throws -> UserView {
        UserView(try await person(identifier))
    }

    /// Brings in accounts with filled profiles. Sandbox only; twice changes nothing.
    ///
    /// An entry is a JSON object with `username`, `phone`, `email`, `password`, `level` (`L1`–`L4` or 1–4), `id_type`,
    /// `id_number`, `id_name`, `state`, and claims of OIDC Core §5.1 under their own names.
    public func importUsers(_ file: [UInt8]) async throws -> [UserView] {
        try requireSandbox()
        var views: [UserView] = []
        for entry in try entries(file) {
            do {
                views.append(UserView(try await rooms.accounts.put(try Self.account(entry), trace: .commandLine)))
            } catch let taken as Accounts.Taken {
                throw AdministrationFault("The \(taken.field) of an entry serves another account.", .refused)
            }
        }
        return views
    }

    private static func account(_ entry: JSON) throws -> NewAccount {
        guard let members = entry.object else { throw AdministrationFault("A user is a JSON object.") }
        func text(_ names: String...) -> String? { names.lazy.compactMap { members[$0]?.string }.first }
        var new = NewAccount()
        new.username = text("username", "preferred_username")
        new.phone = text("phone", "phone_number").map { $0.hasPrefix("+86") ? String($0.dropFirst(3)) : $0 }
        new.email = text("email")
        new.password = text("password").map { Secret($0) }
        new.level = try level(members["level"])
        if let state = text("state") {
            guard let known = Account.State(rawValue: state) else {
                throw AdministrationFault("Unknown state \(state).")
            }
            new.state = known
        }
        guard new.username != nil || new.phone != nil else {
            throw AdministrationFault("A user needs a username or a phone.")
        }
        let name = text("id_name", "real_name", "name")
        if new.level > .l1 || members["id_number"] != nil {
            // A verified person has a document; an invented one gets an invented number.
            let number = text("id_number") ?? ResidentID.synthetic(for: new.username ?? new.phone ?? "")
            new.document = [
                "type": .string(text("id_type") ?? "id_card"), "number": .string(number),
                "name": .string(name ?? new.username ?? ""),
            ]
        }
        let own = [
            "username", "phone", "phone_number", "email", "password", "level", "state", "id_type", "id_number",
            "id_name", "real_name", "preferred_username", "sub", "phone_number_verified", "email_verified",
        ]
        var profile = JSONObject()
        for (claim, value) in members where !own.contains(claim) { profile[claim] = value }
        new.profile = .object(profile)
        return new
    }

    private static func level(_ value: JSON?) throws -> AssuranceLevel {
        guard let value else { return .l1 }
        let number =
            value.int.map(Int.init) ?? value.string.flatMap { Int($0.hasPrefix("L") ? String($0.dropFirst()) : $0) }
        guard let number, let level = AssuranceLevel(rawValue: number) else {
            throw AdministrationFault("A level is L1, L2, L3 or L4.")
        }
        return level
    }
}
