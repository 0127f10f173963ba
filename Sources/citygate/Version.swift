import ArgumentParser
import Cryptography
import Provider

/// `citygate version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @OptionGroup var output: OutputOptions

    func run() {
        output.show(["version": .string(ProductVersion.current)], ["citygate \(ProductVersion.current)"])
    }
}
