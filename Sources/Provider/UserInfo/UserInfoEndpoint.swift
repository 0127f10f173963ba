// UserInfo
// Owns: the userinfo endpoint.
// Hands off: which claims a client may hear to OAuth.UserInfo, what is known of a person to Accounts.
// Never: a claim for a token whose authorization was revoked, whose account is closed or whose person changed.

import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import OAuth

/// `GET` and `POST /oauth2/userinfo` (OIDC Core §5.3).
struct UserInfoEndpoint: Sendable {
    let proofs: ProofsOfPossession
    let accessTokens: AccessTokens
    let grants: Grants
    let clients: ClientRegistry
    let keyRing: KeyRing
    let capabilities: ProviderCapabilities
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("oauth2/userinfo") { request, context in try await guarded(request, context) }
        router.post("oauth2/userinfo") { request, context in try await guarded(request, context) }
        CrossOrigin.addPreflight("oauth2/userinfo", methods: "GET, POST", to: router)
    }

    private func guarded(_ request: Request, _ context: ProviderContext) async throws -> Response {
        try await CrossOrigin.allowed(request) {
            try await proofs.answering(request) {
                try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                    do {
                        return try await respond(request)
                    } catch let error as OAuthError {
                        return refusal(error)
                    }
                }
            }
        }
    }

    /// RFC 6750 §3: the error stands in the challenge; the body repeats it for people.
    private func refusal(_ error: OAuthError) -> Response {
        var response = Response.json(error.body(), status: .init(code: error.resourceStatus))
        response.headers[.wwwAuthenticate] = error.resourceChallenge(realm: capabilities.issuer.value)
        return response
    }

    /// RFC 6750 §3.1: without credentials the answer names no error; RFC 9449 §7.2: it names both ways.
    private func question() -> Response {
        var response = Response(status: .unauthorized, headers: [.cacheControl: "no-store"])
        let realm = capabilities.issuer.value
        response.headers[values: .wwwAuthenticate] = [
            OAuthError.bareChallenge(realm: realm),
            OAuthError.bareProofChallenge(capabilities.dpopAlgorithms, realm: realm),
        ]
        return response
    }

    private func respond(_ request: Request) async throws -> Response {
        guard let presented = try await token(request) else { return question() }
        let claims = try await claims(presented, request)
        try claims.require(audience: capabilities.issuer.value)
        guard claims.scope.contains(Scope.openID) else {
            throw OAuthError(.insufficientScope, "the token lacks openid", requirement: .scope([Scope.openID]))
        }
        guard let text = claims.grantID, let id = GrantID(text: text), let (grant, account) = try await grants.find(id),
            let client = try await clients.find(claims.clientID.value)?.client, client.isEnabled
        else { throw AccessTokens.refused }
        let body = UserInfo.response(
            subject: Subject(grant.subject),
            scope: claims.scope,
            claims: grant.claims,
            client: client,
            known: CitizenClaims(account).all
        )
        guard let algorithm = client.userinfoSignedResponseAlg else { return .json(JSON.object(body)) }
        return try await signed(body, client, algorithm)
    }

    /// What the token says, if whoever presents it may: a bound one only with a proof of its key (RFC 9449 §7.1), and never as a bearer
    /// token (§7.2); an unbound one only as that.
    private func claims(_ presented: PresentedToken, _ request: Request) async throws -> AccessTokenClaims {
        switch presented.scheme {
        case .bearer:
            let claims = try await accessTokens.read(presented.token)
            guard claims.keyThumbprint == nil else {
                throw OAuthError(.invalidToken, "the access token is bound to a key")
                    .demandingProof(capabilities.dpopAlgorithms)
            }
            return claims
        case .dpop:
            do {
                return try await proved(presented.token, request)
            } catch let error as OAuthError {
                throw error.demandingProof(capabilities.dpopAlgorithms)
            }
        }
    }

    private func proved(_ token: String, _ request: Request) async throws -> AccessTokenClaims {
        let claims = try await accessTokens.read(token)
        guard let key = claims.keyThumbprint else {
            throw OAuthError(.invalidToken, "the access token is not bound to a key")
        }
        let address = capabilities.endpoints.userInfo
        guard let proof = try proofs.check(request, at: address, accessToken: token) else {
            throw OAuthError(.invalidDPoPProof, "the DPoP proof is missing")
        }
        guard proof.thumbprint == key else {
            throw OAuthError(.invalidToken, "the access token is bound to another key than the proof's")
        }
        try await proofs.spend(proof)
        return claims
    }

    /// From the header, or from a form body (RFC 6750 §2.1, §2.2).
    private func token(_ request: Request) async throws -> PresentedToken? {
        var form: Parameters?
        if request.method == .post, let type = request.headers[.contentType], PageDesk.FormType.isForm(type) {
            form = try await ProtocolForm.parameters(request, limit: bodyLimit)
        }
        return try PresentedToken.extract(authorization: request.headers[values: .authorization], form: form)
    }

    /// OIDC Core §5.3.2: as a JWT with `iss` and `aud`, when the client registered an algorithm.
    private func signed(_ body: JSONObject, _ client: Client, _ algorithm: SignatureAlgorithm) async throws
        -> Response
    {
        var claims = body
        claims["iss"] = .string(capabilities.issuer.value)
        claims["aud"] = .string(client.id.value)
        let jwt = try await keyRing.sign(type: "JWT", payload: JSON.object(claims).bytes, by: algorithm)
        var response = Response.json(Array(jwt.utf8))
        response.headers[.contentType] = "application/jwt"
        return response
    }
}
