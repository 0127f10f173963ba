import Cryptography
import OAuth
import Testing

@Suite struct `OAuth errors` {
    @Test func `every code is spelt in lower case with underscores and names its section`() {
        for code in OAuthError.Code.allCases {
            #expect(code.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7A).contains($0) }, "\(code)")
            #expect(code.section.hasPrefix("RFC ") || code.section.hasPrefix("OpenID Connect"), "\(code)")
            #expect(code.section.contains("§"), "\(code)")
        }
    }

    @Test func `no code of the specifications is missing, none is invented`() {
        let specified = """
            invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope server_error \
            temporarily_unavailable invalid_client invalid_grant unsupported_grant_type invalid_token \
            insufficient_scope unsupported_token_type invalid_redirect_uri invalid_client_metadata \
            invalid_software_statement unapproved_software_statement authorization_pending slow_down expired_token \
            invalid_target invalid_request_uri invalid_request_object request_not_supported \
            request_uri_not_supported invalid_dpop_proof use_dpop_nonce insufficient_user_authentication \
            interaction_required login_required account_selection_required consent_required \
            registration_not_supported unmet_authentication_requirements
            """
        #expect(OAuthError.Code.allCases.map(\.rawValue) == specified.split(separator: " ").map(String.init))
    }

    @Test(
        arguments: [
            (OAuthError.Code.invalidRequest, 400, 400), (.invalidClient, 401, 401), (.invalidGrant, 400, 400),
            (.invalidToken, 401, 401), (.insufficientScope, 403, 403), (.serverError, 500, 500),
            (.temporarilyUnavailable, 503, 503), (.useDPoPNonce, 400, 401), (.invalidDPoPProof, 400, 401),
            (.insufficientUserAuthentication, 401, 401), (.authorizationPending, 400, 400),
        ]
    )
    func `the status is the one of its section (RFC 6749 §5.2, RFC 6750 §3.1, RFC 9449 §7.1)`(
        code: OAuthError.Code,
        status: Int,
        atResource: Int
    ) {
        #expect(OAuthError(code, "").status == status)
        #expect(OAuthError(code, "").resourceStatus == atResource)
    }

    @Test func `the sentence holds only what RFC 6749 §5.2 allows and is cut`() {
        let error = OAuthError(.invalidRequest, "a \"b\" \\ \r\n é\u{202E} 中" + String(repeating: "x", count: 500))
        #expect(error.explanation.utf8.count == 200)
        #expect(error.explanation.hasPrefix("a 'b' / ?? ?? ?xxx"))
        #expect(
            error.explanation.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        )
    }

    @Test func `the body is the JSON of RFC 6749 §5.2`() throws {
        #expect(
            String(decoding: OAuthError(.invalidGrant, "gone").body(), as: UTF8.self)
                == #"{"error":"invalid_grant","error_description":"gone"}"#
        )
        #expect(String(decoding: OAuthError(.slowDown, "").body(), as: UTF8.self) == #"{"error":"slow_down"}"#)
    }

    @Test func `a protected resource says why in WWW-Authenticate (RFC 6750 §3)`() {
        let error = OAuthError(.insufficientScope, "needs more", requirement: .scope(["profile", "email"]))
        #expect(
            error.resourceChallenge(realm: "city")
                == #"Bearer realm="city", error="insufficient_scope", error_description="needs more", scope="profile email""#
        )
        #expect(OAuthError.bareChallenge(realm: "city") == #"Bearer realm="city""#)
        #expect(OAuthError.clientChallenge(realm: "ci\"ty").hasPrefix(#"Basic realm="ci'ty""#))
    }

    @Test func `a resource can ask for a stronger and fresher login (RFC 9470 §3)`() {
        let error = OAuthError(
            .insufficientUserAuthentication,
            "",
            requirement: .authentication(acrValues: [AssuranceLevel.l3.acr], maxAge: 60)
        )
        #expect(
            error.resourceChallenge(scheme: "DPoP", realm: "r")
                == #"DPoP realm="r", error="insufficient_user_authentication", acr_values="urn:citygate:acr:L3", max_age="60""#
        )
    }
}
