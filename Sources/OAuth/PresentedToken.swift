/// An access token as it comes with a request to a protected resource: by RFC 6750 §2, or with a proof by RFC 9449 §7.
public struct PresentedToken: Sendable, Hashable {
    /// How it is presented.
    public enum Scheme: Sendable, Hashable {
        /// `Authorization: Bearer`, or `access_token` of a form.
        case bearer
        /// `Authorization: DPoP`.
        case dpop
    }

    /// How it is presented.
    public let scheme: Scheme
    /// The token.
    public let token: String

    /// Finds the token in the header or in a form body. A token in the query is not looked for (RFC 9700 §4.3.2).
    ///
    /// - Parameters:
    ///   - authorization: every `Authorization` header field value of the request.
    ///   - form: the parameters of a form body, where the request has one.
    /// - Returns: nil if there is no token: answer 401 with ``OAuthError/bareChallenge(scheme:realm:)``.
    /// - Throws: `invalid_request` for more than one, or for a malformed one (RFC 6750 §3.1).
    public static func extract(
        authorization: [String],
        form: Parameters? = nil
    ) throws(OAuthError) -> PresentedToken? {
        guard authorization.count <= 1 else { throw OAuthError(.invalidRequest, "several Authorization headers") }
        let posted = try form?.value("access_token").map { PresentedToken(scheme: .bearer, token: $0) }
        let found = try authorization.first.flatMap { header throws(OAuthError) in try parse(header) }
        if found != nil, posted != nil { throw OAuthError(.invalidRequest, "the access token is sent twice") }
        guard let presented = found ?? posted else { return nil }
        guard isToken(presented.token) else { throw OAuthError(.invalidRequest, "the access token is malformed") }
        return presented
    }

    private static func parse(_ header: String) throws(OAuthError) -> PresentedToken? {
        let parts = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        let scheme: Scheme
        // RFC 9110 §11.1: the scheme's letters may be of either case. Another scheme is as good as no token.
        switch parts.first.map({ String(decoding: $0, as: UTF8.self).lowercased() }) {
        case "bearer": scheme = .bearer
        case "dpop": scheme = .dpop
        default: return nil
        }
        guard parts.count == 2 else { throw OAuthError(.invalidRequest, "the access token is missing") }
        let token = String(decoding: parts[1].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
        return PresentedToken(scheme: scheme, token: token)
    }

    /// RFC 6750 §2.1: b64token, at most 8,192 bytes.
    private static func isToken(_ text: String) -> Bool {
        let body = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        return (1...8192).contains(text.utf8.count) && !body.isEmpty
            && body.allSatisfy {
                FormEncoding.isUnreserved($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
            }
            && text.utf8.dropFirst(body.count).allSatisfy { $0 == UInt8(ascii: "=") }
    }
}
