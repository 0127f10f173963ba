import ArgumentParser
import FoundationEssentials
import Provider

/// `citygate serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve citizens and relying parties until told to stop.",
        discussion: """
            Needs an https issuer and encrypted keys. Without DATABASE_URL it starts a PostgreSQL of its own and stops it at the end. SIGTERM and \
            Ctrl-C let requests in flight finish. Logs are JSON lines on standard error; systemd is told when the server is ready.
            """
    )

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var listen: ListenOptions

    func run() async throws {
        let configuration = try file.load(.production, listen.settings)
        let notify = SystemdNotify(environment: ProcessInfo.processInfo.environment)
        try await CitygateServer(configuration) { _ in notify.ready() }.run()
    }
}
