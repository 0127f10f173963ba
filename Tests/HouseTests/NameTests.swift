import Testing

/// Names of folders and types, and the notice at each room's door.
enum NameRule {
    static let emptyNames: Set<String> = [
        "utils", "util", "helpers", "helper", "common", "core", "new", "misc", "shared", "extensions", "deprecated",
    ]
    static let modules: Set<String> = ["Postgres", "Cryptography", "OAuth", "Provider", "Sandbox", "citygate"]

    /// The comment lines before the first line of code.
    static func head(of file: SourceFile) -> String {
        let firstCode = file.code.firstIndex { $0.contains { $0 != " " } } ?? file.code.count
        return file.comments.filter { $0.line <= firstCode }.map(\.text).joined(separator: "\n")
    }

    static func isNotice(_ head: String) -> Bool {
        head.contains("Owns") && head.contains("Hands off") && head.contains("Never")
    }
}

@Suite struct `Names` {
    @Test func `no folder has a name that says nothing`() {
        let folders = House.folders(below: "Sources") + House.folders(below: "Tests") + House.folders(below: "deploy")
        expectNone(
            folders.filter { path in
                NameRule.emptyNames.contains(path.split(separator: "/").last.map { $0.lowercased() } ?? "")
                    || path.contains(" ")
            }
            .map { Breach(path: $0, line: 1, words: "a folder is named by what lies in it") }
        )
    }

    @Test func `no type bears the name of a module`() {
        expectNone(
            House.sources.flatMap { file in
                file.typeDeclarations.all.filter { NameRule.modules.contains($0.name) }
                    .map {
                        Breach(path: file.path, line: $0.line, words: "Swift cannot tell \($0.name) from the module")
                    }
            }
        )
    }

    @Test func `every room has a notice that says what it owns, hands off and never does`() {
        let rooms = Dictionary(grouping: House.sources.filter { $0.room != nil }) { $0.room ?? "" }
        expectNone(
            rooms.sorted { $0.key < $1.key }.compactMap { room, files in
                let notices = files.filter { NameRule.isNotice(NameRule.head(of: $0)) }
                return !notices.isEmpty
                    ? nil
                    : Breach(
                        path: "Sources/Provider/\(room)",
                        line: 1,
                        words: "no file begins with a notice (Owns:, Hands off:, Never:)"
                    )
            }
        )
    }

    @Test func `a notice stands before the first line of code`() {
        let notice = "// Owns: a\n// Hands off: b\n// Never: c\n"
        let right = SourceFile(path: "a", text: notice + "import X\n")
        let late = SourceFile(path: "b", text: "import X\n" + notice)
        #expect(NameRule.isNotice(NameRule.head(of: right)))
        #expect(!NameRule.isNotice(NameRule.head(of: late)))
    }
}
