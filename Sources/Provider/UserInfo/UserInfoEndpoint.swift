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
            try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                do {
                    return try await respond(request)
                } catch let error as OAuthError {
                    // RFC 6750 §3: the error stands in the challenge; the body repeats it for people.
                    var response = Response.json(error.body(), status: .init(code: error.status))
                    response.headers[.wwwAuthenticate] = error.resourceChallenge(realm: capabilities.issuer.value)
                    return response
                }
            }
        }
    }

    private func respond(_ request: Request) async throws -> Response {
        guard let token = try await token(request) else {
            // RFC 6750 §3.1: without credentials the answer names no error.
            var response = Response(status: .unauthorized, headers: [.cacheControl: "no-store"])
            response.headers[.wwwAuthenticate] = OAuthError.bareChallenge(realm: capabilities.issuer.value)
            return response
        }
        let claims = try await accessTokens.read(token)
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
        return try signed(body, client, algorithm)
    }

    /// From the header, or from a form body (RFC 6750 §2.1, §2.2).
    private func token(_ request: Request) async throws -> String? {
        var form: Parameters?
        if request.method == .post, let type = request.headers[.contentType], PageDesk.FormType.isForm(type) {
            form = try await ProtocolForm.parameters(request, limit: bodyLimit)
        }
        return try BearerToken.extract(authorization: request.headers[values: .authorization], form: form)
    }

    /// OIDC Core §5.3.2: as a JWT with `iss` and `aud`, when the client registered an algorithm.
    private func signed(_ body: JSONObject, _ client: Client, _ algorithm: SignatureAlgorithm) throws -> Response {
        var claims = body
        claims["iss"] = .string(capabilities.issuer.value)
        claims["aud"] = .string(client.id.value)
        let key = try keyRing.current(for: algorithm)
        let jwt = try JWS.sign(type: "JWT", payload: JSON.object(claims).bytes, key: key)
        var response = Response.json(Array(jwt.utf8))
        response.headers[.contentType] = "application/jwt"
        return response
    }
}
