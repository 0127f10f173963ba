import Foundation

/// One file of the house, taken apart: code without comments and string contents, the comments, the string literals.
///
/// Swift folders inside one module have no imports, so the borders between rooms are held by reading the text. The reader
/// knows just enough of Swift's lexical grammar for that: nested comments, raw and multi-line strings, interpolation
/// (whose code counts as code), raw identifiers.
struct SourceFile: Sendable {
    /// A piece of text and the line it starts on, counted from 1.
    struct Piece: Sendable, Equatable {
        let line: Int
        var text: String
    }

    /// The path from the root of the house, with `/` between folders.
    let path: String
    let text: String
    /// The text with comments, string contents and the words of raw identifiers blanked; lines stay where they were.
    let code: [String]
    let comments: [Piece]
    let strings: [Piece]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var reader = Reader(text)
        reader.read()
        code = String(decoding: reader.code, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        comments = reader.comments
        strings = reader.strings
    }

    /// `Provider` for `Sources/Provider/Token/TokenEndpoint.swift`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// `Token` for `Sources/Provider/Token/TokenEndpoint.swift`; nil outside the rooms.
    var room: String? {
        let parts = path.split(separator: "/")
        guard parts.count >= 4, parts[0] == "Sources", parts[1] == "Provider" else { return nil }
        return String(parts[2])
    }

    var lineCount: Int { text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) } }
}

/// A byte-wise walk over Swift text.
private struct Reader {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    var code: [UInt8] = []
    var comments: [SourceFile.Piece] = []
    var strings: [SourceFile.Piece] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
        code.reserveCapacity(bytes.count)
    }

    mutating func read() {
        while index < bytes.count { step() }
    }

    private func at(_ text: StaticString, _ offset: Int = 0) -> Bool {
        let start = index + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { bytes[start..<start + $0.count].elementsEqual($0) }
    }

    /// Moves one byte, as code or as a blank.
    private mutating func take(asCode: Bool) {
        let byte = bytes[index]
        index += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        code.append(asCode || byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
    }

    private mutating func step() {
        if at("//") {
            lineComment()
        } else if at("/*") {
            blockComment()
        } else if let hashes = stringOpening() {
            string(hashes: hashes)
        } else if bytes[index] == UInt8(ascii: "`") {
            rawIdentifier()
        } else {
            take(asCode: true)
        }
    }

    private mutating func lineComment() {
        let (start, first) = (index, line)
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { take(asCode: false) }
        comments.append(.init(line: first, text: String(decoding: bytes[start..<index], as: UTF8.self)))
    }

    private mutating func blockComment() {
        let (start, first) = (index, line)
        var depth = 0
        repeat {
            let step = at("/*") ? 1 : at("*/") ? -1 : 0
            depth += step
            for _ in 0..<(step == 0 ? 1 : 2) where index < bytes.count { take(asCode: false) }
        } while depth > 0 && index < bytes.count
        comments.append(.init(line: first, text: String(decoding: bytes[start..<index], as: UTF8.self)))
    }

    /// A raw identifier's words are a sentence, read as a comment is; in the code one `_` stands for them.
    private mutating func rawIdentifier() {
        let (start, first) = (index, line)
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "`"), bytes[index] != UInt8(ascii: "\n") { index += 1 }
        let words = String(decoding: bytes[(start + 1)..<index], as: UTF8.self)
        if index < bytes.count, bytes[index] == UInt8(ascii: "`") { index += 1 }
        if words.contains(" ") {
            comments.append(.init(line: first, text: words))
            code.append(UInt8(ascii: "_"))
        } else {
            code.append(contentsOf: words.utf8)
        }
    }

    /// The number of `#` before a quote that starts here, or nil.
    private func stringOpening() -> Int? {
        var hashes = 0
        while index + hashes < bytes.count, bytes[index + hashes] == UInt8(ascii: "#") { hashes += 1 }
        return at("\"", hashes) ? hashes : nil
    }

    private func hashesFollow(_ count: Int, from offset: Int) -> Bool {
        (0..<count).allSatisfy { at("#", offset + $0) }
    }

    private mutating func string(hashes: Int) {
        let first = line
        for _ in 0..<hashes { take(asCode: false) }
        let multiline = at("\"\"\"")
        let quotes = multiline ? 3 : 1
        for _ in 0..<quotes { take(asCode: true) }
        var content: [UInt8] = []
        while index < bytes.count {
            if at("\\"), hashesFollow(hashes, from: 1), at("(", 1 + hashes) {
                for _ in 0..<(1 + hashes) { take(asCode: false) }
                content.append(contentsOf: Array("\\()".utf8))
                interpolation()
            } else if at("\\"), hashesFollow(hashes, from: 1) {
                for _ in 0..<min(2 + hashes, bytes.count - index) {
                    content.append(bytes[index])
                    take(asCode: false)
                }
            } else if multiline ? at("\"\"\"") : at("\""), hashesFollow(hashes, from: quotes) {
                for _ in 0..<quotes { take(asCode: true) }
                for _ in 0..<hashes { take(asCode: false) }
                break
            } else if !multiline, bytes[index] == UInt8(ascii: "\n") {
                break
            } else {
                content.append(bytes[index])
                take(asCode: false)
            }
        }
        strings.append(.init(line: first, text: String(decoding: content, as: UTF8.self)))
    }

    /// The code between the parentheses of `\( … )`.
    private mutating func interpolation() {
        var depth = 0
        repeat {
            if at("(") { depth += 1 } else if at(")") { depth -= 1 }
            if at("(") || at(")") { take(asCode: true) } else { step() }
        } while depth > 0 && index < bytes.count
    }
}
