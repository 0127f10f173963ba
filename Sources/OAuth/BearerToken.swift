/// The access token of a request to a protected resource (RFC 6750 §2).
public enum BearerToken {
    /// Finds the token in the header or in a form body. A token in the query is not looked for (RFC 9700 §4.3.2).
    ///
    /// - Parameters:
    ///   - authorization: every `Authorization` header field value of the request.
    ///   - form: the parameters of a form body, where the request has one.
    /// - Returns: nil if there is no token: answer 401 with ``OAuthError/bareChallenge(scheme:realm:)``.
    /// - Throws: `invalid_request` for more than one, or for a malformed one (§3.1).
    public static func extract(authorization: [String], form: Parameters? = nil) throws(OAuthError) -> String? {
        guard authorization.count <= 1 else { throw OAuthError(.invalidRequest, "several Authorization headers") }
        let posted = try form?.value("access_token")
        var found: String?
        if let header = authorization.first {
            let parts = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            // RFC 9110 §11.1: the scheme's letters may be of either case. Another scheme is as good as no token.
            if let scheme = parts.first, String(decoding: scheme, as: UTF8.self).lowercased() == "bearer" {
                guard parts.count == 2 else { throw OAuthError(.invalidRequest, "the bearer token is missing") }
                found = String(decoding: parts[1].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
            }
        }
        if found != nil, posted != nil { throw OAuthError(.invalidRequest, "the access token is sent twice") }
        guard let token = found ?? posted else { return nil }
        guard isToken(token) else { throw OAuthError(.invalidRequest, "the bearer token is malformed") }
        return token
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
