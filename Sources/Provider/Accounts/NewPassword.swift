/// A new password against the rules, in the catalogue's words (journeys.md C5; W1 to W5, one rule for every page).
enum NewPassword {
    static func fault(_ password: String, rules: PasswordRules, username: String?, phone: String?) -> Fault? {
        guard !password.isEmpty else { return .newPasswordRequired }
        return switch rules.fault(in: password, username: username, phone: phone) {
        case nil: nil
        case .length: .passwordLength(range: "\(rules.shortest)-\(rules.longest)")
        case .alphabet: .passwordAlphabet
        case .classes: .passwordClasses
        case .common: .passwordCommon
        case .personal: .passwordPersonal
        }
    }
}
