// The room of the protocol without I/O.
//
// Owns: the rules of OAuth 2.0 and OpenID Connect: what a request may say, in which order it is checked, which error each fault has,
// what the person must do next, and what every answer, token and document looks like. An order of checks is a visible list.
// Hands off: storing and spending codes and tokens, asking people, signing, fetching a client's keys, HTTP: the server does it.
// Never: reads a clock, the network or a database, and never makes a random value; what changes from call to call is passed in. Never
// redirects to a place that was not proved: see AuthorizationTarget.

public import FoundationEssentials

/// What an authorization request asks for: stage two of two. A fault here is redirected to the ``target`` (RFC 6749 §4.1.2.1).
public struct AuthorizationRequest: Sendable {
    /// `display` (OpenID Connect Core §3.1.2.1).
    public enum Display: String, Sendable, Hashable, CaseIterable {
        /// A full page; also what `popup` gets.
        case page
        /// A touch device; also what `wap` gets.
        case touch

        /// What the parameter's value gets; nil for one that is not defined, which is no error.
        public init?(parsing text: String) {
            switch text {
            case "page", "popup": self = .page
            case "touch", "wap": self = .touch
            default: return nil
            }
        }
    }

    /// How the request came to this server.
    public enum Arrival: Sendable, Hashable {
        /// Its parameters came with the browser.
        case browser
        /// The client pushed it (RFC 9126).
        case pushed
        /// It was admitted before, and waited on the server while the person walked the steps.
        case stored
    }

    /// Who hears the answer.
    public let target: AuthorizationTarget
    /// How it came.
    let arrival: Arrival
    /// When the request first came in: `prompt=login` and `max_age` are measured against it.
    public let receivedAt: Date
    /// `response_type`
    public internal(set) var responseType = ResponseType.code
    /// `scope`, without names that mean nothing here.
    public internal(set) var scope: Scope = []
    /// `nonce`
    public internal(set) var nonce: String?
    /// `code_challenge`
    public internal(set) var codeChallenge: CodeChallenge?
    /// `prompt`
    public internal(set) var prompt: Set<Prompt> = []
    /// `max_age` in seconds, or the client's `default_max_age`.
    public internal(set) var maxAge: Int?
    /// `ui_locales`, the supported ones in order of preference.
    public internal(set) var uiLocales: [String] = []
    /// `display`
    public internal(set) var display: Display?
    /// `login_hint`: a text from outside, for pre-filling a field and nothing else.
    public internal(set) var loginHint: String?
    /// `id_token_hint`, not yet verified.
    public internal(set) var idTokenHint: String?
    /// `claims`
    public internal(set) var claims = ClaimsRequest()
    /// The wished and demanded level.
    public internal(set) var assurance = RequestedAssurance()
    /// `dpop_jkt`: the key whose proof must come with the code (RFC 9449 §10).
    public internal(set) var keyThumbprint: String?
    /// `resource`
    public internal(set) var resources: [String] = []

    /// The client.
    public var client: Client { target.client }
    /// The request wants OpenID Connect, not plain OAuth.
    public var isOpenID: Bool { scope.contains(Scope.openID) }
    /// A refresh token may be given: asked for, allowed, and there will be a code to give it for.
    public var wantsRefreshToken: Bool {
        scope.contains(Scope.offlineAccess) && client.grantTypes.contains(.refreshToken) && responseType.givesCode
    }

    /// The greatest `max_age` taken, in seconds: ten years.
    public static let longestMaxAge = 315_360_000

    /// Checks the rest of a request whose client and redirect URI are proved.
    ///
    /// The checks run in the order of ``checks``; the first that fails decides the error.
    ///
    /// - Parameters:
    ///   - parameters: the same that the target was proved with.
    ///   - target: stage one.
    ///   - capabilities: of this server.
    ///   - arrival: how it came.
    ///   - receivedAt: when the request first came in; for one that was stored, the stored moment.
    /// - Throws: the error to redirect to the target.
    public init(
        _ parameters: Parameters,
        target: AuthorizationTarget,
        capabilities: ProviderCapabilities,
        arrival: Arrival = .browser,
        receivedAt: Date
    ) throws(OAuthError) {
        self.target = target
        self.arrival = arrival
        self.receivedAt = receivedAt
        for check in Self.checks { try check.run(&self, parameters, capabilities) }
    }
}
