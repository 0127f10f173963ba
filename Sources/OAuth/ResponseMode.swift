/// `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode).
public enum ResponseMode: String, Sendable, Hashable, CaseIterable {
    /// In the query of the redirect URI.
    case query
    /// In the fragment of the redirect URI.
    case fragment
    /// In a form that the browser posts to the redirect URI.
    case formPost = "form_post"
}
