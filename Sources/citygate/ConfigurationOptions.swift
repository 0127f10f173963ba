import ArgumentParser
import FoundationEssentials
import Provider

/// Which configuration a command works with.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file; else CITYGATE_CONFIG names it.", valueName: "file")
    )
    var config: String?

    /// Reads and checks the configuration.
    func load(_ mode: Configuration.Mode, _ options: [SettingOption] = []) throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        return try Configuration.load(
            file: config ?? environment["CITYGATE_CONFIG"],
            environment: environment,
            options: options,
            mode: mode
        )
    }
}

/// Which installation a command works on: a production server's or a sandbox's. A sandbox leaves a mark in its state folder, so that
/// commands beside it need no flag; where no server ever ran, an issuer that only a sandbox can have decides.
struct InstallationOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOptions

    @Flag(name: .long, help: "Work on the sandbox: read the configuration as `citygate sandbox` reads it.")
    var sandbox = false

    /// Reads and checks the configuration.
    ///
    /// - Parameter guessing: false for commands that must not mistake a half-configured production server for a sandbox.
    /// - Returns: the configuration of the installation found.
    /// - Throws: ``ConfigurationFaults``.
    func load(guessing: Bool = true) throws -> Configuration {
        if sandbox { return try file.load(.sandbox) }
        let asSandbox = try? file.load(.sandbox)
        if let asSandbox, asSandbox.hasSandboxMark { return asSandbox }
        do {
            return try file.load(.production)
        } catch {
            if guessing, let asSandbox, asSandbox.issuer.hasPrefix("http:") { return asSandbox }
            throw error
        }
    }
}

/// Where to listen, for commands that serve.
struct ListenOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The port to listen on.", valueName: "number"))
    var port: String?

    @Option(name: .long, help: ArgumentHelp("The IP address to listen on.", valueName: "address"))
    var address: String?

    var settings: [SettingOption] {
        [
            port.map { SettingOption("listen.port", name: "--port", value: $0) },
            address.map { SettingOption("listen.address", name: "--address", value: $0) },
        ].compactMap { $0 }
    }
}
