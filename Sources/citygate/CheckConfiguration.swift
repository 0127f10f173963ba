import ArgumentParser
import Cryptography
import Provider

/// `citygate check-config`
struct CheckConfigurationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Name every fault of a configuration at once.",
        discussion: "Exit code 0 when there is none, 2 otherwise. Starts nothing."
    )

    @OptionGroup var installation: InstallationOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        do {
            _ = try installation.load(guessing: false)
            output.show(["faults": []], ["The configuration has no fault."])
        } catch let faults as ConfigurationFaults where output.json {
            let list = faults.faults.map { fault -> JSON in
                ["setting": .string(fault.key), "source": .string(fault.source), "fault": .string(fault.sentence)]
            }
            output.show(["faults": .array(list)], [])
            throw ExitCode(Diagnosis.Kind.usage.rawValue)
        }
    }
}
