import Testing

/// A reference to an RFC has one form, so that a search finds every place: RFC 6749 §4.1.2.
enum ReferenceRule {
    /// What is wrong with the references in a comment or in the words of a test's name; nil when nothing is.
    static func fault(in text: String) -> String? {
        var rest = Substring(text)
        while let range = rest.range(ofRFC: ()) {
            let before = rest[..<range.lowerBound]
            let word = rest[range]
            let after = rest[range.upperBound...]
            rest = after
            // An address, a file name or an identifier is not a reference.
            if let last = before.last, last.isLetter || last.isNumber || "/._-".contains(last) { continue }
            guard word == "RFC" else { return "write RFC in capitals" }
            guard after.first == " ", after.dropFirst().first?.isNumber == true else {
                if after.first?.isNumber == true || after.first == "-" { return "one space after RFC" }
                continue
            }
            if let fault = faultAfterNumber(after.dropFirst().drop { $0.isNumber }) { return fault }
        }
        return nil
    }

    /// What may follow the number: ` §4.1.2`, ` Appendix B`, or other words that name no section.
    private static func faultAfterNumber(_ text: Substring) -> String? {
        let tail = text.drop { $0 == "," || $0 == " " }
        let lowered = tail.prefix(12).lowercased()
        if lowered.hasPrefix("section") || lowered.hasPrefix("sec.") { return "write §, not section" }
        if text.first == "§" { return "one space before §" }
        if tail.first == "§" {
            if !text.hasPrefix(" §") { return "one space and no comma before §" }
            guard let first = tail.dropFirst().first, first.isNumber || first.isUppercase else {
                return "the section's number follows § at once"
            }
        } else if text.first == " ", let first = tail.first, first.isNumber, tail.contains("."),
            tail.prefix(while: { $0.isNumber || $0 == "." }).dropLast().contains(".")
        {
            return "write § before the section's number"
        }
        return nil
    }
}

extension Substring {
    fileprivate func range(ofRFC: Void) -> Range<Substring.Index>? {
        var index = startIndex
        while index < endIndex {
            if let end = self.index(index, offsetBy: 3, limitedBy: endIndex), self[index..<end].lowercased() == "rfc" {
                return index..<end
            }
            index = self.index(after: index)
        }
        return nil
    }
}

@Suite struct `References` {
    @Test func `every RFC reference has the form RFC 6749 §4.1.2`() {
        expectNone(
            (House.sources + House.tests).filter { !$0.path.hasPrefix("Tests/HouseTests/") }.flatMap { file in
                file.comments.compactMap { comment in
                    ReferenceRule.fault(in: comment.text).map {
                        Breach(path: file.path, line: comment.line, words: "\($0): \(comment.text)")
                    }
                }
            }
        )
    }

    @Test(
        arguments: [
            ("as RFC 6749 §4.1.2 says", true), ("RFC 7636 and RFC 9700 §2.1.1", true), ("RFC 7636 Appendix B", true),
            ("in RFC 9207.", true), ("https://www.rfc-editor.org/rfc/rfc6749", true),
            ("names of RFC 7591 metadata", true),
            ("RFC 6749, 2 of which", true), ("RFC 6749 section 4.1.2", false), ("RFC6749 §4.1", false),
            ("rfc 6749", false), ("RFC 6749, §4.1", false), ("RFC 6749 § 4.1", false), ("RFC 6749 4.1.2", false),
            ("RFC-6749", false), ("RFC 6749§4", false),
        ]
    )
    func `the rule tells right forms from wrong ones`(text: String, isRight: Bool) {
        #expect((ReferenceRule.fault(in: text) == nil) == isRight, "\(text)")
    }
}
