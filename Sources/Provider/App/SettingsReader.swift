import Cryptography
import FoundationEssentials

/// Reads settings by key from environment and file, and gathers faults, known keys and values in force on the way.
///
/// Precedence: command line, environment, file, default. A fault never stops the reading: the default stands in, so that all faults come out at once.
struct SettingsReader {
    let mode: Configuration.Mode
    private(set) var faults: [ConfigurationFaults.Fault] = []
    private(set) var effective: [EffectiveSetting] = []
    private let file: SettingsFile?
    private let environment: [String: String]
    private let options: [SettingOption]
    private var known: Set<String> = []
    private var sources: [String: SettingSource] = [:]

    /// Variables of the environment that begin with `CITYGATE_` and are no settings.
    private static let foreignVariables: Set<String> = ["CITYGATE_CONFIG"]
    /// What Kubernetes sets for a service called “citygate”.
    private static let foreignPrefixes = ["CITYGATE_SERVICE_", "CITYGATE_PORT"]
    /// Keys with a customary variable of their own.
    private static let customaryVariables = ["database.url": "DATABASE_URL", "database.url_file": "DATABASE_URL_FILE"]
    private static let largestSecretFile = 64 << 10

    init(
        file: SettingsFile?,
        environment: [String: String],
        options: [SettingOption] = [],
        mode: Configuration.Mode
    ) {
        self.file = file
        self.environment = environment
        self.options = options
        self.mode = mode
        faults = file?.faults ?? []
    }

    /// The variable that sets `key`: `http.idle_timeout` is `CITYGATE_HTTP_IDLE_TIMEOUT`.
    static func variable(for key: String) -> String {
        customaryVariables[key] ?? regularVariable(for: key)
    }

    private static func regularVariable(for key: String) -> String {
        "CITYGATE_" + key.uppercased().replacing(".", with: "_")
    }

    // MARK: Reading

    /// A setting with a default.
    mutating func read<Value>(_ key: String, _ rule: SettingRule<Value>, default standard: Value) -> Value {
        let value = parsed(key, rule)
        record(key, rule.print(value ?? standard), isSet: value != nil)
        return value ?? standard
    }

    /// A setting that may be absent.
    mutating func readOptional<Value>(_ key: String, _ rule: SettingRule<Value>) -> Value? {
        let value = parsed(key, rule)
        record(key, value.map(rule.print), isSet: value != nil)
        return value
    }

    /// A list; in the environment its members are separated by commas.
    mutating func readList<Value>(_ key: String, _ rule: SettingRule<Value>, atMost limit: Int = 100) -> [Value] {
        guard let (value, source) = find(key) else {
            record(key, nil, isSet: false)
            return []
        }
        let texts: [String]
        switch value {
        case .list(let list): texts = list
        case .text(let text):
            texts = text.split(separator: ",").map { $0.trimming { $0 == " " } }.filter { !$0.isEmpty }
        case .nothing: texts = []
        }
        if texts.count > limit { fault(key, source, "has \(texts.count) members; \(limit) is the most") }
        let values = texts.prefix(limit).compactMap { parse($0, key, source, rule) }
        record(key, values.map(rule.print).joined(separator: ", "), isSet: true)
        return values
    }

    /// A secret: from `key`, or from the file named by `key_file`. Never printed, not even in a fault.
    mutating func readSecret(_ key: String, shortest: Int, longest: Int = 4096) -> Secret<String>? {
        let direct = parsed(key, .text(longest: longest), isSecret: true)
        let path = parsed("\(key)_file", .path)
        record("\(key)_file", path, isSet: path != nil)
        if direct != nil, let source = sources[key], path != nil {
            fault(key, source, "is given twice: as a value and as a file")
        }
        let value = direct ?? path.flatMap { secret(inFile: $0, key: "\(key)_file") }
        record(key, value == nil ? nil : "‹secret›", isSet: direct != nil)
        guard let value else { return nil }
        guard value.utf8.count >= shortest else {
            complain(direct == nil ? "\(key)_file" : key, "is shorter than \(shortest) bytes")
            return nil
        }
        return Secret(value)
    }

    // MARK: Faults

    /// Adds a fault of `key`, with the place it was read from.
    mutating func complain(_ key: String, _ sentence: String) {
        fault(key, sources[key] ?? .unset, sentence)
    }

    /// Whether file or environment sets `key`.
    func isSet(_ key: String) -> Bool { sources[key] != nil }

