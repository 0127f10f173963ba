/// What a registration may ask of this server, and who is asking.
public struct ClientRegistrationPolicy: Sendable {
    /// Who sends the registration.
    public enum Origin: Sendable {
        /// An operator: every member may be used, an unknown one is a mistake.
        case administrator
        /// A client itself (RFC 7591): unknown members are ignored (§2), and members that widen trust are refused.
        case dynamicRegistration
        /// Nobody: it is read back from the client table, where a later release may have left members that this one does not know.
        case registry
    }

    /// What the server supports; nothing else can be registered.
    public var capabilities: ProviderCapabilities
    /// Who is asking.
    public var origin: Origin
    /// Sandbox: plain http on a loopback host for redirect, logout and key URIs.
    public var allowLoopbackHTTP: Bool
    /// Sandbox: `:*` as the port of a loopback redirect URI.
    public var allowSandboxPatterns: Bool
    /// The shortest lifetime of a token in seconds; 60, in the sandbox 1.
    public var shortestLifetime: Int
    /// What a client that registers itself may ask for.
    public var allowance = RegistrationAllowance()
    /// The registration that is replaced (RFC 7592 §2.2): what an operator gave it, it may keep.
    public var held: ClientMetadata?
    /// The members that an accepted software statement carried (RFC 7591 §2.3): somebody vouches for them.
    public var vouched: Set<String> = []

    /// The rules of production.
    public init(
        capabilities: ProviderCapabilities,
        origin: Origin,
        allowLoopbackHTTP: Bool = false,
        allowSandboxPatterns: Bool = false,
        shortestLifetime: Int = 60
    ) {
        self.capabilities = capabilities
        self.origin = origin
        self.allowLoopbackHTTP = allowLoopbackHTTP
        self.allowSandboxPatterns = allowSandboxPatterns
        self.shortestLifetime = shortestLifetime
    }

    /// The longest access token lifetime in seconds: a JWT cannot be called back.
    public static let longestAccessTokenLifetime = 3600
    /// The longest refresh token lifetime in seconds: 30 days.
    public static let longestRefreshTokenLifetime = 2_592_000
    /// The longest ID token lifetime in seconds: a day.
    public static let longestIDTokenLifetime = 86_400
}
