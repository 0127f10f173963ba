import Testing

/// One idea a file, read top to bottom (house.md section 9, habit 3).
enum SizeRule {
    static let fileLimit = 400
    static let functionLimit = 60

    /// A function, initializer, deinitializer or subscript, from its keyword to the brace that closes it.
    struct Function: Equatable {
        let name: String
        let line: Int
        let lines: Int
    }

    static func functions(in file: SourceFile) -> [Function] {
        let keywords: Set<String> = ["func", "init", "deinit", "subscript"]
        let words = file.tokens
        return words.enumerated().compactMap { index, word in
            guard keywords.contains(word.text), word.before != UInt8(ascii: "."), isDeclaration(word),
                let last = endOfBody(in: file.code, from: word)
            else { return nil }
            let name = word.text == "func" && index + 1 < words.count ? words[index + 1].text : word.text
            return Function(name: name, line: word.line, lines: last - word.line + 1)
        }
    }

    private static func isDeclaration(_ word: Token) -> Bool {
        switch word.text {
        case "func": word.after.isWordByte || !word.after.isOpening
        case "deinit": word.after == UInt8(ascii: "{")
        case "init": [UInt8(ascii: "("), UInt8(ascii: "?"), UInt8(ascii: "<")].contains(word.after)
        default: [UInt8(ascii: "("), UInt8(ascii: "<")].contains(word.after)
        }
    }

    /// The line of the brace that closes the body; nil when a declaration without a body ends first.
    private static func endOfBody(in code: [String], from word: Token) -> Int? {
        var parentheses = 0
        var braces = 0
        var isFirst = true
        for number in word.line...max(word.line, code.count) {
            let line = code[number - 1]
            let text = isFirst ? line.drop(through: word.text) : Substring(line)
            // A requirement of a protocol has no body: outside parentheses, its line ends before a brace opens.
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{") where braces > 0 || parentheses == 0: braces += 1
                case UInt8(ascii: "}") where braces == 0 && parentheses == 0: return nil
                case UInt8(ascii: "}") where braces > 0:
                    braces -= 1
                    if braces == 0 { return number }
                default: break
                }
            }
            if !isFirst || parentheses == 0, braces == 0, parentheses == 0, number < code.count,
                startsDeclaration(code[number])
            {
                return nil
            }
            isFirst = false
        }
        return nil
    }

    private static func startsDeclaration(_ line: String) -> Bool {
        let first = line.drop { $0 == " " }.prefix { $0.isLetter }
        return ["func", "var", "let", "init", "static", "mutating", "associatedtype", "public", "private", "case"]
            .contains(String(first))
    }
}

extension UInt8 {
    fileprivate var isOpening: Bool { [UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{")].contains(self) }
}

extension String {
    /// What follows the first appearance of a word.
    fileprivate func drop(through word: String) -> Substring {
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix(word) { return rest.dropFirst(word.count) }
            rest = rest.dropFirst(first.utf8.isEmpty ? 0 : 1)
        }
        return rest
    }
}

@Suite struct `Sizes` {
    @Test func `no file is longer than 400 lines`() {
        expectNone(
            (House.sources + House.tests).filter { $0.lineCount > SizeRule.fileLimit }
                .map { Breach(path: $0.path, line: SizeRule.fileLimit + 1, words: "\($0.lineCount) lines") }
        )
    }

    @Test func `no function is longer than 60 lines`() {
        expectNone(
            (House.sources + House.tests).flatMap { file in
                SizeRule.functions(in: file).filter { $0.lines > SizeRule.functionLimit }
                    .map { Breach(path: file.path, line: $0.line, words: "\($0.name) has \($0.lines) lines") }
            }
        )
    }

    @Test func `the rule measures functions as they are written`() {
        let file = SourceFile(
            path: "Sources/OAuth/X.swift",
            text: """
                protocol P {
                    func bare(_ closure: () -> Void)
                    func second() throws
                }
                struct S {
                    init(a: Int) { self.init() }
                    func one() -> Int { 1 }
                    func long(
                        a: Int = { 2 }()
                    ) {
                        if a > 1 { print("}") }
                    }
                    subscript(i: Int) -> Int { i }
                }
                """
        )
        #expect(SizeRule.functions(in: file).map(\.name) == ["init", "one", "long", "subscript"])
        #expect(SizeRule.functions(in: file).map(\.lines) == [1, 1, 5, 1])
    }
}
