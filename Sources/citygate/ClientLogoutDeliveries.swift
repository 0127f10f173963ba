import ArgumentParser
import Provider

extension ClientCommand {
    /// `citygate client logout-deliveries`
    struct LogoutDeliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which logout notices a client has heard, and which wait and why.",
            discussion:
                "The newest first. A notice waits for a client that cannot be reached for a day; the log is kept for two weeks."
        )

        @Argument(help: "The client_id.")
        var id: String

        @Option(name: .long, help: "How many to show.")
        var limit = 50

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, limit) = (id, limit)
            let views = try await Administration.perform(installation.load()) { administration in
                try await administration.logoutDeliveries(to: id, most: limit)
            }
            if output.json { return Terminal.say("[" + views.map(\.json).joined(separator: ",") + "]") }
            let rows = views.map { view in
                [
                    view.createdAt, view.state, String(view.tries), view.status.map(String.init) ?? "–",
                    view.fault ?? "–",
                ]
            }
            for line in Terminal.table(["ENDED", "STATE", "TRIES", "STATUS", "ERROR"], rows) { Terminal.say(line) }
        }
    }
}
