/// A word of code and where it stands.
struct Token: Equatable {
    let line: Int
    let text: String
    /// The last byte before the word that is not a space, on the same line; 0 at the start of the line.
    let before: UInt8
    /// The first byte after the word that is not a space, on the same line; 0 at the end of the line.
    let after: UInt8
    /// How many braces are open here.
    let depth: Int
}

/// A top-level declaration of a type.
struct TypeDeclaration: Equatable {
    let name: String
    let line: Int
    /// True for `private` and `fileprivate`: no other file can name it.
    let isLocal: Bool
}

extension SourceFile {
    /// The words (identifiers, keywords, numbers) of the code.
    var tokens: [Token] {
        var found: [Token] = []
        var depth = 0
        for (number, line) in code.enumerated() {
            let bytes = Array(line.utf8)
            var index = 0
            while index < bytes.count {
                guard bytes[index].isWordByte else {
                    if bytes[index] == UInt8(ascii: "{") { depth += 1 }
                    if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
                    index += 1
                    continue
                }
                let start = index
                while index < bytes.count, bytes[index].isWordByte { index += 1 }
                found.append(
                    Token(
                        line: number + 1,
                        text: String(decoding: bytes[start..<index], as: UTF8.self),
                        before: bytes[..<start].last { $0 != UInt8(ascii: " ") } ?? 0,
                        after: bytes[index...].first { $0 != UInt8(ascii: " ") } ?? 0,
                        depth: depth
                    )
                )
            }
        }
        return found
    }

    /// Every type declared anywhere in the file, and those at its top level.
    var typeDeclarations: (all: [TypeDeclaration], topLevel: [TypeDeclaration]) {
        let kinds: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype"]
        var all: [TypeDeclaration] = []
        var topLevel: [TypeDeclaration] = []
        let words = tokens
        for (index, word) in words.enumerated() where kinds.contains(word.text) && index + 1 < words.count {
            let name = words[index + 1]
            // `class func`, `.enum`, a parameter label `struct:` are no declarations.
            guard word.before != UInt8(ascii: "."), word.after.isWordByte, name.text.first?.isUppercase == true else {
                continue
            }
            let head = words[..<index].suffix(4).filter { $0.line == word.line }.map(\.text)
            let declaration = TypeDeclaration(
                name: name.text,
                line: word.line,
                isLocal: head.contains("private") || head.contains("fileprivate")
            )
            all.append(declaration)
            if word.depth == 0 { topLevel.append(declaration) }
        }
        return (all, topLevel)
    }
}

extension UInt8 {
    /// A byte of an identifier; every byte beyond ASCII counts.
    var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}
