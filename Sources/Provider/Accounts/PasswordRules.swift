/// What a new password must be (journeys.md C5; one rule for every page, journeys.md 12).
struct PasswordRules: Sendable {
    /// Characters, at least.
    let shortest: Int
    /// Characters, at most.
    let longest: Int

    enum Fault: Sendable, CaseIterable {
        case length, alphabet, classes, common, personal

        /// For an operator's screen; pages take their words from the catalogue.
        var sentence: String {
            switch self {
            case .length: "the password has too few or too many characters"
            case .alphabet: "the password may hold letters, digits and special characters of ASCII only"
            case .classes: "the password needs two of: letters, digits, special characters"
            case .common: "the password is among the most common ones"
            case .personal: "the password contains the user name or the phone number"
            }
        }
    }

    /// The first rule that the password breaks; nil when it is good.
    func fault(in password: String, username: String?, phone: String?) -> Fault? {
        let bytes = Array(password.utf8)
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .alphabet }
        guard (shortest...longest).contains(bytes.count) else { return .length }
        let hasDigit = bytes.contains { (0x30...0x39).contains($0) }
        let hasLetter = bytes.contains { (0x61...0x7A).contains($0 | 0x20) }
        let hasSpecial = bytes.contains { !(0x30...0x39).contains($0) && !(0x61...0x7A).contains($0 | 0x20) }
        guard [hasDigit, hasLetter, hasSpecial].count(where: { $0 }) >= 2 else { return .classes }
        let folded = password.lowercased()
        guard !Self.common.contains(folded) else { return .common }
        for own in [username?.lowercased(), phone].compactMap({ $0 }) where !own.isEmpty && folded.contains(own) {
            return .personal
        }
        return nil
    }

    /// Passwords that pass the other rules and are tried first, the habits of this country among them.
    private static let common: Set<String> = [
        "password1", "password123", "passw0rd", "p@ssw0rd", "p@ssword1", "abc12345", "abcd1234", "a1234567",
        "a12345678",
        "a123456789", "aa123456", "aa12345678", "aaa111111", "abc123456", "abcd123456", "asd12345", "asd123456",
        "qwe12345", "qwe123456", "qwer1234", "qwerty12", "qwerty123", "qwertyuiop1", "1q2w3e4r", "1q2w3e4r5t",
        "1qaz2wsx",
        "1qaz@wsx", "q1w2e3r4", "zxc12345", "zxcvbnm1", "zxcvbnm123", "woaini1314", "woaini520", "woaini521",
        "woaini123", "iloveyou1", "iloveyou520", "5201314a", "5201314aa", "a5201314", "ai1314520", "wang1234",
        "li123456",
        "zhang123", "zhang123456", "wang123456", "liu123456", "chen123456", "admin123", "admin888", "admin1234",
        "admin@123", "root1234", "test1234", "welcome1", "welcome123", "letmein1", "beijing2008", "beijing2022",
        "china123", "zhongguo1", "88888888a", "a88888888", "66666666a", "12345678a", "123456789a", "1234567890a",
        "11111111a", "00000000a", "123123aa", "123qweasd", "123qwe123", "qq123456", "qq123456789", "wx123456",
    ]
}
