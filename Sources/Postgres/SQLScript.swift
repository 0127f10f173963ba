/// Splits a script into statements, since the extended protocol takes one at a time.
///
/// Knows string literals (also `E'…'`), quoted names, dollar quotes and both kinds of comments (PostgreSQL documentation, 4.1). Does not
/// know `BEGIN ATOMIC` bodies: write such functions with dollar quotes.
enum SQLScript {
    /// The statements without their semicolons; those of nothing but space and comments are left out.
    static func statements(of text: String) -> [String] {
        var scanner = Scanner(bytes: Array(text.utf8))
        var statements: [String] = []
        while let range = scanner.nextStatement() {
            if let range = range { statements.append(String(decoding: scanner.bytes[range], as: UTF8.self)) }
        }
        return statements
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0

        /// `.some(nil)` is an empty statement, `nil` the end.
        mutating func nextStatement() -> Range<Int>?? {
            guard index < bytes.count else { return nil }
            let start = index
            var hasSubstance = false
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: ";") {
                    defer { index += 1 }
                    return .some(hasSubstance ? start..<index : nil)
                }
                if skipComment() { continue }
                if !isSpace(byte) { hasSubstance = true }
                skipToken(byte)
            }
            return .some(hasSubstance ? start..<bytes.count : nil)
        }

        private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

        private func isWord(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte >= 128
        }

        private func starts(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
            index + 1 < bytes.count && bytes[index] == UInt8(ascii: first) && bytes[index + 1] == UInt8(ascii: second)
        }

        private mutating func skipComment() -> Bool {
            if starts("-", "-") {
                while index < bytes.count, bytes[index] != 10 { index += 1 }
                return true
            }
            guard starts("/", "*") else { return false }
            var depth = 0
            repeat {
                if starts("/", "*") {
                    depth += 1
                    index += 2
                } else if starts("*", "/") {
                    depth -= 1
                    index += 2
                } else {
                    index += 1
                }
            } while depth > 0 && index < bytes.count
            return true
        }

        private mutating func skipToken(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "'"): skipQuoted(byte, backslashes: false)
            case UInt8(ascii: "\""): skipQuoted(byte, backslashes: false)
            case UInt8(ascii: "$"): if !skipDollarQuote() { index += 1 }
            case _ where isWord(byte):
                let start = index
                // A dollar inside a word belongs to it and opens no quote.
                while index < bytes.count, isWord(bytes[index]) || bytes[index] == UInt8(ascii: "$") { index += 1 }
                let isEscape = index == start + 1 && byte | 32 == UInt8(ascii: "e")
                if isEscape, index < bytes.count, bytes[index] == UInt8(ascii: "'") {
                    skipQuoted(UInt8(ascii: "'"), backslashes: true)
                }
            default: index += 1
            }
        }

        private mutating func skipQuoted(_ quote: UInt8, backslashes: Bool) {
            index += 1
            while index < bytes.count {
                if backslashes, bytes[index] == UInt8(ascii: "\\") {
                    index += 2
                } else if bytes[index] == quote {
                    index += 1
                    // A doubled quote goes on: the second half opens the same kind again.
                    guard index < bytes.count, bytes[index] == quote else { return }
                    index += 1
                } else {
                    index += 1
                }
            }
            index = min(index, bytes.count)
        }

        /// `$tag$ … $tag$`; a `$1` is none.
        private mutating func skipDollarQuote() -> Bool {
            var end = index + 1
            while end < bytes.count, isWord(bytes[end]) { end += 1 }
            let isNumber = end > index + 1 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index + 1])
            guard end < bytes.count, bytes[end] == UInt8(ascii: "$"), !isNumber else { return false }
            let tag = bytes[index...end]
            index = end + 1
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "$"), bytes[index...].starts(with: tag) {
                    index += tag.count
                    return true
                }
                index += 1
            }
            return true
        }
    }
}
