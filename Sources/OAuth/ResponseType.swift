/// `response_type` (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices).
///
/// `token` in any form is left out for good: RFC 9700 §2.1.2 tells servers not to send access tokens through the browser.
public enum ResponseType: String, Sendable, Hashable, CaseIterable {
    /// The code flow.
    case code
    /// The implicit flow of OpenID Connect: only an ID token.
    case idToken = "id_token"
    /// The hybrid flow: code and ID token.
    case codeIDToken = "code id_token"

    /// The value on the wire. The order of the words does not matter (RFC 6749 §3.1.1).
    public init?(parsing text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let found = Self(rawValue: words.sorted().joined(separator: " ")) else { return nil }
        self = found
    }

    /// The answer carries a code.
    public var givesCode: Bool { self != .idToken }

    /// The answer carries an ID token.
    public var givesIDToken: Bool { self != .code }

    /// Multiple Response Types §5: the mode that is used when none is asked for.
    public var defaultMode: ResponseMode { givesIDToken ? .fragment : .query }
}
