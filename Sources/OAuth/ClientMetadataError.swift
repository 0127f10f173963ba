/// Everything that is wrong with a registration, all at once.
public struct ClientMetadataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One fault.
    public struct Fault: Sendable, Hashable {
        /// The member, in the name of the specification.
        public let member: String
        /// What is wrong with it, in English for developers and operators.
        public let reason: String
        /// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 §3.2.2).
        public let code: OAuthError.Code
    }

    /// The faults in the order in which they were found; never empty.
    public let faults: [Fault]

    /// One line for each fault.
    public var description: String { faults.map { "\($0.member): \($0.reason)" }.joined(separator: "\n") }

    /// The answer of the registration endpoint: a redirect URI's fault wins, because it has a code of its own.
    public var oauthError: OAuthError {
        let first = faults.first { $0.code == .invalidRedirectURI } ?? faults.first
        let sentence = faults.map { "\($0.member) \($0.reason)" }.joined(separator: "; ")
        return OAuthError(first?.code ?? .invalidClientMetadata, sentence)
    }
}
