import Cryptography

/// `code_challenge` of method S256 (RFC 7636 §4.2): the SHA-256 of a verifier in 43 characters of base64url.
public struct CodeChallenge: Sendable, Hashable, CustomStringConvertible {
    /// The challenge as it is sent and stored.
    public let value: String

    /// A challenge from outside; nil unless it is the canonical base64url of 32 bytes.
    public init?(_ value: String) {
        guard value.utf8.count == 43, Base64URL.decode(value)?.count == 32 else { return nil }
        self.value = value
    }

    /// The challenge.
    public var description: String { value }

    /// RFC 7636 §4.6: the verifier's own challenge equals this one.
    public func accepts(_ verifier: CodeVerifier) -> Bool {
        ConstantTime.equal(Array(value.utf8), Array(verifier.challenge.value.utf8))
    }

    /// The challenge of an authorization request (RFC 7636 §4.3; RFC 9700 §2.1.1 allows no other method than S256).
    ///
    /// - Throws: `invalid_request` for a missing challenge where one is required, a method without a challenge, a method that is not
    ///   S256 (a missing method means `plain`), and a challenge that is not the canonical base64url of 32 bytes.
    static func parse(_ parameters: Parameters, required: Bool) throws(OAuthError) -> CodeChallenge? {
        let method = try parameters.value("code_challenge_method")
        guard let text = try parameters.value("code_challenge") else {
            guard method == nil else {
                throw OAuthError(.invalidRequest, "code_challenge_method without code_challenge")
            }
            guard !required else { throw OAuthError(.invalidRequest, "code_challenge is missing") }
            return nil
        }
        guard method == "S256" else {
            throw OAuthError(.invalidRequest, "code_challenge_method must be S256")
        }
        guard let challenge = CodeChallenge(text) else {
            throw OAuthError(.invalidRequest, "code_challenge must be 43 characters of base64url")
        }
        return challenge
    }
}

/// `code_verifier` (RFC 7636 §4.1): 43 to 128 unreserved characters.
public struct CodeVerifier: Sendable, Hashable {
    private let value: String

    /// A verifier from outside; nil unless it has the form of RFC 7636 §4.1.
    public init?(_ value: String) {
        guard (43...128).contains(value.utf8.count), value.utf8.allSatisfy(FormEncoding.isUnreserved) else {
            return nil
        }
        self.value = value
    }

    /// BASE64URL(SHA256(ASCII(code_verifier))) (RFC 7636 §4.2).
    public var challenge: CodeChallenge {
        CodeChallenge(digest: Digest.sha256(value.utf8))
    }
}

extension CodeChallenge {
    fileprivate init(digest: [UInt8]) { value = Base64URL.encode(digest) }

    /// RFC 7636 §4.6 and RFC 9700 §4.8.2: a code with a challenge needs its verifier, and a code without one takes none.
    ///
    /// - Throws: `invalid_grant` for a missing, surplus or wrong verifier.
    public static func check(_ challenge: CodeChallenge?, against verifier: CodeVerifier?) throws(OAuthError) {
        switch (challenge, verifier) {
        case (nil, nil): return
        case (nil, .some): throw OAuthError(.invalidGrant, "the code was issued without a code_challenge")
        case (.some, nil): throw OAuthError(.invalidGrant, "code_verifier is missing")
        case (let challenge?, let verifier?):
            guard challenge.accepts(verifier) else {
                throw OAuthError(.invalidGrant, "code_verifier does not match")
            }
        }
    }
}

extension CodeVerifier: CustomStringConvertible, CustomDebugStringConvertible {
    /// Hidden: the verifier proves possession of the request.
    public var description: String { "‹verifier›" }
    /// Hidden.
    public var debugDescription: String { "‹verifier›" }
}
