import ArgumentParser
import Cryptography

/// `citygate bench`: what this build reaches on this machine, beside what the machine could reach at most.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure logins, tokens and userinfo beside their ceilings on this machine.",
        discussion: """
            Starts a sandbox of its own in a temporary folder with a private PostgreSQL, on free ports of loopback, and \
            takes everything away afterwards. A bare HTTP route, OpenSSL, Argon2id and, \
            where pgbench is installed, PostgreSQL alone are measured in turn with the figures: only the ratios can be \
            compared between machines. Where taskset is installed, the server has one core to itself.
            """
    )

    @Flag(help: "Print JSON.") var json = false

    @Option(help: "Seconds of each measurement.") var seconds = 3.0

    @Option(help: "Connections of the load generator.") var connections = 32

    @Option(help: .private) var bareServerPort: Int?

    func validate() throws {
        guard (0.1...600).contains(seconds) else { throw ValidationError("--seconds must be 0.1 to 600") }
        guard (1...512).contains(connections) else { throw ValidationError("--connections must be 1 to 512") }
    }

    func run() async throws {
        if let bareServerPort { return try await BenchBareServer.run(port: bareServerPort) }
        do {
            let report = try await BenchRun(seconds: seconds, connections: connections).report()
            Terminal.say(json ? report.json.serialized : report.text)
        } catch let fault as BenchFault {
            Terminal.complain("citygate bench: \(fault)")
            throw ExitCode.failure
        }
    }
}
