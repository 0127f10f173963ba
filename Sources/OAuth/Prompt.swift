/// `prompt` (OpenID Connect Core §3.1.2.1, Initiating User Registration via OpenID Connect).
public enum Prompt: String, Sendable, Hashable, CaseIterable {
    /// Show nothing; fail instead.
    case none
    /// Log the person in again, whoever is there.
    case login
    /// Ask for consent again.
    case consent
    /// Let the person choose an account.
    case selectAccount = "select_account"
    /// Offer registration first.
    case create

    /// Parses the space-delimited list.
    ///
    /// - Throws: `invalid_request` for an unknown value, and for `none` beside another (OpenID Connect Core §3.1.2.1).
    static func parse(_ text: String) throws(OAuthError) -> Set<Prompt> {
        var prompts: Set<Prompt> = []
        for word in text.utf8.split(separator: UInt8(ascii: " ")) {
            guard let prompt = Prompt(rawValue: String(decoding: word, as: UTF8.self)) else {
                throw OAuthError(.invalidRequest, "prompt has an unknown value")
            }
            prompts.insert(prompt)
        }
        guard !prompts.contains(.none) || prompts.count == 1 else {
            throw OAuthError(.invalidRequest, "prompt=none stands beside another value")
        }
        return prompts
    }
}
