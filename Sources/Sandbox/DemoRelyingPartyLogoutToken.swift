import Cryptography

/// A logout token that has passed every check of OpenID Connect Back-Channel Logout §2.6.
struct DemoLogoutToken: Sendable {
    /// The person who was logged out, if the token says so.
    let subject: String?
    /// The session that has ended, if the token says so. One of both is there.
    let sessionID: String?
    /// Names this token and no other.
    let id: String

    /// The longest token taken, in bytes.
    static let longest = 8192
    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    /// Checks a token at `now`, in seconds since 1970.
    /// - Throws: the first check that fails.
    init(
        _ parsed: ParsedJWS,
        keys: JWKSet,
        issuer: String,
        clientID: String,
        now: Int64
    ) throws(DemoFault) {
        // §2.6 step 3: signed as the ID tokens of this client are, whatever the header says.
        guard parsed.alg == DemoRelyingParty.idTokenAlgorithm.rawValue, parsed.isSigned(byOneOf: keys) else {
            throw Self.refused("signature")
        }
        guard parsed.type == nil || parsed.type == "logout+jwt", let claims = parsed.claims else {
            throw Self.refused("typ")
        }
        let audiences = claims["aud"]?.strings ?? (claims["aud"]?.string.map { [$0] } ?? [])
        guard claims["iss"]?.string == issuer, audiences.contains(clientID) else { throw Self.refused("aud") }
        let skew = DemoIDToken.skew
        guard let issued = claims["iat"]?.int, let expiry = claims["exp"]?.int, issued <= now + skew,
            now - skew < expiry
        else { throw Self.refused("exp") }
        guard claims["events"]?[Self.event]?.object != nil else { throw Self.refused("events") }
        // An ID token must never pass for a logout token.
        guard claims["nonce"] == nil else { throw Self.refused("nonce") }
        guard let id = claims["jti"]?.string, !id.isEmpty else { throw Self.refused("jti") }
        subject = claims["sub"]?.string
        sessionID = claims["sid"]?.string
        self.id = id
        guard subject != nil || sessionID != nil else { throw Self.refused("sub") }
    }

    static func refused(_ check: String) -> DemoFault {
        DemoFault("logout_token_" + check, "退出通知未通过本网站的核验。")
    }
}

/// A notice that came by the back channel, as the site shows it.
struct DemoNotice: Sendable {
    /// Seconds since 1970.
    let at: Int64
    /// Nil for one that was accepted.
    let fault: String?
    /// How many browsers it logged out here.
    let ended: Int
    /// `jti`, of one that was accepted.
    let tokenID: String?

    var json: JSON {
        [
            "at": .integer(at), "accepted": .bool(fault == nil), "fault": fault.map { .string($0) } ?? .null,
            "ended": .integer(Int64(ended)),
        ]
    }
}
