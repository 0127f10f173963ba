/// A token that a client wants ended (RFC 7009 §2.1).
public struct RevocationRequest: Sendable, Hashable {
    /// The token, of whichever kind: they are told apart by what they are. `token_type_hint` would only order the search (§2.1), and a
    /// wrong one must not hide a token, so it decides nothing.
    public let token: String

    /// Reads the form of an authenticated client.
    ///
    /// - Throws: `invalid_request` for a missing or repeated parameter. An unknown token is no error (§2.2).
    public init(_ parameters: Parameters) throws(OAuthError) {
        try parameters.refuseRepetition()
        token = try parameters.required("token")
    }
}
