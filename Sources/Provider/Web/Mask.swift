/// The masks of journeys C7: what a page may show of personal data. Made on the server; the whole value never leaves it.
enum Mask {
    /// `150****7931`: the first three, four stars, the last four. Shorter than eight: stars only.
    static func phone(_ phone: String) -> String {
        let scalars = Array(phone.unicodeScalars)
        guard scalars.count >= 8 else { return "****" }
        return text(scalars.prefix(3)) + "****" + text(scalars.suffix(4))
    }

    /// `2224*****23`, in lists: the first four, five stars whatever the length, the last two.
    static func documentNumber(_ number: String) -> String {
        let scalars = Array(number.unicodeScalars)
        guard scalars.count >= 8 else { return "*****" }
        return text(scalars.prefix(4)) + "*****" + text(scalars.suffix(2))
    }

    /// `*****0013`, in recovery: five stars, the last four.
    static func documentNumberEnd(_ number: String) -> String {
        let scalars = Array(number.unicodeScalars)
        return scalars.count >= 8 ? "*****" + text(scalars.suffix(4)) : "*****"
    }

    /// `*格`: all but the last sign, which may be several scalars (a base with a variation selector or a mark).
    static func name(_ name: String) -> String {
        guard let last = name.last, name.count > 1 else { return name.isEmpty ? "" : "*" }
        return String(repeating: "*", count: name.count - 1) + String(last)
    }

    /// `*****1`: five stars for the first five, the rest kept; a name of five or fewer is all stars.
    static func username(_ username: String) -> String {
        "*****" + text(username.unicodeScalars.dropFirst(5))
    }

    /// `z***@example.com`: first sign, three stars, the domain.
    static func email(_ email: String) -> String {
        let bytes = Array(email.utf8)
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0, let first = email.unicodeScalars.first else {
            return "***"
        }
        return text([first]) + "***" + String(decoding: bytes[at...], as: UTF8.self)
    }

    /// Five stars and the last four.
    static func bankCard(_ number: String) -> String { documentNumberEnd(number) }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
