import ArgumentParser
import Cryptography
import Provider

extension ClientCommand {
    /// `citygate client registration-token`
    struct RegistrationToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token with which a client registers itself (RFC 7591), and print it this once.",
            discussion: """
                The token alone stands on standard output. Example: \
                citygate client registration-token --uses 5 --lifetime 7d --redirect-host example.gov.cn
                """
        )

        @Option(name: .long, help: "How many clients it registers.")
        var uses = 1

        @Option(name: .long, help: "How long it is good, such as 30m, 24h or 7d; 90d at most.")
        var lifetime = "24h"

        @Option(name: .long, help: "What it is for, shown in the list.")
        var note: String?

        @Option(
            name: .long,
            help: ArgumentHelp("Scopes its clients may register, in one word with spaces.", valueName: "scopes")
        )
        var scope: String?

        @Option(name: .long, help: ArgumentHelp("A resource they may register; may be repeated.", valueName: "uri"))
        var resource: [String] = []

        @Option(
            name: .long,
            help: ArgumentHelp("A claim of identity data they may be entitled to; may be repeated.", valueName: "claim")
        )
        var realnameClaim: [String] = []

        @Option(name: .long, help: ArgumentHelp("The highest level they may ask for, such as L2.", valueName: "level"))
        var maximumLevel: String?

        @Option(name: .long, help: ArgumentHelp("A grant they may register; may be repeated.", valueName: "grant"))
        var grantType: [String] = []

        @Option(
            name: .long,
            help: ArgumentHelp("A host their redirect URIs may have, or be below; may be repeated.", valueName: "host")
        )
        var redirectHost: [String] = []

        @Flag(name: .long, help: "They need a software statement of an issuer in the configuration.")
        var requireSoftwareStatement = false

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var order = Administration.RegistrationTokenOrder()
            order.uses = uses
            guard let seconds = Administration.seconds(lifetime) else {
                throw Diagnosis(.usage, "--lifetime takes a whole number and a unit (s, m, h, d), such as 24h.")
            }
            order.lifetime = seconds
            order.note = note
            order.scope = scope
            order.resources = resource
            order.realnameClaims = realnameClaim
            order.maximumLevel = maximumLevel
            order.grantTypes = grantType
            order.redirectHosts = redirectHost
            order.requiresSoftwareStatement = requireSoftwareStatement
            let asked = order
            let view = try await Administration.perform(installation.load()) { administration in
                try await administration.makeRegistrationToken(asked)
            }
            Terminal.say(output.json ? view.json : view.token ?? "")
        }
    }

    /// `citygate client registration-tokens`
    struct RegistrationTokens: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tokens for registration; none is shown itself."
        )

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let views = try await Administration.perform(installation.load()) { try await $0.listRegistrationTokens() }
            if output.json { return Terminal.say("[" + views.map(\.json).joined(separator: ",") + "]") }
            let rows = views.map { view -> [String] in
                let entry = (try? JSON(parsing: view.json)) ?? .null
                return ["id", "state", "uses_left", "expires_at", "note"].map { name in
                    entry[name]?.string ?? entry[name]?.int.map { String($0) } ?? "–"
                }
            }
            for line in Terminal.table(["ID", "STATE", "LEFT", "EXPIRES", "NOTE"], rows) { Terminal.say(line) }
        }
    }

    /// `citygate client revoke-registration-token`
    struct RevokeRegistrationToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token for registration; clients that came by it stay."
        )

        @Argument(help: "Its id, as registration-tokens shows it.")
        var id: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            try await Administration.perform(installation.load()) { try await $0.revokeRegistrationToken(id) }
            output.show(.object([("id", .string(id)), ("state", "ended")]), ["\(id) ended."])
        }
    }

    /// `citygate client registration-access`
    struct RegistrationAccess: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Give a client a new token for its own registration (RFC 7592), and print it this once; the old one ends."
        )

        @Argument(help: "The client_id.")
        var id: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            let json = try await Administration.perform(installation.load()) {
                try await $0.renewRegistrationAccess(id)
            }
            if output.json { Terminal.say(json) } else { Terminal.say(members: json) }
        }
    }
}
