extension OAuthError {
    /// Every error code of the specifications that Citygate speaks, once. The raw value is the code on the wire.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        // RFC 6749
        /// A parameter is missing, repeated, malformed or contradicts another one.
        case invalidRequest = "invalid_request"
        /// The client may not use this grant or response type.
        case unauthorizedClient = "unauthorized_client"
        /// The person or the server said no.
        case accessDenied = "access_denied"
        /// The server does not issue this response type.
        case unsupportedResponseType = "unsupported_response_type"
        /// The scope is malformed or more than the client may have.
        case invalidScope = "invalid_scope"
        /// Something unexpected inside the server.
        case serverError = "server_error"
        /// Overload or maintenance.
        case temporarilyUnavailable = "temporarily_unavailable"
        /// Client authentication failed.
        case invalidClient = "invalid_client"
        /// The code or refresh token is unknown, expired, spent, revoked or another client's.
        case invalidGrant = "invalid_grant"
        /// The server does not know this grant.
        case unsupportedGrantType = "unsupported_grant_type"

        // RFC 6750
        /// The access token is malformed, expired or revoked.
        case invalidToken = "invalid_token"
        /// The access token's scope does not reach the resource.
        case insufficientScope = "insufficient_scope"

        // RFC 7009
        /// This type of token cannot be revoked.
        case unsupportedTokenType = "unsupported_token_type"

        // RFC 7591
        /// A redirect URI of a registration is refused.
        case invalidRedirectURI = "invalid_redirect_uri"
        /// Another member of a registration is refused.
        case invalidClientMetadata = "invalid_client_metadata"
        /// The software statement is invalid.
        case invalidSoftwareStatement = "invalid_software_statement"
        /// The software statement is not one that this server accepts.
        case unapprovedSoftwareStatement = "unapproved_software_statement"

        // RFC 8628
        /// The person has not decided yet.
        case authorizationPending = "authorization_pending"
        /// As above, and the client polls too fast.
        case slowDown = "slow_down"
        /// The device code has expired.
        case expiredToken = "expired_token"

        // RFC 8707
        /// The resource is malformed, unknown or not for this client.
        case invalidTarget = "invalid_target"

        // RFC 9101 and OpenID Connect Core: also what RFC 9126 answers for a pushed request
        /// The request_uri is unknown, expired or spent.
        case invalidRequestURI = "invalid_request_uri"
        /// The request object is invalid.
        case invalidRequestObject = "invalid_request_object"
        /// The server takes no request objects by value.
        case requestNotSupported = "request_not_supported"
        /// The server takes no request objects by reference.
        case requestURINotSupported = "request_uri_not_supported"

        // RFC 9449
        /// The DPoP proof is missing or invalid.
        case invalidDPoPProof = "invalid_dpop_proof"
        /// The DPoP proof must carry the nonce that goes with this answer.
        case useDPoPNonce = "use_dpop_nonce"

        // RFC 9470
        /// The resource wants a stronger or fresher login.
        case insufficientUserAuthentication = "insufficient_user_authentication"

        // OpenID Connect Core
        /// Some step needs the person, and the request forbade it.
        case interactionRequired = "interaction_required"
        /// The person must log in, and the request forbade it.
        case loginRequired = "login_required"
        /// The person must choose an account, and the request forbade it.
        case accountSelectionRequired = "account_selection_required"
        /// The person must consent, and the request forbade it.
        case consentRequired = "consent_required"
        /// The server takes no `registration` parameter.
        case registrationNotSupported = "registration_not_supported"

        // OpenID Connect Core Error Code unmet_authentication_requirements
        /// The authentication that the request demands cannot be had.
        case unmetAuthenticationRequirements = "unmet_authentication_requirements"
    }
}

extension OAuthError.Code {
    /// The section that defines the code.
    public var section: String {
        switch self {
        case .invalidRequest, .unauthorizedClient, .invalidScope: "RFC 6749 §4.1.2.1, §5.2"
        case .accessDenied, .unsupportedResponseType, .serverError, .temporarilyUnavailable: "RFC 6749 §4.1.2.1"
        case .invalidClient, .invalidGrant, .unsupportedGrantType: "RFC 6749 §5.2"
        case .invalidToken, .insufficientScope: "RFC 6750 §3.1"
        case .unsupportedTokenType: "RFC 7009 §2.2.1"
        case .invalidRedirectURI, .invalidClientMetadata, .invalidSoftwareStatement, .unapprovedSoftwareStatement:
            "RFC 7591 §3.2.2"
        case .authorizationPending, .slowDown, .expiredToken: "RFC 8628 §3.5"
        case .invalidTarget: "RFC 8707 §2"
        case .invalidRequestURI, .invalidRequestObject: "RFC 9101 §7, RFC 9126 §2.3"
        case .requestNotSupported, .requestURINotSupported, .registrationNotSupported: "OpenID Connect Core §3.1.2.6"
        case .invalidDPoPProof: "RFC 9449 §5, §7.1"
        case .useDPoPNonce: "RFC 9449 §8"
        case .insufficientUserAuthentication: "RFC 9470 §3"
        case .interactionRequired, .loginRequired, .accountSelectionRequired, .consentRequired:
            "OpenID Connect Core §3.1.2.6"
        case .unmetAuthenticationRequirements: "OpenID Connect Core Error Code unmet_authentication_requirements §2"
        }
    }

    /// The HTTP status of a direct (not redirected) answer: 400 unless the section says otherwise.
    public var status: Int {
        switch self {
        // RFC 6749 §5.2; RFC 6750 §3.1; RFC 9470 §3.
        case .invalidClient, .invalidToken, .insufficientUserAuthentication: 401
        case .insufficientScope: 403
        case .serverError: 500
        case .temporarilyUnavailable: 503
        case .invalidRequest, .unauthorizedClient, .accessDenied, .unsupportedResponseType, .invalidScope,
            .invalidGrant, .unsupportedGrantType, .unsupportedTokenType, .invalidRedirectURI, .invalidClientMetadata,
            .invalidSoftwareStatement, .unapprovedSoftwareStatement, .authorizationPending, .slowDown, .expiredToken,
            .invalidTarget, .invalidRequestURI, .invalidRequestObject, .requestNotSupported, .requestURINotSupported,
            .invalidDPoPProof, .useDPoPNonce, .interactionRequired, .loginRequired, .accountSelectionRequired,
            .consentRequired, .registrationNotSupported, .unmetAuthenticationRequirements:
            400
        }
    }
}
