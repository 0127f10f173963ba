import ArgumentParser
import Cryptography
import Provider

/// `citygate migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "See and apply changes to the shape of the store.",
        discussion:
            "`citygate serve` applies what is pending by itself; these commands are for those who want to see first.",
        subcommands: [Status.self, Apply.self]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which migrations are applied.")

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            MigrateCommand.show(try await MigrationAdministration(installation.load(guessing: false)).status(), output)
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Apply what is pending.")

        @Flag(name: .long, help: "Print the SQL of all migrations instead, and touch nothing.")
        var print = false

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            if print {
                return output.show(["sql": .string(MigrationAdministration.script)], [MigrationAdministration.script])
            }
            let applied = try await MigrationAdministration(installation.load(guessing: false)).apply()
            if applied.isEmpty {
                output.show([], ["Nothing was pending."])
            } else {
                MigrateCommand.show(applied, output)
            }
        }
    }

    private static func show(_ entries: [MigrationAdministration.Entry], _ output: OutputOptions) {
        let answer = JSON.array(
            entries.map {
                ["number": .integer(Int64($0.number)), "name": .string($0.name), "state": .string($0.state)]
            }
        )
        output.show(
            answer,
            Terminal.table(["NUMBER", "NAME", "STATE"], entries.map { ["\($0.number)", $0.name, $0.state] })
        )
    }
}
