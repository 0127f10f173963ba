import Glibc
import Logging

/// Writes each event as one line of JSON: `ts` (RFC 3339, UTC, milliseconds), `level`, `msg`, `logger`, then the metadata.
///
/// Nothing personal and no secret comes out, by three nets: a value that is text is written only under a key of ``allowedKeys``; ``Sensitive``
/// and `Secret` print nothing of what they hold; and what is left passes through ``LogScrubber``.
struct JSONLogHandler: LogHandler {
    /// Keys whose text is written. Other keys show numbers, truth values and durations only.
    static let allowedKeys: Set<String> = [
        "request_id", "trace_id", "span_id", "route", "method", "status", "ms", "code", "client_id", "sub_hash",
        "ip_prefix", "error", "error_type", "reason", "grant", "purpose", "outcome", "kid", "algorithm", "state",
        "service", "signal", "version", "mode", "address", "issuer", "path", "folder", "file", "key", "source",
        "setting", "migration", "statement", "sqlstate", "host", "channel", "pid", "port", "lane", "at", "why",
        "from", "seconds", "calls", "partitions", "dependency",
    ]
    /// Our name for what other libraries call otherwise.
    private static func renamed(_ key: String) -> String? {
        switch key {
        case "hb.request.id": "request_id"
        case "hb.request.method": "method"
        case "error.type": "error_type"
        default: nil
        }
    }

    /// The longest value that is written, in bytes.
    private static let longestValue = 400
    /// The longest message, in bytes.
    private static let longestMessage = 1000
    /// The most metadata of one line.
    private static let mostMetadata = 24

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: LogSink

    init(label: String, level: Logger.Level, sink: LogSink) {
        self.label = label
        logLevel = level
        self.sink = sink
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        sink.write(line(for: event, at: WallClock.now()))
    }

    /// The bytes of one line, its line end included, at most ``LogSink/longestLine``.
    func line(for event: LogEvent, at time: timespec) -> [UInt8] {
        var members: [UInt8] = []
        members.reserveCapacity(512)
        members += #"{"ts":""#.utf8
        WallClock.append(time, to: &members)
        members += #"","level":""#.utf8
        members += event.level.rawValue.utf8
        members += #"","msg":"#.utf8
        Self.appendText(event.message.description, longest: Self.longestMessage, to: &members)
        members += #","logger":"#.utf8
        Self.appendText(label, longest: 60, to: &members)
        let short = members.count
        if let error = event.error {
            members += #","error_type":"#.utf8
            Self.appendText(String(reflecting: type(of: error)), longest: Self.longestValue, to: &members)
        }
        for (key, value) in gathered(event.metadata).prefix(Self.mostMetadata) {
            members.append(UInt8(ascii: ","))
            Self.appendText(key, longest: 60, to: &members)
            members.append(UInt8(ascii: ":"))
            Self.append(value, under: key, to: &members)
        }
        if members.count + 2 > LogSink.longestLine { members.removeSubrange(short...) }
        members += "}\n".utf8
        return members
    }

    /// All that holds, sorted by key. A line has a handful: walking a short list costs less than merging dictionaries.
    private func gathered(_ own: Logger.Metadata?) -> [(key: String, value: Logger.MetadataValue)] {
        var all: [(key: String, value: Logger.MetadataValue)] = []
        var foreign: [(key: String, value: Logger.MetadataValue)] = []
        // The nearest first: what is there already stays.
        for source in [own, metadataProvider?.get(), metadata] {
            for (key, value) in source ?? [:] {
                if let ours = Self.renamed(key) {
                    foreign.append((ours, value))
                } else if !all.contains(where: { $0.key == key }) {
                    all.append((key, value))
                }
            }
        }
        for entry in foreign where !all.contains(where: { $0.key == entry.key }) { all.append(entry) }
        return all.sorted { $0.key < $1.key }
    }

    private static func append(_ value: Logger.MetadataValue, under key: String, to members: inout [UInt8]) {
        switch value {
        case .string(let text):
            appendText(isAllowed(text, under: key) ? text : withheld, longest: longestValue, to: &members)
        case .stringConvertible(let value):
            appendConvertible(value, under: key, to: &members)
        case .array(let values):
            members.append(UInt8(ascii: "["))
            for (index, value) in values.prefix(16).enumerated() {
                if index > 0 { members.append(UInt8(ascii: ",")) }
                append(value, under: key, to: &members)
            }
            members.append(UInt8(ascii: "]"))
        case .dictionary:
            appendText(withheld, longest: longestValue, to: &members)
        }
    }

