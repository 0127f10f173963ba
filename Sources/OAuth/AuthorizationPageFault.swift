/// Why an authorization request is answered by our own page: it did not prove who may hear the answer (RFC 6749 §4.1.2.1).
///
/// The raw value is the catalogue's word, which the page shows in `data-error`.
public enum AuthorizationPageFault: String, Error, Sendable, Hashable, CaseIterable {
    /// The query or form could not be read at all.
    case malformedRequest = "malformed_request"
    /// No `client_id`.
    case missingClientID = "missing_client_id"
    /// `client_id` twice.
    case repeatedClientID = "repeated_client_id"
    /// No client of that name, or a name that none can have.
    case unknownClient = "unknown_client"
    /// An operator switched the client off.
    case disabledClient = "disabled_client"
    /// No `redirect_uri`.
    case missingRedirectURI = "missing_redirect_uri"
    /// `redirect_uri` twice.
    case repeatedRedirectURI = "repeated_redirect_uri"
    /// The redirect URI is not one that the client registered.
    case unregisteredRedirectURI = "unregistered_redirect_uri"

    /// The `request_uri` of a pushed request is unknown, expired, spent or another client's (RFC 9126 §4).
    case invalidRequestURI = "invalid_request_uri"

    /// The status of the page.
    public var status: Int { 400 }
}
