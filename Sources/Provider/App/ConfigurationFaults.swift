/// Everything that is wrong with a configuration, found in one pass, so that an operator repairs it once.
public struct ConfigurationFaults: Error, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Fault: Sendable, Equatable {
        /// The setting in dotted form (`http.idle_timeout`); empty when the fault is about the file as a whole.
        public let key: String
        /// Where it was read: `citygate.yaml line 12`, `environment variable CITYGATE_HTTP_IDLE_TIMEOUT`, or `not set`.
        public let source: String
        /// What is wrong and what would be right, in words. Never holds the value of a secret.
        public let sentence: String
    }

    /// The faults: those of the file in its order, then those of the environment by name, then those that concern several settings.
    public let faults: [Fault]

    /// One line a fault, ready for an operator to read.
    public var description: String {
        let head =
            faults.count == 1 ? "The configuration has 1 fault:" : "The configuration has \(faults.count) faults:"
        let lines = faults.map { fault in
            fault.key.isEmpty
                ? "  - \(fault.source): \(fault.sentence)" : "  - \(fault.key) (\(fault.source)): \(fault.sentence)"
        }
        return ([head] + lines).joined(separator: "\n")
    }
}

/// What a rule says of a value it does not take: the end of a sentence that begins with the value.
struct SettingComplaint: Error, Equatable {
    let sentence: String

    init(_ sentence: String) {
        self.sentence = sentence
    }
}

/// Where the value of a setting comes from.
enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case standard
    case file(name: String, line: Int)
    case environment(name: String)
    case option(name: String)
    case unset

    var description: String {
        switch self {
        case .standard: "default"
        case .file(let name, let line): "\(name) line \(line)"
        case .environment(let name): "environment variable \(name)"
        case .option(let name): "option \(name)"
        case .unset: "not set"
        }
    }
}

/// A setting given on the command line, which goes before environment and file.
public struct SettingOption: Sendable {
    let key: String
    let name: String
    let value: String

    /// - Parameters:
    ///   - key: The setting in dotted form.
    ///   - name: The option as it was typed, for messages: `--port`.
    ///   - value: The value in the form the file would hold.
    public init(_ key: String, name: String, value: String) {
        self.key = key
        self.name = name
        self.value = value
    }
}

/// A setting as it is in force, for `citygate print-config`.
public struct EffectiveSetting: Sendable, Equatable {
    /// The setting in dotted form.
    public let key: String
    /// The value in the form the file would hold; nil when it is not set. A secret is `‹secret›`.
    public let value: String?
    /// Where the value comes from.
    public let source: String
}
