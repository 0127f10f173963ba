public import Cryptography

/// Which claims about a person go to a client (OpenID Connect Core §5.3, §5.4, §5.5; protocol.md I2).
public enum UserInfo {
    /// Identity data of a verified person, Citygate's own set. Each is released only to a client that is entitled to it by name.
    public static let realNameClaims = [
        "real_name", "id_type", "id_number", "id_valid_from", "id_valid_to", "nationality", "ethnicity",
    ]

    /// OpenID Connect Core §5.4: what each scope stands for. The one table.
    private static let table: [(scope: String, claims: [String])] = [
        (
            "profile",
            [
                "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
                "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
            ]
        ),
        ("email", ["email", "email_verified"]),
        ("address", ["address"]),
        ("phone", ["phone_number", "phone_number_verified"]),
        (Scope.realName, realNameClaims),
    ]

    /// The claims that the scopes stand for.
    public static func claims(of scopes: Scope) -> Set<String> {
        Set(table.filter { scopes.contains($0.scope) }.flatMap(\.claims))
    }

    /// Every claim that a client could be given at all: those of the scopes it may ask for, identity data by entitlement.
    public static func allowedClaims(of client: Client) -> Set<String> {
        var allowed = claims(of: client.scope).subtracting(realNameClaims)
        if client.scope.contains(Scope.realName) {
            allowed.formUnion(client.realnameClaims.filter(realNameClaims.contains))
        }
        return allowed
    }

    /// True for a scope that speaks of a person, and so means nothing where none is there.
    static func isAboutPerson(_ scope: String) -> Bool {
        scope == Scope.openID || scope == Scope.offlineAccess || table.contains { $0.scope == scope }
    }

    /// The body of a userinfo answer: `sub` and every claim that is asked for, allowed, and there.
    ///
    /// - Parameters:
    ///   - subject: the person, as this client knows them.
    ///   - scope: of the access token.
    ///   - claims: the `claims` parameter of the authorization request.
    ///   - client: decides what may be released.
    ///   - known: everything known of the person, in the names of the specification. An absent claim is left out, also an essential one
    ///     (§5.5.1).
    /// - Returns: the members of the body.
    public static func response(
        subject: Subject,
        scope: Scope,
        claims: ClaimsRequest,
        client: Client,
        known: JSONObject
    ) -> JSONObject {
        var body = JSONObject()
        body["sub"] = .string(subject.value)
        release(Self.claims(of: scope), claims.userInfo, client, known, into: &body)
        return body
    }

    /// The claims about the person for an ID token: those asked for one by one, and those of the scopes where no access token exists with
    /// which they could be fetched (§5.4).
    public static func idTokenClaims(
        scope: Scope,
        responseType: ResponseType,
        claims: ClaimsRequest,
        client: Client,
        known: JSONObject
    ) -> JSONObject {
        var body = JSONObject()
        let byScope = responseType.givesCode ? [] : Self.claims(of: scope)
        release(byScope, claims.idToken, client, known, into: &body)
        return body
    }

    private static func release(
        _ byScope: Set<String>,
        _ wishes: [String: ClaimsRequest.Wish],
        _ client: Client,
        _ known: JSONObject,
        into body: inout JSONObject
    ) {
        let allowed = allowedClaims(of: client)
        for (name, value) in known where allowed.contains(name) && !value.isNull {
            if byScope.contains(name) {
                body[name] = value
            } else if let wish = wishes[name], wish.accepts(value) {
                // §5.5.1: a claim asked for by value is given only with that value.
                body[name] = value
            }
        }
    }
}
