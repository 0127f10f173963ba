import FoundationEssentials
import Yams

/// The YAML file, flattened to dotted keys with the line each was written on. Knows nothing of which settings exist.
struct SettingsFile: Sendable {
    /// What stands at a key.
    enum Value: Sendable, Equatable {
        case text(String)
        case list([String])
        /// The key stands there without a value.
        case nothing
    }

    /// A leaf of the file.
    struct Entry: Sendable, Equatable {
        let value: Value
        let line: Int
    }

    /// The largest file that is read, in bytes.
    static let largest = 1 << 20

    /// The name shown in messages.
    let name: String
    /// Leaves by dotted key, in no order; `line` gives the order of the file.
    private(set) var entries: [String: Entry] = [:]
    /// Faults of form: bad YAML, a list of mappings, a repeated key.
    private(set) var faults: [ConfigurationFaults.Fault] = []

    /// Reads the file at `path`. What cannot be read becomes a fault, not an error: the environment is checked all the same.
    init(path: String) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            faults = [.init(key: "", source: path, sentence: "the configuration file cannot be read")]
            return
        }
        guard data.count <= Self.largest else {
            faults = [.init(key: "", source: path, sentence: "the configuration file is larger than 1 MiB")]
            return
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            faults = [.init(key: "", source: path, sentence: "the configuration file is not UTF-8")]
            return
        }
        parse(text)
    }

    /// Takes `text` as the content of a file called `name`.
    init(name: String, text: String) {
        self.name = name
        parse(text)
    }

    private mutating func parse(_ text: String) {
        do {
            // Resolver.basic: every scalar stays the text that was written; rules decide what it means.
            guard let root = try compose(yaml: text, .basic) else { return }
            switch root {
            case .mapping(let mapping): flatten(mapping, under: "", depth: 0)
            default:
                fault("", line: root.mark?.line ?? 1, "the file must be a list of sections such as “http:”")
            }
        } catch let error as YamlError {
            report(error)
        } catch {
            fault("", line: 1, "the file is not YAML")
        }
    }

    private mutating func flatten(_ mapping: Node.Mapping, under prefix: String, depth: Int) {
        for (keyNode, node) in mapping {
            let line = keyNode.mark?.line ?? node.mark?.line ?? 1
            guard let word = keyNode.scalar?.string, !word.isEmpty else {
                fault(prefix, line: line, "a key must be a word")
                continue
            }
            let key = prefix.isEmpty ? word : "\(prefix).\(word)"
            switch node {
            case .mapping(let inner):
                if depth < 4 {
                    flatten(inner, under: key, depth: depth + 1)
                } else {
                    fault(key, line: line, "is nested too deeply")
                }
            case .scalar(let scalar):
                entries[key] = Entry(value: Self.value(of: scalar), line: line)
            case .sequence(let sequence):
                let items = sequence.compactMap { $0.scalar?.string }
                if items.count == sequence.count {
                    entries[key] = Entry(value: .list(items), line: line)
                } else {
                    fault(key, line: line, "must be a list of plain values")
                }
            case .alias:
                fault(key, line: line, "is an alias that names nothing")
            }
        }
    }

    private static func value(of scalar: Node.Scalar) -> Value {
        let written = scalar.string
        if scalar.style == .plain || scalar.style == .any, ["", "~", "null"].contains(written) { return .nothing }
        return .text(written)
    }

    /// Words for a YAML error. The snippet Yams offers is left out: the line may hold a secret.
    private mutating func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            fault("", line: mark.line, "not YAML: \(problem) (column \(mark.column))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            fault("", line: context.mark.line, "repeats the key \(duplicates.sorted().joined(separator: ", "))")
        default:
            fault("", line: 1, "the file is not YAML")
        }
    }

    private mutating func fault(_ key: String, line: Int, _ sentence: String) {
        faults.append(.init(key: key, source: "\(name) line \(line)", sentence: sentence))
    }
}
