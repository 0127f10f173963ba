import Cryptography
import FoundationEssentials
import Testing

@testable import OAuth

@Suite struct `Logout token` {
    private let token: LogoutToken

    init() throws {
        token = LogoutToken(
            issuer: try #require(Issuer(Example.issuer)),
            audience: ClientID(trusted: "rp"),
            subject: Subject("person"),
            sessionID: SessionID("session"),
            issuedAt: Date(timeIntervalSince1970: 1_800_000_000),
            id: "one"
        )
    }

    @Test func `the claims are those of Back-Channel Logout §2.4, and nonce is not among them`() throws {
        let claims = try #require(try JSON(parsing: token.payload()).object)
        #expect(claims["iss"]?.string == Example.issuer)
        #expect(claims["aud"]?.string == "rp")
        #expect(claims["sub"]?.string == "person")
        #expect(claims["sid"]?.string == "session")
        #expect(claims["iat"]?.int == 1_800_000_000)
        #expect(claims["exp"]?.int == 1_800_000_120)
        #expect(claims["jti"]?.string == "one")
        let events = try #require(claims["events"]?.object)
        #expect(events.names == ["http://schemas.openid.net/event/backchannel-logout"])
        #expect(events["http://schemas.openid.net/event/backchannel-logout"]?.object?.isEmpty == true)
        #expect(claims["nonce"] == nil)
        #expect(LogoutToken.type == "logout+jwt")
    }

    @Test func `a logout token is no hint about whom a client means`() throws {
        let key = try SigningKey.generate(.ES256, kid: "k")
        let signed = try JWS.sign(type: LogoutToken.type, payload: token.payload(), key: key)
        #expect(throws: OAuthError.self) {
            try IDTokenHint(signed, issuer: token.issuer) { $0.isSigned(by: key.publicJWK) }
        }
    }

    @Test func `the body is one form field`() {
        #expect(LogoutToken.form("a.b-_.c") == "logout_token=a.b-_.c")
    }

    @Test(arguments: [
        (200, LogoutToken.Reception.done), (204, .done), (400, .refused), (201, .failed), (202, .failed),
        (302, .failed),
        (401, .failed), (404, .failed), (429, .failed), (500, .failed), (501, .failed), (503, .failed),
    ])
    func `an answer is success by 200 and 204 and final by 400`(_ status: Int, _ reception: LogoutToken.Reception) {
        #expect(LogoutToken.Reception(status: status) == reception)
    }
}
