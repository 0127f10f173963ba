/// The answer of an authorization request (RFC 6749 §4.1.2, RFC 9207, OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5).
///
/// It can be built for an ``AuthorizationTarget`` only, so it never goes to a place that was not proved.
public struct AuthorizationResponse: Sendable {
    /// One field of the answer.
    public struct Field: Sendable, Hashable {
        /// The parameter's name.
        public let name: String
        /// Its value, not encoded.
        public let value: String
    }

    /// How the answer leaves.
    public enum Delivery: Sendable, Hashable {
        /// Status 303 with this `Location`, ready to be sent as it is.
        case redirect(location: String)
        /// A page whose form the browser posts by itself (OAuth 2.0 Form Post Response Mode §2). The page escapes every value.
        case formPost(action: String, fields: [Field])
    }

    /// Where it goes.
    public let target: AuthorizationTarget
    /// What it says, in order.
    public let fields: [Field]

    /// Success.
    ///
    /// - Parameters:
    ///   - target: who hears it.
    ///   - code: where the response type gives one.
    ///   - idToken: where the response type gives one.
    public init(to target: AuthorizationTarget, code: String?, idToken: String? = nil) {
        self.target = target
        fields = Self.fields(target, [("code", code), ("id_token", idToken)])
    }

    /// Failure (RFC 6749 §4.1.2.1).
    public init(to target: AuthorizationTarget, error: OAuthError) {
        self.target = target
        let sentence = error.explanation.isEmpty ? nil : error.explanation
        fields = Self.fields(target, [("error", error.code.rawValue), ("error_description", sentence)])
    }

    private static func fields(_ target: AuthorizationTarget, _ own: [(String, String?)]) -> [Field] {
        // RFC 9207 §2: iss goes with success and error alike.
        (own + [("state", target.state), ("iss", target.issuer.value)]).compactMap { name, value in
            value.map { Field(name: name, value: $0) }
        }
    }

    /// The answer in the target's response mode.
    public var delivery: Delivery {
        let uri = target.redirectURI.value
        let pairs = fields.map { (name: $0.name, value: $0.value) }
        switch target.responseMode {
        case .query: return .redirect(location: Self.appending(pairs, toQueryOf: uri))
        // Registration refuses a fragment, so there is none before this one.
        case .fragment: return .redirect(location: uri + "#" + FormEncoding.encode(pairs))
        case .formPost: return .formPost(action: uri, fields: fields)
        }
    }

    /// RFC 6749 §3.1.2: a query that the client registered is kept.
    static func appending(_ fields: [(name: String, value: String)], toQueryOf uri: String) -> String {
        let encoded = FormEncoding.encode(fields)
        guard uri.utf8.contains(UInt8(ascii: "?")) else { return uri + "?" + encoded }
        let last = uri.utf8.last
        return last == UInt8(ascii: "?") || last == UInt8(ascii: "&") ? uri + encoded : uri + "&" + encoded
    }
}
