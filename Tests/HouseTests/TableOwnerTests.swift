import Foundation
import Testing

/// Each table is written by exactly one room (house.md 5.4).
enum TableRule {
    /// A statement that writes, found in a string literal.
    struct Write: Equatable {
        let table: String
        let line: Int
        var isTruncation = false
    }

    /// The list in `Schema/Migrations.swift`: `static let owners: [String: String] = [ "table": "Room", … ]`.
    static func owners(in schema: SourceFile) -> [String: String] {
        guard let start = schema.text.range(of: "static let owners: [String: String] = ["),
            let end = schema.text[start.upperBound...].range(of: "\n    ]")
        else { return [:] }
        var owners: [String: String] = [:]
        for line in schema.text[start.upperBound..<end.lowerBound].split(separator: "\n") {
            let words = line.split(separator: "\"", omittingEmptySubsequences: false)
            if words.count == 5, !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                owners[String(words[1])] = String(words[3])
            }
        }
        return owners
    }

    static func writes(in file: SourceFile) -> [Write] {
        file.strings.flatMap { literal -> [Write] in
            var found: [Write] = []
            var line = literal.line
            var words: [(text: String, line: Int)] = []
            for row in literal.text.split(separator: "\n", omittingEmptySubsequences: false) {
                let parts = row.split { $0 == " " || $0 == "(" || $0 == "," || $0 == ";" || $0 == "\t" }
                words += parts.map { (String($0), line) }
                line += 1
            }
            for (index, word) in words.enumerated() {
                func next(_ distance: Int) -> String {
                    index + distance < words.count ? words[index + distance].text : ""
                }
                var table: String?
                switch word.text {
                case "INSERT", "MERGE": if next(1) == "INTO" { table = next(2) }
                case "DELETE": if next(1) == "FROM" { table = next(2) == "ONLY" ? next(3) : next(2) }
                case "TRUNCATE": table = next(1) == "TABLE" ? next(2) : next(1)
                case "COPY": if next(2) == "FROM" { table = next(1) }
                case "UPDATE":
                    // Not `FOR UPDATE`, `DO UPDATE SET`, `ON UPDATE`, `BEFORE UPDATE OR …`.
                    let isStatement =
                        index == 0
                        || !["FOR", "DO", "ON", "BEFORE", "AFTER", "OR", "KEY"].contains(words[index - 1].text)
                    if isStatement, (2...4).contains(where: { next($0) == "SET" }) {
                        table = next(1) == "ONLY" ? next(2) : next(1)
                    }
                default: break
                }
                if let table, !table.isEmpty {
                    found.append(Write(table: name(table), line: word.line, isTruncation: word.text == "TRUNCATE"))
                }
            }
            return found
        }
    }

    /// Without schema and quotes.
    private static func name(_ written: String) -> String {
        (written.split(separator: ".").last.map(String.init) ?? written).replacingOccurrences(of: "\"", with: "")
    }

    static func breaches(in files: [SourceFile], owners: [String: String]) -> [Breach] {
        files.filter { $0.target != "Postgres" && $0.room != "Schema" }.flatMap { file -> [Breach] in
            let room = file.room ?? file.target
            return writes(in: file).compactMap { write in
                // The sandbox's reset empties the whole store; it is the only statement that may.
                if room == "SandboxControl", write.isTruncation { return nil }
                // `citygate bench` measures PostgreSQL alone on tables of its own, in a store that it throws away.
                if room == "citygate", write.table.hasPrefix("bench") { return nil }
                guard let owner = owners[write.table] else {
                    return Breach(
                        path: file.path,
                        line: write.line,
                        words: "\(write.table) has no owner in Schema.owners"
                    )
                }
                return owner == room
                    ? nil
                    : Breach(
                        path: file.path,
                        line: write.line,
                        words: "\(room) writes \(write.table), which is \(owner)'s"
                    )
            }
        }
    }

    /// The tables that migrations or rooms create.
    static func created(in files: [SourceFile]) -> [(table: String, path: String, line: Int)] {
        files.flatMap { file in
            file.strings.flatMap { literal in
                literal.text.components(separatedBy: "CREATE TABLE ").dropFirst().compactMap { rest in
                    let words = rest.replacingOccurrences(of: "IF NOT EXISTS ", with: "")
                        .split { $0 == " " || $0 == "(" || $0 == "\n" }
                    guard let table = words.first.map(String.init), !table.hasPrefix("%"),
                        !rest.contains("PARTITION OF ")
                    else { return nil }
                    return (name(table), file.path, literal.line)
                }
            }
        }
    }
}

@Suite struct `Tables` {
    private let schema = House.sources.filter { $0.path == "Sources/Provider/Schema/Migrations.swift" }
    private var owners: [String: String] { schema.first.map(TableRule.owners) ?? [:] }

    @Test func `the schema says who owns each table`() throws {
        try #require(!owners.isEmpty)
        let provider = House.sources.filter { $0.target == "Provider" }
        expectNone(
            TableRule.created(in: provider).filter { owners[$0.table] == nil }
                .map { Breach(path: $0.path, line: $0.line, words: "\($0.table) has no owner in Schema.owners") }
        )
        let rooms = Set(provider.compactMap(\.room))
        #expect(Set(owners.values).subtracting(rooms).isEmpty, "owners that are no rooms")
    }

    @Test func `each table is written by its own room only`() {
        // Outside the server a table of nobody's is a scratch table, such as the benchmark's in a store of its own.
        expectNone(
            TableRule.breaches(in: House.sources, owners: owners)
                .filter { $0.path.hasPrefix("Sources/Provider/") || !$0.words.contains("has no owner") }
        )
    }

    @Test func `the rule sees each kind of write and no read`() {
        let file = SourceFile(
            path: "Sources/Provider/SignIn/S.swift",
            text: #"""
                let a = "INSERT INTO account (id) VALUES (\(id))"
                let b = """
                    WITH gone AS (DELETE FROM session WHERE true RETURNING sid)
                    UPDATE account a SET level = 1 FROM gone
                    """
                let c = "SELECT 1 FROM account FOR UPDATE"
                let d = "INSERT INTO account (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET level = 2"
                // UPDATE account SET level = 3
                """#
        )
        #expect(
            TableRule.writes(in: file) == [
                .init(table: "account", line: 1), .init(table: "session", line: 3), .init(table: "account", line: 4),
                .init(table: "account", line: 7),
            ]
        )
        #expect(TableRule.breaches(in: [file], owners: ["account": "Accounts", "session": "SignIn"]).count == 3)
    }
}
