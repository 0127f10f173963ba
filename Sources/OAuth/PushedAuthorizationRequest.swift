/// A pushed authorization request (RFC 9126): what the client pushes is kept by the server, what the browser brings is a reference to it.
public enum PushedAuthorizationRequest {
    /// What a `request_uri` of this server begins with (RFC 9126 §2.2); a random reference follows.
    static let prefix = "urn:ietf:params:oauth:request_uri:"

    /// The reference that an authorization request brings in place of everything else (RFC 9126 §4).
    ///
    /// - Returns: nil if it brings none of this form, or several; then it is a request like any other.
    public static func reference(in parameters: Parameters) -> String? {
        guard case .once(let uri) = parameters.occurrence(of: "request_uri"), uri.utf8.starts(with: prefix.utf8) else {
            return nil
        }
        return String(decoding: uri.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }

    /// What is kept of a push: the authorization request alone, for the client that proved itself, without its proof.
    public static func request(in parameters: Parameters, of client: ClientID) -> Parameters {
        parameters
            .removing(["client_id", "client_secret", "client_assertion", "client_assertion_type"])
            .adding("client_id", client.value)
    }

    /// The same request, bound to the key of a DPoP proof that came with it (RFC 9449 §10.1).
    ///
    /// - Throws: `invalid_dpop_proof` where the request names another key by `dpop_jkt`.
    public static func binding(_ request: Parameters, to thumbprint: String) throws(OAuthError) -> Parameters {
        guard let named = try request.value("dpop_jkt") else {
            return request.removing(["dpop_jkt"]).adding("dpop_jkt", thumbprint)
        }
        guard named == thumbprint else {
            throw OAuthError(.invalidDPoPProof, "dpop_jkt names another key than the proof's")
        }
        return request
    }

    /// The success of the endpoint, status 201 (RFC 9126 §2.2).
    ///
    /// - Parameters:
    ///   - reference: unguessable, good once.
    ///   - expiresIn: seconds.
    /// - Returns: the JSON body.
    public static func body(reference: String, expiresIn: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("request_uri", prefix + reference)
        writer.member("expires_in", expiresIn)
        writer.endObject()
        return writer.bytes
    }
}

extension AuthorizationPageFault {
    /// The same where the client itself asks and hears the answer as JSON (RFC 9126 §2.3).
    public var oauthError: OAuthError {
        switch self {
        case .malformedRequest: OAuthError(.invalidRequest, "the request cannot be read")
        case .missingClientID: OAuthError(.invalidRequest, "client_id is missing")
        case .repeatedClientID: OAuthError(.invalidRequest, "client_id is repeated")
        case .unknownClient, .disabledClient: OAuthError(.invalidClient, "unknown client")
        case .missingRedirectURI: OAuthError(.invalidRequest, "redirect_uri is missing")
        case .repeatedRedirectURI: OAuthError(.invalidRequest, "redirect_uri is repeated")
        case .unregisteredRedirectURI: OAuthError(.invalidRequest, "redirect_uri is not one that the client registered")
        case .invalidRequestURI: OAuthError(.invalidRequestURI, "the request_uri is unknown, expired or used")
        }
    }
}
