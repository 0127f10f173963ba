import Cryptography
import FoundationEssentials
import OAuth
import Postgres

// What an operator does about clients that register themselves (RFC 7591, RFC 7592).

extension Administration {
    /// What an initial access token is to be good for.
    public struct RegistrationTokenOrder: Sendable {
        /// How many clients it registers; 1 to 1,000.
        public var uses = 1
        /// How long it is good, in seconds; 90 days at most.
        public var lifetime = 86_400
        /// What it is for, in the operator's words.
        public var note: String?
        /// Scopes its clients may register, in one word with spaces; nil for those of every client.
        public var scope: String?
        /// Audiences they may register.
        public var resources: [String] = []
        /// Claims of identity data they may be entitled to.
        public var realnameClaims: [String] = []
        /// The highest level they may ask for: `L2` or its `acr` value; nil for all.
        public var maximumLevel: String?
        /// Grants they may register; empty for all.
        public var grantTypes: [String] = []
        /// Hosts their redirect URIs may have; empty for any.
        public var redirectHosts: [String] = []
        /// They need a software statement.
        public var requiresSoftwareStatement = false

        /// One registration within a day.
        public init() {}
    }

    /// An initial access token as a command prints it.
    public struct RegistrationTokenView: Sendable {
        /// The token, only right after it was made.
        public let token: String?
        /// `id`, `note`, `uses_left`, `expires_at`, `state`, the constraints and, once, `initial_access_token`.
        public let json: String

        init(_ entry: InitialAccessTokens.Entry, token: Secret<String>? = nil) {
            self.token = token?.reveal()
            var object = JSONObject()
            object["id"] = .string(entry.id)
            if let token { object["initial_access_token"] = .string(token.reveal()) }
            if let note = entry.note { object["note"] = .string(note) }
            object["uses_left"] = .integer(Int64(entry.usesLeft))
            object["expires_at"] = .string(entry.expiresAt.formatted(.iso8601))
            object["state"] = entry.isLive ? "live" : "ended"
            object["constraints"] = entry.allowance.json
            json = JSON.object(object).serialized
        }
    }

    /// A duration such as `24h` in whole seconds; nil for anything else.
    public static func seconds(_ text: String) -> Int? {
        DurationText.parse(text).map { Int($0.components.seconds) }
    }

    /// Makes an initial access token.
    /// - Throws: ``AdministrationFault`` in words; `PostgresError`.
    public func makeRegistrationToken(_ order: RegistrationTokenOrder) async throws -> RegistrationTokenView {
        guard rooms.capabilities.endpoints.registration != nil else {
            throw AdministrationFault(
                "Clients may not register themselves here: clients.registration is false.",
                .refused
            )
        }
        guard (1...InitialAccessTokens.mostUses).contains(order.uses) else {
            throw AdministrationFault("A token is good for 1 to \(InitialAccessTokens.mostUses) registrations.")
        }
        guard (1...InitialAccessTokens.longestLifetime).contains(order.lifetime) else {
            throw AdministrationFault("A token lives from 1 s to 90 d.")
        }
        guard (order.note?.utf8.count ?? 0) <= 200 else { throw AdministrationFault("A note has at most 200 bytes.") }
        try await rooms.partitions.ensure(today: Day(of: rooms.clock.now))
        let (token, entry) = try await rooms.initialAccessTokens.issue(
            try allowance(order),
            uses: order.uses,
            lifetime: order.lifetime,
            note: order.note,
            trace: .commandLine
        )
        return RegistrationTokenView(entry, token: token)
    }

    private func allowance(_ order: RegistrationTokenOrder) throws -> RegistrationAllowance {
        var allowance = RegistrationAllowance()
        if let scope = order.scope {
            do {
                allowance.scope = try Scope(parsing: scope)
            } catch {
                throw AdministrationFault("The scope is not a list of scope names.")
            }
        }
        allowance.resources = order.resources
        allowance.realnameClaims = order.realnameClaims
        for claim in order.realnameClaims where !UserInfo.realNameClaims.contains(claim) {
            throw AdministrationFault(
                "\(claim) is no claim of identity data; there are: \(UserInfo.realNameClaims.joined(separator: ", "))."
            )
        }
        if let text = order.maximumLevel {
            let level = AssuranceLevel(acr: text) ?? AssuranceLevel.allCases.first { "L\($0.rawValue)" == text }
            guard let level else { throw AdministrationFault("A level is one of L1, L2, L3, L4.") }
            allowance.maximumLevel = level
        }
        if !order.grantTypes.isEmpty {
            allowance.grantTypes = try order.grantTypes.map { name in
                guard let grant = GrantType(rawValue: name),
                    rooms.capabilities.registrableGrantTypes.contains(grant)
                else { throw AdministrationFault("\(name) is no grant of this server.") }
                return grant
            }
        }
        allowance.redirectHosts = order.redirectHosts
        allowance.requiresSoftwareStatement = order.requiresSoftwareStatement
        if order.requiresSoftwareStatement, rooms.configuration.clients.softwareStatementIssuers.isEmpty {
            throw AdministrationFault(
                "Nobody may make software statements: set clients.software_statement_issuers_file."
            )
        }
        return allowance
    }

    /// The newest hundred initial access tokens.
    public func listRegistrationTokens() async throws -> [RegistrationTokenView] {
        try await rooms.initialAccessTokens.list().map { RegistrationTokenView($0) }
    }

    /// Ends an initial access token; clients that came by it stay.
    /// - Throws: ``AdministrationFault`` where there is none.
    public func revokeRegistrationToken(_ id: String) async throws {
        guard try await rooms.initialAccessTokens.revoke(id, trace: .commandLine) else {
            throw AdministrationFault("There is no registration token \(id).", .notFound)
        }
    }

    /// A new registration access token for a client, in place of one that was lost or told; a client that an operator made manages itself by it
    /// from then on, within what every client may.
    /// - Returns: `client_id`, `registration_access_token` and `registration_client_uri` as one line of JSON.
    public func renewRegistrationAccess(_ id: String) async throws -> String {
        _ = try await known(id)
        guard let address = rooms.capabilities.endpoints.registration else {
            throw AdministrationFault(
                "Clients may not register themselves here: clients.registration is false.",
                .refused
            )
        }
        let token = try await rooms.clients.renewRegistrationAccess(
            id,
            allowance: RegistrationAllowance(),
            trace: .commandLine
        )
        return JSON.object([
            ("client_id", .string(id)), ("registration_access_token", .string(token.reveal())),
            ("registration_client_uri", .string("\(address)/\(id)")),
        ]).serialized
    }
}
