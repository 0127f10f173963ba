import ArgumentParser
import Cryptography
import Provider

/// `citygate client`
struct ClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Register relying parties and change them.",
        discussion: "Metadata has the names of RFC 7591. A running server takes a change over at once.",
        subcommands: [
            Create.self, Show.self, List.self, Update.self, Disable.self, RotateSecret.self, Import.self,
            LogoutDeliveries.self,
            RegistrationToken.self, RegistrationTokens.self, RevokeRegistrationToken.self, RegistrationAccess.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a client, and print its secret this once.",
            discussion: """
                Example: citygate client create --name 住房公积金 --redirect-uri https://gjj.example.gov.cn/callback --scope "openid profile"
                """
        )

        @Option(name: .long, help: "A client_id of your choice; else one is made.")
        var id: String?

        @OptionGroup var metadata: ClientMetadataOptions
        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, bytes) = (id, try metadata.members(for: "A client").bytes)
            let view = try await Administration.perform(installation.load()) { administration in
                try await administration.createClient(id: id, metadata: bytes)
            }
            ClientCommand.show(view, output)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a client's registration.")

        @Argument(help: "The client_id.")
        var id: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            ClientCommand.show(
                try await Administration.perform(installation.load()) { try await $0.showClient(id) },
                output
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all clients.")

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            ClientCommand.list(
                try await Administration.perform(installation.load()) { try await $0.listClients() },
                output
            )
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change members of a client's registration; the others stay.",
            discussion: "In a file, a member set to null goes back to its default."
        )

        @Argument(help: "The client_id.")
        var id: String

        @OptionGroup var metadata: ClientMetadataOptions
        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, bytes) = (id, try metadata.members(for: "A change").bytes)
            let view = try await Administration.perform(installation.load()) { administration in
                try await administration.updateClient(id, changes: bytes)
            }
            ClientCommand.show(view, output)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a client out of service.")

        @Argument(help: "The client_id.")
        var id: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            ClientCommand.show(
                try await Administration.perform(installation.load()) { try await $0.disableClient(id) },
                output
            )
        }
    }

    struct RotateSecret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a client a new secret, and print it this once; the old one works for another day."
        )

        @Argument(help: "The client_id.")
        var id: String

        @Flag(name: .long, help: "End the old secrets at once, as after one became known.")
        var atOnce = false

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, atOnce) = (id, atOnce)
            ClientCommand.show(
                try await Administration.perform(installation.load()) {
                    try await $0.rotateClientSecret(id, atOnce: atOnce)
                },
                output
            )
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take clients with given ids and secrets from a file. Only in a sandbox; twice changes nothing."
        )

        @Argument(help: "A JSON object, an array of them, or one a line; “-” reads standard input.")
        var file: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let bytes = try InputFile.bytes(file)
            ClientCommand.list(
                try await Administration.perform(installation.load()) { try await $0.importClients(bytes) },
                output
            )
        }
    }

    private static func show(_ view: Administration.ClientView, _ output: OutputOptions) {
        if output.json { return Terminal.say(view.json) }
        Terminal.say(members: view.json)
    }

    private static func list(_ views: [Administration.ClientView], _ output: OutputOptions) {
        if output.json { return Terminal.say("[" + views.map(\.json).joined(separator: ",") + "]") }
        let rows = views.map { view -> [String] in
            let metadata = (try? JSON(parsing: view.json)) ?? .null
            return [
                view.id, view.isEnabled ? "active" : "disabled", metadata["token_endpoint_auth_method"]?.string ?? "–",
                metadata["client_name"]?.string ?? "–",
            ]
        }
        for line in Terminal.table(["CLIENT", "STATE", "METHOD", "NAME"], rows) { Terminal.say(line) }
    }
}
