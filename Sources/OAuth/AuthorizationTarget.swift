/// Who may hear the answer of an authorization request: stage one of two.
///
/// A value exists only where the client is known and enabled and the redirect URI is one it registered. Nothing else can build a redirect,
/// be it success or error: see ``AuthorizationResponse``.
public struct AuthorizationTarget: Sendable {
    /// The client.
    public let client: Client
    /// Where the answer goes.
    public let redirectURI: RedirectURI
    /// How it goes there.
    public let responseMode: ResponseMode
    /// Echoed in the answer; nil if it was not sent, or was sent in a form that cannot be echoed.
    public let state: String?
    /// Who answers (RFC 9207).
    public let issuer: Issuer

    /// The client that a request names.
    ///
    /// - Throws: a fault for our own page if `client_id` is missing, repeated or impossible.
    public static func clientID(in parameters: Parameters) throws(AuthorizationPageFault) -> ClientID {
        switch parameters.occurrence(of: "client_id") {
        case .absent: throw .missingClientID
        case .repeated: throw .repeatedClientID
        case .once(let text):
            guard let id = ClientID(text) else { throw .unknownClient }
            return id
        }
    }

    /// Proves client and redirect URI of a request.
    ///
    /// - Parameters:
    ///   - parameters: the request.
    ///   - client: what the registry holds under ``clientID(in:)``; nil if nothing.
    ///   - capabilities: of this server.
    ///   - sandboxPatterns: sandbox mode is on, see ``RedirectMatchingRules``.
    /// - Throws: a fault for our own page.
    public init(
        _ parameters: Parameters,
        client: Client?,
        capabilities: ProviderCapabilities,
        sandboxPatterns: Bool = false
    ) throws(AuthorizationPageFault) {
        let id = try Self.clientID(in: parameters)
        guard let client, client.id == id else { throw .unknownClient }
        guard client.isEnabled else { throw .disabledClient }

        let presented: String
        switch parameters.occurrence(of: "redirect_uri") {
        // OpenID Connect Core §3.1.2.1 requires it; RFC 6749 §3.1.2.3 would let one be guessed, which helps nobody.
        case .absent: throw .missingRedirectURI
        case .repeated: throw .repeatedRedirectURI
        case .once(let text): presented = text
        }
        let rules = RedirectMatchingRules(
            anyLoopbackPort: client.redirectLoopbackAnyPort,
            sandboxPatterns: sandboxPatterns
        )
        guard let uri = RedirectURI(presented, registered: client.redirectURIs, rules: rules) else {
            throw .unregisteredRedirectURI
        }
        self.client = client
        self.redirectURI = uri
        self.responseMode = Self.mode(parameters, capabilities)
        self.state = Self.state(parameters)
        self.issuer = capabilities.issuer
    }

    /// The mode in which also an error is sent. A mode that stage two will refuse falls back to what the response type implies.
    private static func mode(_ parameters: Parameters, _ capabilities: ProviderCapabilities) -> ResponseMode {
        var standard = ResponseMode.query
        if case .once(let text) = parameters.occurrence(of: "response_type"), let type = ResponseType(parsing: text) {
            standard = type.defaultMode
        }
        guard case .once(let text) = parameters.occurrence(of: "response_mode"),
            let mode = ResponseMode(rawValue: text),
            capabilities.responseModes.contains(mode), !(mode == .query && standard == .fragment)
        else { return standard }
        return mode
    }

    /// RFC 6749 §4.1.2.1: echoed exactly as received. One that is repeated or breaks appendix A.5 is left out; stage two refuses it.
    private static func state(_ parameters: Parameters) -> String? {
        guard case .once(let text) = parameters.occurrence(of: "state"), isState(text) else { return nil }
        return text
    }

    /// RFC 6749 appendix A.5: visible ASCII and space; at most 2,048 bytes.
    static func isState(_ text: String) -> Bool {
        text.utf8.count <= 2048 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