    private static func appendConvertible(
        _ value: any CustomStringConvertible,
        under key: String,
        to members: inout [UInt8]
    ) {
        switch value {
        case is any FixedWidthInteger, is Bool:
            let text = [UInt8](value.description.utf8)
            let clean = LogScrubber.scrub(text)
            if clean == text { members += text } else { appendEscaped(clean, to: &members) }
        case let value as Double where value.isFinite:
            members += value.description.utf8
        case is Duration, is any RedactedInLogs:
            appendText(value.description, longest: longestValue, to: &members)
        default:
            let text = value.description
            appendText(isAllowed(text, under: key) ? text : withheld, longest: longestValue, to: &members)
        }
    }

    /// `code` is for the codes of our catalogue, which have letters; the code of a text message has none.
    private static func isAllowed(_ text: String, under key: String) -> Bool {
        guard allowedKeys.contains(key) else { return false }
        return key != "code" || text.utf8.contains { (0x41...0x5A).contains($0 & 0xDF) }
    }

    /// What stands for a text under a key that is not on the list.
    private static let withheld = "‹withheld›"

    /// Scrubs, cuts and writes a JSON string (RFC 8259 §7).
    private static func appendText(_ text: String, longest: Int, to members: inout [UInt8]) {
        let isDone = text.utf8.withContiguousStorageIfAvailable { bytes in
            guard bytes.count <= longest, LogScrubber.isHarmless(bytes) else { return false }
            members.append(UInt8(ascii: "\""))
            members.append(contentsOf: bytes)
            members.append(UInt8(ascii: "\""))
            return true
        }
        if isDone == true { return }
        // What will be cut off need not be looked at, save what a find at the cut may reach to.
        var bytes = LogScrubber.scrub([UInt8](text.utf8.prefix(longest + 200)))
        if bytes.count > longest {
            var end = longest
            // Not within a character.
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            bytes.removeSubrange(end...)
            bytes += "…".utf8
        }
        appendEscaped(bytes, to: &members)
    }

    private static func appendEscaped(_ bytes: [UInt8], to members: inout [UInt8]) {
        members.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                members.append(UInt8(ascii: "\\"))
                members.append(byte)
            case 0x0A: members += #"\n"#.utf8
            case 0x00..<0x20, 0x7F:
                members += #"\u00"#.utf8
                members += [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            default: members.append(byte)
            }
        }
        members.append(UInt8(ascii: "\""))
    }

    private static let hexDigits = [UInt8]("0123456789abcdef".utf8)
}

/// A value whose description says nothing of what it holds, so that it may stand in a log under any key.
protocol RedactedInLogs: CustomStringConvertible {}

/// Personal data on its way through the server: prints as ‹redacted›, in string interpolation, `dump` and debuggers as well.
struct Sensitive<Value: Sendable>: Sendable, RedactedInLogs, CustomDebugStringConvertible, CustomReflectable {
    private let value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// The data itself; for the one place that must have it.
    func reveal() -> Value { value }

    var description: String { "‹redacted›" }
    var debugDescription: String { "‹redacted›" }
    var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// Wall-clock time for log lines.
enum WallClock {
    static func now() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-24T03:20:05.120Z`.
    static func text(_ time: timespec) -> String {
        var bytes: [UInt8] = []
        append(time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func append(_ time: timespec, to bytes: inout [UInt8]) {
        var seconds = time.tv_sec
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func put(_ number: Int, _ digits: Int, then mark: Unicode.Scalar) {
            var unit = 1
            for _ in 1..<digits { unit *= 10 }
            while unit > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
                unit /= 10
            }
            bytes.append(UInt8(ascii: mark))
        }
        put(Int(parts.tm_year) + 1900, 4, then: "-")
        put(Int(parts.tm_mon) + 1, 2, then: "-")
        put(Int(parts.tm_mday), 2, then: "T")
        put(Int(parts.tm_hour), 2, then: ":")
        put(Int(parts.tm_min), 2, then: ":")
        put(Int(parts.tm_sec), 2, then: ".")
        put(time.tv_nsec / 1_000_000, 3, then: "Z")
    }
}
