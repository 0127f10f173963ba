public import FoundationEssentials

/// What a service asks about a token (RFC 7662 §2.1).
public struct IntrospectionRequest: Sendable, Hashable {
    /// The token, of whichever kind: they are told apart by what they are, and `token_type_hint` decides nothing.
    public let token: String

    /// Reads the form of an authenticated caller.
    ///
    /// - Throws: `invalid_client` for a public client, which proves nothing and so learns nothing (§2.1, §4); `invalid_request` for a
    ///   missing or repeated parameter.
    public init(_ parameters: Parameters, client: Client) throws(OAuthError) {
        guard !client.isPublic else {
            throw OAuthError(.invalidClient, "a client without authentication may not ask about tokens")
        }
        try parameters.refuseRepetition()
        token = try parameters.required("token")
    }
}

/// What a service is told about a token (RFC 7662 §2.2). No personal data: whoever may have that has the userinfo endpoint.
public enum IntrospectionResponse: Sendable, Hashable {
    /// The token is unknown, expired, revoked, or none of the caller's business. Nothing else is said (§2.2).
    case inactive
    /// A living access token.
    case accessToken(AccessTokenClaims)
    /// A living refresh token.
    case refreshToken(RefreshTokenState)

    /// What a client may know of its own refresh token.
    public struct RefreshTokenState: Sendable, Hashable {
        /// `client_id`
        public let clientID: ClientID
        /// `sub`
        public let subject: Subject
        /// `scope`: the most that an access token of it can have.
        public let scope: Scope
        /// `iat`
        public let issuedAt: Date
        /// `exp`: the end of the family, which no rotation moves.
        public let expiresAt: Date

        /// A state as the store has it.
        public init(clientID: ClientID, subject: Subject, scope: Scope, issuedAt: Date, expiresAt: Date) {
            self.clientID = clientID
            self.subject = subject
            self.scope = scope
            self.issuedAt = issuedAt
            self.expiresAt = expiresAt
        }
    }

    /// Whether the caller may hear about an access token: its own client, or a service that is registered for a resource the token is
    /// for. Whoever may not hears ``inactive`` (§2.2).
    public static func isEntitled(_ caller: Client, to claims: AccessTokenClaims) -> Bool {
        !caller.isPublic && (caller.id == claims.clientID || caller.resources.contains(where: claims.audience.contains))
    }

    /// The JSON body.
    public func body() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch self {
        case .inactive:
            writer.member("active", false)
        case .accessToken(let claims):
            writer.member("active", true)
            let type = claims.keyThumbprint == nil ? TokenResponse.TokenType.bearer : .dpop
            writer.member("token_type", type.rawValue)
            writer.member("client_id", claims.clientID.value)
            writer.member("sub", claims.subject.value)
            if claims.audience.count == 1 {
                writer.member("aud", claims.audience[0])
            } else {
                writer.member("aud", claims.audience)
            }
            if !claims.scope.isEmpty { writer.member("scope", claims.scope.description) }
            writer.member("iat", numericDate(claims.issuedAt))
            writer.member("exp", numericDate(claims.expiresAt))
            writer.member("jti", claims.id)
            // RFC 9449 §6.2.
            if let keyThumbprint = claims.keyThumbprint { writer.confirmation(keyThumbprint) }
            if let authentication = claims.authentication {
                // RFC 9470 §6.2: for services that ask for a stronger or fresher login.
                writer.member("acr", authentication.level.acr)
                writer.member("auth_time", numericDate(authentication.time))
            }
        case .refreshToken(let state):
            writer.member("active", true)
            writer.member("client_id", state.clientID.value)
            writer.member("sub", state.subject.value)
            writer.member("scope", state.scope.description)
            writer.member("iat", numericDate(state.issuedAt))
            writer.member("exp", numericDate(state.expiresAt))
        }
        writer.endObject()
        return writer.bytes
    }
}
