public import Cryptography

/// What a client is told when something is refused: one code of the specifications and a sentence for its developer.
///
/// The sentence never carries a cause from inside the server (a database error, a stack trace), and never a hint at whether an account
/// exists. It is cut to 200 bytes and to the characters that RFC 6749 §5.2 allows, so that it can stand in a header, a query and JSON.
public struct OAuthError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The code as the specifications spell it.
    public let code: Code
    /// The sentence for the client's developer (`error_description`), already sanitised. May be empty.
    public let explanation: String
    /// What the protected resource wants instead, for the codes of RFC 6750 and RFC 9470 that can say it.
    public let requirement: Requirement?

    /// What a protected resource asks for beside the code.
    public enum Requirement: Sendable, Hashable {
        /// The scope needed to reach the resource (RFC 6750 §3).
        case scope(Scope)
        /// The authentication the resource wants (RFC 9470 §3): class references and the greatest age in seconds.
        case authentication(acrValues: [String], maxAge: Int?)
        /// A DPoP proof by one of the algorithms (RFC 9449 §7.1).
        case proof([SignatureAlgorithm])
    }

    /// An error with its sentence; the sentence is sanitised here, once.
    public init(_ code: Code, _ explanation: String, requirement: Requirement? = nil) {
        self.code = code
        self.explanation = Self.sanitised(explanation)
        self.requirement = requirement
    }

    /// Code and sentence, for logs.
    public var description: String { explanation.isEmpty ? code.rawValue : "\(code.rawValue): \(explanation)" }

    /// The HTTP status where the error is the answer of a token, revocation or registration endpoint.
    public var status: Int { code.status }

    /// The body `{"error":…,"error_description":…}` (RFC 6749 §5.2).
    public func body() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("error", code.rawValue)
        if !explanation.isEmpty { writer.member("error_description", explanation) }
        writer.endObject()
        return writer.bytes
    }

    /// RFC 6749 §5.2: error_description holds %x20-21 / %x23-5B / %x5D-7E and nothing else.
    static func sanitised(_ text: String) -> String {
        var out: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard out.count < 200 else { break }
            switch scalar.value {
            case 0x22: out.append(UInt8(ascii: "'"))
            case 0x5C: out.append(UInt8(ascii: "/"))
            case 0x20...0x7E: out.append(UInt8(truncatingIfNeeded: scalar.value))
            default: out.append(UInt8(ascii: "?"))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

// MARK: - WWW-Authenticate

extension OAuthError {
    /// The HTTP status where the error is the answer of a protected resource (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3).
    public var resourceStatus: Int {
        switch code {
        case .invalidToken, .invalidDPoPProof, .useDPoPNonce, .insufficientUserAuthentication: 401
        case .insufficientScope: 403
        default: code.status
        }
    }

    /// The `WWW-Authenticate` value of a protected resource that refuses a token (RFC 6750 §3).
    ///
    /// - Parameters:
    ///   - scheme: `Bearer`; where a proof is wanted the challenge is `DPoP` (RFC 9449 §7.1).
    ///   - realm: the protection space, shown to developers only.
    /// - Returns: one challenge with its parameters.
    public func resourceChallenge(scheme: String = "Bearer", realm: String) -> String {
        var scheme = scheme
        if case .proof = requirement { scheme = "DPoP" }
        var parts = ["\(scheme) realm=\"\(Self.sanitised(realm))\"", "error=\"\(code.rawValue)\""]
        if !explanation.isEmpty { parts.append("error_description=\"\(explanation)\"") }
        switch requirement {
        case .scope(let scope): parts.append("scope=\"\(scope)\"")
        case .authentication(let acrValues, let maxAge):
            if !acrValues.isEmpty {
                parts.append("acr_values=\"\(Self.sanitised(acrValues.joined(separator: " ")))\"")
            }
            if let maxAge { parts.append("max_age=\"\(maxAge)\"") }
        case .proof(let algorithms): parts.append(Self.algorithms(algorithms))
        case nil: break
        }
        return parts.joined(separator: ", ")
    }

    /// The `WWW-Authenticate` value for a request that brought no token at all: no code, no sentence (RFC 6750 §3.1, last paragraph).
    public static func bareChallenge(scheme: String = "Bearer", realm: String) -> String {
        "\(scheme) realm=\"\(sanitised(realm))\""
    }

    /// The second challenge for a request that brought no token, where DPoP is on (RFC 9449 §7.2).
    public static func bareProofChallenge(_ algorithms: [SignatureAlgorithm], realm: String) -> String {
        "DPoP realm=\"\(sanitised(realm))\", \(Self.algorithms(algorithms))"
    }

    /// The same error, saying that a proof is wanted.
    public func demandingProof(_ algorithms: [SignatureAlgorithm]) -> OAuthError {
        OAuthError(code, explanation, requirement: .proof(algorithms))
    }

    private static func algorithms(_ algorithms: [SignatureAlgorithm]) -> String {
        "algs=\"\(algorithms.map(\.rawValue).joined(separator: " "))\""
    }

    /// The `WWW-Authenticate` value that goes with `invalid_client` and status 401 (RFC 6749 §5.2).
    public static func clientChallenge(realm: String) -> String {
        "Basic realm=\"\(sanitised(realm))\", charset=\"UTF-8\""
    }
}
