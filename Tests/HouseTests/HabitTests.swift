import Testing

/// What may not stand in code: traps on a value from outside, tests that are switched off, words of unfinished work.
enum HabitRule {
    static func traps(in file: SourceFile) -> [Breach] {
        file.code.enumerated().flatMap { number, line -> [Breach] in
            var words: [String] = []
            for word in ["try!", "as!"] where line.contains(word) {
                words.append("traps: \(word)")
            }
            if words.isEmpty, unwraps(Array(line.utf8)) { words.append("a force unwrap") }
            return words.map { Breach(path: file.path, line: number + 1, words: $0) }
        }
    }

    /// `value!` at the end of a name, call or subscript; not `!=` and not a `!` in front.
    private static func unwraps(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { index in
            guard bytes[index] == UInt8(ascii: "!"), index > 0 else { return false }
            let before = bytes[index - 1]
            let after = index + 1 < bytes.count ? bytes[index + 1] : 0
            let endsValue =
                before.isWordByte || [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(before)
            return endsValue && after != UInt8(ascii: "=")
        }
    }

    static func switchedOff(in file: SourceFile) -> [Breach] {
        let words = [".disabled(", ".enabled(if: false", "withKnownIssue", "XCTSkip", "import XCTest"]
        return file.code.enumerated().flatMap { number, line in
            words.filter { line.contains($0) }.map { Breach(path: file.path, line: number + 1, words: $0) }
        }
    }

    static func unfinished(in file: SourceFile) -> [Breach] {
        let words = ["TODO", "FIXME", "XXX", "HACK", "placeholder for", "for now", "stub "]
        return file.comments.flatMap { comment in
            words.filter { comment.text.contains($0) }
                .map { Breach(path: file.path, line: comment.line, words: "unfinished work: \($0)") }
        }
    }

    /// What the compiler does not check, and what ends the process, says why on its line or in the comment above.
    static func unexplained(in file: SourceFile) -> [Breach] {
        let words = ["@unchecked Sendable", "nonisolated(unsafe)", "fatalError(", "preconditionFailure("]
        return file.code.enumerated().compactMap { number, line in
            guard words.contains(where: { line.contains($0) }) else { return nil }
            let explained = file.comments.contains { $0.line <= number + 1 && $0.line >= number - 7 }
            return explained
                ? nil : Breach(path: file.path, line: number + 1, words: "say in a comment why this is safe")
        }
    }
}

@Suite struct `Habits` {
    @Test func `nothing traps on a value that is not there`() {
        expectNone((House.sources + House.tests).flatMap(HabitRule.traps))
    }

    @Test func `no test is switched off and swift-testing is the only framework`() {
        expectNone(House.tests.flatMap(HabitRule.switchedOff))
    }

    @Test func `nothing in the sources is unfinished`() {
        expectNone(House.sources.flatMap(HabitRule.unfinished))
    }

    @Test func `whatever the compiler does not check says why it is safe`() {
        expectNone((House.sources + House.tests).flatMap(HabitRule.unexplained))
    }

    @Test func `the rules see what they forbid and nothing else`() {
        let file = SourceFile(
            path: "Sources/OAuth/X.swift",
            text: """
                let a = b!
                let c = try! d()
                let e = f as! G
                let h = i()!.j
                let k = l[0]!
                if !m, n != o, p! == q {}
                let r = "not code! s!"
                // nor here t!
                struct U: @unchecked Sendable {}
                """
        )
        #expect(HabitRule.traps(in: file).map(\.line) == [1, 2, 3, 4, 5, 6])
        #expect(HabitRule.unexplained(in: file).isEmpty)
    }
}

@Suite struct `The reader of sources` {
    @Test func `strings and comments are no code, interpolation is`() {
        let file = SourceFile(
            path: "Sources/OAuth/X.swift",
            text: ##"""
                let a = "one \(Two.three("four")) five" // six
                let b = #"seven "eight" \(nine) \#(Ten)"#
                let c = """
                    eleven \("twelve")
                    """ /* thirteen /* nested */ still */
                func `fourteen fifteen`() {}
                """##
        )
        let words = file.tokens.map(\.text)
        #expect(words == ["let", "a", "Two", "three", "let", "b", "Ten", "let", "c", "func", "_"])
        #expect(file.comments.map(\.line) == [1, 5, 6])
        #expect(file.strings.map(\.line).contains(3))
        #expect(file.code.count == 6)
    }

    @Test func `only types at the top level count as a room's`() {
        let file = SourceFile(
            path: "Sources/OAuth/X.swift",
            text: "struct A { enum B {}\n    class func c() {} }\nprivate enum D {}\nextension A { struct E {} }\n"
        )
        #expect(file.typeDeclarations.topLevel.map(\.name) == ["A", "D"])
        #expect(file.typeDeclarations.topLevel.map(\.isLocal) == [false, true])
        #expect(file.typeDeclarations.all.map(\.name) == ["A", "B", "D", "E"])
    }
}
