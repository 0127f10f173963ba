import ArgumentParser
import Cryptography
import FoundationEssentials
import Provider

/// `citygate keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and change signing keys.",
        discussion: """
            A key is published as “next”, signs as “current”, and stays published as “retiring” until nothing it has signed is valid any more. \
            A running server notices a change within seconds.
            """,
        subcommands: [List.self, Generate.self, Activate.self, Retire.self, Rotate.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all keys with their states.")

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let administration = try installation.keys()
            let keys = try administration.list()
            KeysCommand.show(keys, output)
            for key in keys where administration.isDue(key) && !output.json {
                Terminal.say(
                    "Key \(key.kid) has signed for long enough: citygate keys rotate --algorithm \(key.algorithm.rawValue)"
                )
            }
        }
    }

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the key folder, or one more key that waits.",
            discussion:
                "Without an algorithm it makes the folder with keys for every algorithm, and refuses if there is one."
        )

        @Option(name: .long, help: "What the new key signs by.", transform: KeysCommand.algorithm)
        var algorithm: SignatureAlgorithm?

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() throws { KeysCommand.show(try installation.keys().generate(algorithm), output) }
    }

    struct Activate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a waiting key sign; the one that signed so far retires."
        )

        @Argument(help: "The key.")
        var kid: String

        @Flag(name: .long, help: "For an emergency: also when relying parties may not have seen the new key yet.")
        var atOnce = false

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            KeysCommand.show([try installation.keys().activate(kid, atOnce: atOnce)], output)
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a key at once.",
            discussion: "What it has signed verifies no more: for a key that has leaked, or whose time has come."
        )

        @Argument(help: "The key.")
        var kid: String

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try installation.keys().retire(kid)
            output.show(["kid": .string(kid), "state": "removed"], ["Key \(kid) is removed."])
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the waiting keys sign, and make new ones that wait."
        )

        @Option(name: .long, help: "Only this algorithm.", transform: KeysCommand.algorithm)
        var algorithm: SignatureAlgorithm?

        @Flag(name: .long, help: "For an emergency: also when relying parties may not have seen the new key yet.")
        var atOnce = false

        @OptionGroup var installation: InstallationOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            KeysCommand.show(try installation.keys().rotate(algorithm, atOnce: atOnce), output)
        }
    }

    private static func algorithm(_ text: String) throws -> SignatureAlgorithm {
        guard let algorithm = SignatureAlgorithm(rawValue: text) else {
            let all = SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("“\(text)” is none of \(all)")
        }
        return algorithm
    }

    private static func show(_ keys: [KeyRecord], _ output: OutputOptions) {
        let answer = JSON.array(
            keys.map { key in
                [
                    "kid": .string(key.kid), "alg": .string(key.algorithm.rawValue),
                    "state": .string(key.state.rawValue),
                    "created_at": .string(Terminal.time(key.createdAt)), "activated_at": time(key.activatedAt),
                    "retire_at": time(key.retireAt),
                ]
            }
        )
        let rows = keys.map { key in
            [
                key.kid, key.algorithm.rawValue, key.state.rawValue, Terminal.time(key.createdAt),
                Terminal.time(key.activatedAt),
                Terminal.time(key.retireAt),
            ]
        }
        output.show(answer, Terminal.table(["KID", "ALGORITHM", "STATE", "CREATED", "ACTIVATED", "RETIRES"], rows))
    }

    private static func time(_ date: Date?) -> JSON { date.map { .string(Terminal.time($0)) } ?? .null }
}

extension InstallationOptions {
    /// The keys of an installation that is what it says: no guess decides whether they are encrypted.
    fileprivate func keys() throws -> KeyAdministration { KeyAdministration(try load(guessing: false)) }
}
