import ArgumentParser
import Provider

/// `citygate print-config`
struct PrintConfigurationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print-config",
        abstract: "Print the configuration in force, with the source of each value.",
        discussion: "Secrets print as ‹secret›; there is no way to have them printed."
    )

    @Flag(name: .long, help: "As it always is; for scripts that want to be sure.")
    var redacted = false

    @OptionGroup var installation: InstallationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try installation.load(guessing: false)
        output.show(configuration.redactedJSON, configuration.redactedYAML.split(separator: "\n").map(String.init))
    }
}
