public import Cryptography

/// What a client brought to prove who it is (RFC 6749 §2.3, RFC 7523 §2.2): found, not yet compared with anything.
public enum ClientAuthentication: Sendable {
    /// Identifier and secret by HTTP Basic.
    case basic(ClientID, Secret<String>)
    /// Identifier and secret in the body.
    case post(ClientID, Secret<String>)
    /// A signed assertion.
    case assertion(ClientAssertion)
    /// Only an identifier.
    case none(ClientID)

    /// The client that the request speaks for.
    public var clientID: ClientID {
        switch self {
        case .basic(let id, _), .post(let id, _), .none(let id): id
        case .assertion(let assertion): assertion.clientID
        }
    }

    /// The method used.
    public var method: ClientAuthenticationMethod {
        switch self {
        case .basic: .clientSecretBasic
        case .post: .clientSecretPost
        case .assertion(let assertion): assertion.isSymmetric ? .clientSecretJWT : .privateKeyJWT
        case .none: .none
        }
    }

    /// Finds the one authentication of a request.
    ///
    /// - Parameters:
    ///   - authorization: every `Authorization` header field value of the request.
    ///   - parameters: the form.
    /// - Returns: the one way that was used.
    /// - Throws: `invalid_request` if there is more than one (RFC 6749 §2.3) or the identifiers disagree; `invalid_client` if there is none, or
    ///   it is malformed.
    public static func extract(
        authorization: [String],
        parameters: Parameters
    ) throws(OAuthError) -> ClientAuthentication {
        guard authorization.count <= 1 else { throw OAuthError(.invalidRequest, "several Authorization headers") }
        let named = try parameters.value("client_id")
        let secret = try parameters.value("client_secret")
        let assertion = try parameters.value("client_assertion")
        let assertionType = try parameters.value("client_assertion_type")
        let used = [!authorization.isEmpty, secret != nil, assertion != nil || assertionType != nil]
        guard used.count(where: { $0 }) <= 1 else {
            throw OAuthError(.invalidRequest, "more than one way of client authentication")
        }

        let found: ClientAuthentication
        if let header = authorization.first {
            found = try basic(header)
        } else if assertion != nil || assertionType != nil {
            found = try signed(assertion, assertionType)
        } else if let named {
            guard let id = ClientID(named) else { throw OAuthError(.invalidClient, "unknown client") }
            return secret.map { .post(id, Secret($0)) } ?? .none(id)
        } else {
            throw OAuthError(.invalidClient, "no client authentication and no client_id")
        }
        // RFC 7521 §4.2 and RFC 6749 §3.2.1: a client_id beside other proof is optional, but must be the same.
        if let named, named != found.clientID.value {
            throw OAuthError(.invalidRequest, "client_id is not the authenticated client")
        }
        return found
    }

    /// RFC 7591 §2: one method per client. Anything else could be a downgrade.
    ///
    /// - Throws: `invalid_client` if the client registered another method, or is switched off.
    public func requireMethod(of client: Client) throws(OAuthError) {
        guard client.isEnabled, client.id == clientID else { throw OAuthError(.invalidClient, "unknown client") }
        guard client.tokenEndpointAuthMethod == method else {
            throw OAuthError(.invalidClient, "this client is registered for another token_endpoint_auth_method")
        }
    }

    /// RFC 6749 §2.3.1: identifier and secret are form-encoded, joined by a colon, and then Base64 (RFC 7617 §2).
    private static func basic(_ header: String) throws(OAuthError) -> ClientAuthentication {
        let fault = OAuthError(.invalidClient, "the Authorization header is not valid HTTP Basic")
        guard header.utf8.count <= 4096 else { throw fault }
        let parts = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, String(decoding: parts[0], as: UTF8.self).lowercased() == "basic",
            let decoded = Base64.decode(parts[1].drop { $0 == UInt8(ascii: " ") }),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
            let id = try? FormEncoding.decode(decoded[..<colon]), let id = ClientID(id),
            let secret = try? FormEncoding.decode(decoded[(colon + 1)...]), !secret.isEmpty
        else { throw fault }
        return .basic(id, Secret(secret))
    }

    /// RFC 7521 §4.2, RFC 7523 §2.2.
    private static func signed(_ assertion: String?, _ type: String?) throws(OAuthError) -> ClientAuthentication {
        guard type == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
            throw OAuthError(.invalidClient, "client_assertion_type is not jwt-bearer")
        }
        guard let assertion else { throw OAuthError(.invalidClient, "client_assertion is missing") }
        return .assertion(try ClientAssertion(assertion))
    }
}
