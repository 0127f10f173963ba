// The program: parses what an operator types, calls Provider, prints what it answers. Owns: words on the terminal and exit codes.
// Hands off: all work. Never: SQL, a key, a rule.

import ArgumentParser
import Glibc
import Provider

@main
struct Citygate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "citygate",
        abstract: "A city's identity provider: one account for every public service.",
        discussion: """
            Settings come from a YAML file and the environment (http.idle_timeout is CITYGATE_HTTP_IDLE_TIMEOUT); deploy/citygate.yaml.example \
            lists them all. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found, 4 refused, 5 database or other service down.
            """,
        version: "citygate \(ProductVersion.current)",
        subcommands: [
            ServeCommand.self, SandboxCommand.self, MigrateCommand.self, CheckConfigurationCommand.self,
            PrintConfigurationCommand.self,
            KeysCommand.self, ClientCommand.self, UserCommand.self, BenchCommand.self, VersionCommand.self,
        ]
    )

    /// Runs what was typed. Every error ends in a sentence and a code of operations 2.3, never in a trace.
    static func main() async {
        // A reader of our output that goes away is no reason to die.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch  where exitCode(for: error) == .success {
            // Help and version are “errors” of the parser.
            print(fullMessage(for: error))
        } catch  where isUsage(error) {
            Terminal.complain(fullMessage(for: error))
            Glibc.exit(Diagnosis.Kind.usage.rawValue)
        } catch {
            let diagnosis = Diagnosis(error)
            Terminal.complain("citygate: \(diagnosis.sentence)")
            Glibc.exit(diagnosis.kind.rawValue)
        }
    }

    private static func isUsage(_ error: any Error) -> Bool { exitCode(for: error) == .validationFailure }
}
