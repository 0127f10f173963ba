/// `resource` (RFC 8707 §2): where an access token is to be used.
enum Resource {
    /// At most this many are taken in one request.
    static let maximumCount = 8

    /// RFC 8707 §2: an absolute URI without a fragment.
    static func isValid(_ text: String) -> Bool {
        guard let uri = AbsoluteURI(text) else { return false }
        return uri.fragment == nil && (uri.hasAuthority ? uri.hasPlainHost && uri.userinfo == nil : !uri.path.isEmpty)
    }

    /// The resources of a request, each once.
    ///
    /// - Throws: `invalid_target` for one that is malformed or not among the client's.
    static func parse(_ parameters: Parameters, for client: Client) throws(OAuthError) -> [String] {
        var found: [String] = []
        for text in parameters.values("resource") where !found.contains(text) {
            guard isValid(text) else {
                throw OAuthError(.invalidTarget, "resource must be an absolute URI without a fragment")
            }
            guard client.resources.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
                throw OAuthError(.invalidTarget, "this client may not ask for that resource")
            }
            found.append(text)
        }
        guard found.count <= maximumCount else { throw OAuthError(.invalidTarget, "too many resources") }
        return found
    }
}
