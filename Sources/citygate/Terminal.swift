import ArgumentParser
import Cryptography
import FoundationEssentials
import Glibc

/// `--json`, which every command takes.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Answer in JSON.")
    var json = false

    /// Prints an answer: the JSON, or the lines for people.
    func show(_ answer: JSON, _ lines: @autoclosure () -> [String]) {
        if json { Terminal.say(answer.serialized) } else { for line in lines() { Terminal.say(line) } }
    }
}

/// Words to the operator.
enum Terminal {
    /// At once, also when nobody sits at the other end: a script waits for the line that says the server is ready.
    static func say(_ line: String) { FileHandleText.write(line + "\n", to: STDOUT_FILENO) }

    /// The members of a JSON object, one a line.
    static func say(members json: String) {
        let object = (try? JSON(parsing: json))?.object ?? JSONObject()
        for line in table(["", ""], object.map { [$0.name, $0.value.string ?? $0.value.serialized] }).dropFirst() {
            say(line)
        }
    }

    static func complain(_ text: String) {
        FileHandleText.write(text + "\n", to: STDERR_FILENO)
    }

    /// Rows in columns as wide as their longest member; Chinese characters count two.
    static func table(_ head: [String], _ rows: [[String]]) -> [String] {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { width($0[column]) }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, text in
                column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - width(text) + 2)
            }.joined()
        }
    }

    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
    }

    /// A time as operators read it, in UTC.
    static func time(_ date: Date?) -> String {
        date.map { $0.formatted(.iso8601) } ?? "–"
    }
}

/// Whole texts to a descriptor.
private enum FileHandleText {
    static func write(_ text: String, to descriptor: Int32) {
        var rest = [UInt8](text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
