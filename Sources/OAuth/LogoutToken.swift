public import FoundationEssentials

/// A logout token (OpenID Connect Back-Channel Logout §2.4): tells a client that a login session has ended.
///
/// It names the person and the session both, so that a client can find whichever of them it keeps. It never holds a `nonce`: that is
/// what tells it from an ID token where `typ` is not looked at.
public struct LogoutToken: Sendable, Hashable {
    /// `iss`
    public var issuer: Issuer
    /// `aud`: the client.
    public var audience: ClientID
    /// `sub`
    public var subject: Subject
    /// `sid`
    public var sessionID: SessionID
    /// `iat`
    public var issuedAt: Date
    /// `jti`: another for each token, also where the same notice is sent again. A client that has seen one before may refuse the token
    /// (§2.6), and a notice is sent again just because nobody knows whether it was heard.
    public var id: String

    /// The `typ` header (§2.4).
    public static let type = "logout+jwt"
    /// Seconds a token may be used. §2.4: preferably at most two minutes.
    public static let lifetime = 120.0
    /// The one member of `events`.
    public static let event = "http://schemas.openid.net/event/backchannel-logout"

    /// A token for one client.
    public init(
        issuer: Issuer,
        audience: ClientID,
        subject: Subject,
        sessionID: SessionID,
        issuedAt: Date,
        id: String
    ) {
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
        self.sessionID = sessionID
        self.issuedAt = issuedAt
        self.id = id
    }

    /// The JSON to sign.
    public func payload() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.member("iss", issuer.value)
        writer.member("sub", subject.value)
        writer.member("aud", audience.value)
        writer.member("iat", numericDate(issuedAt))
        writer.member("exp", numericDate(issuedAt.addingTimeInterval(Self.lifetime)))
        writer.member("jti", id)
        writer.member(named: "events", raw: Array("{\"\(Self.event)\":{}}".utf8))
        writer.member("sid", sessionID.value)
        writer.endObject()
        return writer.bytes
    }

    /// The body of the request that brings a signed token (§2.5).
    public static func form(_ token: String) -> String { FormEncoding.encode([(name: "logout_token", value: token)]) }

    /// What the client's answer means for the notice (§2.8).
    public enum Reception: Sendable, Hashable {
        /// 200, and 204, which frameworks make of an empty 200.
        case done
        /// 400: the client understood the request and refused it. The same would be refused again.
        case refused
        /// Anything else: the client, or what stands before it, is not well.
        case failed

        /// The meaning of a status.
        public init(status: Int) {
            switch status {
            case 200, 204: self = .done
            case 400: self = .refused
            default: self = .failed
            }
        }
    }
}