    /// Refuses each key of the file and each `CITYGATE_` variable that no rule asked for. To be called last.
    mutating func refuseUnknown() {
        for (key, entry) in (file?.entries ?? [:]).sorted(by: { $0.value.line < $1.value.line })
        where !known.contains(key) && !isEmptySection(key, entry) {
            fault(key, .file(name: file?.name ?? "", line: entry.line), "is no setting" + hint(suggestion(for: key)))
        }
        let variables = Dictionary(uniqueKeysWithValues: known.map { (Self.variable(for: $0), $0) })
        for name in environment.keys.sorted() where name.hasPrefix("CITYGATE_") && variables[name] == nil {
            guard !Self.foreignVariables.contains(name), !Self.foreignPrefixes.contains(where: name.hasPrefix) else {
                continue
            }
            let customary = Self.customaryVariables.first { Self.regularVariable(for: $0.key) == name }?.value
            let near = customary ?? NearMiss.suggestion(for: name, among: variables.keys)
            fault("", .environment(name: name), "names no setting" + hint(near))
        }
    }

    /// A section all of whose lines are commented out.
    private func isEmptySection(_ key: String, _ entry: SettingsFile.Entry) -> Bool {
        entry.value == .nothing && known.contains { $0.hasPrefix("\(key).") }
    }

    private func suggestion(for key: String) -> String? {
        if let near = NearMiss.suggestion(for: key, among: known) { return near }
        // The right word in the wrong section.
        let word = key.split(separator: ".").last.map(String.init) ?? key
        return known.sorted().first { $0.hasSuffix(".\(word)") }
    }

    private func hint(_ near: String?) -> String { near.map { "; did you mean \($0)?" } ?? "" }

    private mutating func fault(_ key: String, _ source: SettingSource, _ sentence: String) {
        faults.append(.init(key: key, source: source.description, sentence: sentence))
    }

    // MARK: Finding

    private mutating func record(_ key: String, _ value: String?, isSet: Bool) {
        let source: SettingSource = isSet ? sources[key] ?? .standard : value == nil ? .unset : .standard
        effective.append(.init(key: key, value: value, source: source.description))
    }

    private mutating func find(_ key: String) -> (SettingsFile.Value, SettingSource)? {
        known.insert(key)
        if let option = options.last(where: { $0.key == key }) {
            sources[key] = .option(name: option.name)
            return admitted(key, .text(option.value), .option(name: option.name))
        }
        let name = Self.variable(for: key)
        if let text = environment[name] {
            sources[key] = .environment(name: name)
            return admitted(key, .text(text), .environment(name: name))
        }
        if let file, let entry = file.entries[key] {
            sources[key] = .file(name: file.name, line: entry.line)
            return admitted(key, entry.value, .file(name: file.name, line: entry.line))
        }
        return nil
    }

    /// A production server takes no `sandbox.` setting, whatever its value.
    private mutating func admitted(
        _ key: String,
        _ value: SettingsFile.Value,
        _ source: SettingSource
    ) -> (SettingsFile.Value, SettingSource)? {
        if mode == .production, key.hasPrefix("sandbox.") {
            fault(key, source, "belongs to the sandbox; a production server refuses it")
            return nil
        }
        return (value, source)
    }

    private mutating func parsed<Value>(_ key: String, _ rule: SettingRule<Value>, isSecret: Bool = false) -> Value? {
        guard let (value, source) = find(key) else { return nil }
        switch value {
        case .text(let text): return parse(text, key, source, rule, isSecret: isSecret)
        case .list: fault(key, source, "is a list; one value is wanted")
        case .nothing: fault(key, source, "has no value; give one or remove the line")
        }
        return nil
    }

    private mutating func parse<Value>(
        _ text: String,
        _ key: String,
        _ source: SettingSource,
        _ rule: SettingRule<Value>,
        isSecret: Bool = false
    ) -> Value? {
        do throws(SettingComplaint) {
            return try rule.parse(text)
        } catch {
            fault(key, source, isSecret ? "the secret \(error.sentence)" : "“\(Self.shown(text))” \(error.sentence)")
            return nil
        }
    }

    private mutating func secret(inFile path: String, key: String) -> String? {
        do throws(SettingComplaint) {
            let text = try OperatorFile.text(at: path, longest: Self.largestSecretFile, isSecret: true)
            // One line end, as editors leave it, is not part of the secret.
            var bytes = text.utf8[...]
            if bytes.last == 0x0A { bytes = bytes.dropLast() }
            if bytes.last == 0x0D { bytes = bytes.dropLast() }
            return String(Substring(bytes))
        } catch {
            complain(key, "\(path) \(error.sentence)")
            return nil
        }
    }

    /// Enough of a wrong value to recognise it.
    private static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars)) + (text.unicodeScalars.count > 60 ? "…" : "")
    }
}

extension StringProtocol {
    /// Without the leading and trailing characters that satisfy `isUnwanted`.
    fileprivate func trimming(_ isUnwanted: (Character) -> Bool) -> String {
        var rest = self.drop(while: isUnwanted)[...]
        while let last = rest.last, isUnwanted(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
