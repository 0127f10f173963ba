import ArgumentParser
import Provider

extension UserCommand {
    /// `citygate user logout`
    struct Logout: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End every session and every token of an account, at all servers and relying parties.",
            discussion: "Relying parties that registered a backchannel_logout_uri are told."
        )

        @OptionGroup var person: AccessOptions

        func run() async throws { try await person.perform { try await $0.logOutUser($1) } }
    }

    /// `citygate user disable`
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an account out of use: no login, and all it has open ends."
        )

        @OptionGroup var person: AccessOptions

        func run() async throws { try await person.perform { try await $0.disableUser($1) } }
    }

    /// `citygate user enable`
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring an account back into use. What was ended stays ended."
        )

        @OptionGroup var person: AccessOptions

        func run() async throws { try await person.perform { try await $0.enableUser($1) } }
    }
}

/// Whom a command is about, and where.
struct AccessOptions: ParsableArguments {
    @Argument(help: "A username, phone, ID number or sub.")
    var account: String

    @OptionGroup var installation: InstallationOptions
    @OptionGroup var output: OutputOptions

    func perform(
        _ act: @escaping @Sendable (Administration, String) async throws -> Administration.AccessView
    ) async throws {
        let account = account
        let view = try await Administration.perform(installation.load()) { try await act($0, account) }
        if output.json { Terminal.say(view.json) } else { Terminal.say(members: view.json) }
    }
}
