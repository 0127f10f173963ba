import ArgumentParser
import Cryptography
import Provider

/// `citygate user`
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Make accounts, look at them, and end their access.",
        discussion: "Personal fields are shown masked.",
        subcommands: [Create.self, Show.self, Import.self, Logout.self, Disable.self, Enable.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account.",
            discussion: """
                The password is the first line of a file, so that it stands in no process list: --password-file FILE, or - for standard input. \
                Without one a password is made and printed this once.
                """
        )

        @Option(name: .long, help: "6 to 20 letters, digits and underscores, a letter first.")
        var username: String?

        @Option(name: .long, help: "A mainland mobile number.")
        var phone: String?

        @Option(name: .long, help: "An e-mail address that is known to be the person's.")
        var email: String?

        @Option(
            name: .long,
            help: ArgumentHelp("Where the password stands; “-” reads standard input.", valueName: "path")
        )
        var passwordFile: String?

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let given = try passwordFile.map(InputFile.firstLine)
            let password = given ?? MadePassword.make()
            let draft = Administration.UserDraft(username: username, phone: phone, email: email, password: password)
            let view = try await Administration.perform(installation.load()) { try await $0.createUser(draft) }
            guard given == nil, var object = try JSON(parsing: view.json).object else {
                return UserCommand.show(view.json, output)
            }
            object["password"] = .string(password)
            UserCommand.show(JSON.object(object).serialized, output)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an account.")

        @Argument(help: "A username, phone, ID number or sub.")
        var account: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let account = account
            UserCommand.show(
                try await Administration.perform(installation.load()) { try await $0.showUser(account) }.json,
                output
            )
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people with filled profiles from a file. Only in a sandbox; twice changes nothing.",
            discussion: """
                Members: username, phone, email, password, level (L1 to L4), id_type, id_number, id_name, state, and claims of OpenID Connect \
                Core §5.1 under their own names.
                """
        )

        @Argument(help: "A JSON object, an array of them, or one a line; “-” reads standard input.")
        var file: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let bytes = try InputFile.bytes(file)
            let views = try await Administration.perform(installation.load()) { try await $0.importUsers(bytes) }
            if output.json { return Terminal.say("[" + views.map(\.json).joined(separator: ",") + "]") }
            let rows = views.map { view -> [String] in
                let user = (try? JSON(parsing: view.json)) ?? .null
                return ["username", "phone", "level", "state"].map { user[$0]?.string ?? "–" } + [view.subject]
            }
            for line in Terminal.table(["USERNAME", "PHONE", "LEVEL", "STATE", "SUB"], rows) { Terminal.say(line) }
        }
    }

    private static func show(_ json: String, _ output: OutputOptions) {
        if output.json { Terminal.say(json) } else { Terminal.say(members: json) }
    }
}

/// A password for an account that was made without one.
enum MadePassword {
    /// 16 letters and digits without those that look alike, some of each: about 92 bits.
    static func make() -> String {
        let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789")
        while true {
            // 224 is the largest multiple of the 56 signs that a byte can hold: no sign comes more often than another.
            let signs = Random.bytes(64).filter { $0 < 224 }.prefix(16).map { alphabet[Int($0) % alphabet.count] }
            if signs.count == 16, signs.contains(where: \.isNumber), signs.contains(where: \.isLetter) {
                return String(signs)
            }
        }
    }
}
