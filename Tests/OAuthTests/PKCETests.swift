import Cryptography
import OAuth
import Testing

@Suite struct `PKCE` {
    @Test func `the verifier of RFC 7636 Appendix B has its challenge`() throws {
        let verifier = try #require(CodeVerifier(Example.verifier))
        #expect(verifier.challenge.value == Example.challenge)
        let challenge = try #require(CodeChallenge(Example.challenge))
        #expect(challenge.accepts(verifier))
        try CodeChallenge.check(challenge, against: verifier)
    }

    @Test func `another verifier, none, or one too many is invalid_grant (RFC 7636 §4.6, RFC 9700 §4.8.2)`() throws {
        let challenge = try #require(CodeChallenge(Example.challenge))
        let verifier = try #require(CodeVerifier(Example.verifier))
        let other = try #require(CodeVerifier(String(repeating: "a", count: 43)))
        #expect(try Example.refusal { try CodeChallenge.check(challenge, against: other) } == .invalidGrant)
        #expect(try Example.refusal { try CodeChallenge.check(challenge, against: nil) } == .invalidGrant)
        #expect(try Example.refusal { try CodeChallenge.check(nil, against: verifier) } == .invalidGrant)
        #expect(try Example.refusal { try CodeChallenge.check(nil, against: nil) } == nil)
    }

    @Test func `a verifier is 43 to 128 unreserved characters (RFC 7636 §4.1)`() {
        #expect(CodeVerifier(String(repeating: "a", count: 42)) == nil)
        #expect(CodeVerifier(String(repeating: "a", count: 128)) != nil)
        #expect(CodeVerifier(String(repeating: "a", count: 129)) == nil)
        for bad in ["+", "/", "=", " ", "é", "%", "\u{0}"] {
            #expect(CodeVerifier(String(repeating: "a", count: 45) + bad) == nil, "\(bad)")
        }
    }

    @Test func `a challenge is the canonical base64url of 32 bytes`() {
        #expect(CodeChallenge(String(Example.challenge.dropLast())) == nil)
        #expect(CodeChallenge(Example.challenge + "A") == nil)
        #expect(CodeChallenge(Example.challenge.dropLast() + "=") == nil)
        // The same bytes in another spelling: the two unused bits are set.
        #expect(CodeChallenge(Example.challenge.dropLast() + "N") == nil)
    }

    @Test func `a verifier does not print`() throws {
        let verifier = try #require(CodeVerifier(Example.verifier))
        #expect("\(verifier)" == "‹verifier›")
        #expect(String(reflecting: verifier) == "‹verifier›")
    }

    @Test(
        arguments: [
            (["code_challenge": nil, "code_challenge_method": nil], OAuthError.Code.invalidRequest),
            (["code_challenge": nil], .invalidRequest),
            (["code_challenge_method": nil], .invalidRequest),
            (["code_challenge_method": "plain"], .invalidRequest),
            (["code_challenge_method": "s256"], .invalidRequest),
            (["code_challenge": "short"], .invalidRequest),
        ] as [([String: String?], OAuthError.Code)]
    )
    func `a request without S256 is refused (RFC 7636 §4.4.1, RFC 9700 §2.1.1)`(
        changes: [String: String?],
        code: OAuthError.Code
    ) throws {
        #expect(try Example.code(changes) == code)
    }

    @Test func `a confidential client can be excused by its registration, but a bad challenge stays bad`() throws {
        let client = try Example.client(["require_pkce": false])
        #expect(try Example.code(["code_challenge": nil, "code_challenge_method": nil], client: client) == nil)
        #expect(try Example.code(["code_challenge_method": "plain"], client: client) == .invalidRequest)
        #expect(try Example.code(["code_challenge": nil], client: client) == .invalidRequest)
    }

    @Test func `a public client is never excused, whatever its record says`() throws {
        var client = try Example.client(["token_endpoint_auth_method": "none"])
        client.metadata.requirePKCE = false
        #expect(
            try Example.code(["code_challenge": nil, "code_challenge_method": nil], client: client) == .invalidRequest
        )
    }
}
