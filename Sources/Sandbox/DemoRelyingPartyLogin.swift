import Cryptography

/// What a login asks for beyond the usual, in the names of the authorization request (OpenID Connect Core §3.1.2.1).
struct DemoLoginOptions: Sendable, Equatable {
    /// `prompt`
    var prompt: String?
    /// `max_age` in seconds.
    var maxAge: Int64?
    /// `acr_values`, here a single value.
    var acr: String?
    /// `response_mode=form_post`
    var usesFormPost = false

    static let levelThree = "urn:citygate:acr:L3"

    init() {}

    /// - Returns: nil for a parameter or a value that this site does not offer.
    init?(_ form: DemoForm) {
        for (name, value) in form.fields {
            switch name {
            case "prompt":
                guard ["login", "none", "consent", "select_account", "create"].contains(value) else { return nil }
                prompt = value
            case "max_age":
                guard let seconds = Int64(value), (0...31_536_000).contains(seconds) else { return nil }
                maxAge = seconds
            case "acr_values":
                guard (1...100).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
                else { return nil }
                acr = value
            case "response_mode":
                guard ["query", "form_post"].contains(value) else { return nil }
                usesFormPost = value == "form_post"
            default: return nil
            }
        }
    }
}

extension DemoVisitors.Attempt {
    /// A new login: state, nonce and verifier of 256 random bits each.
    init(_ options: DemoLoginOptions, at now: Int64) {
        state = OpaqueToken().value.reveal()
        nonce = OpaqueToken().value.reveal()
        verifier = OpaqueToken().value.reveal()
        self.options = options
        startedAt = now
    }

    /// The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1).
    func authorizationURL(_ metadata: DemoMetadata, _ configuration: DemoRelyingParty.Configuration) -> String {
        var form = DemoForm([
            ("response_type", "code"), ("client_id", configuration.clientID),
            ("redirect_uri", configuration.redirectURI), ("scope", DemoRelyingParty.scope), ("state", state),
            ("nonce", nonce), ("code_challenge", Base64URL.encode(Digest.sha256(verifier.utf8))),
            ("code_challenge_method", "S256"), ("ui_locales", "zh-CN"),
        ])
        form.add("prompt", options.prompt)
        form.add("max_age", options.maxAge.map(String.init))
        form.add("acr_values", options.acr)
        form.add("response_mode", options.usesFormPost ? "form_post" : nil)
        return form.appended(to: metadata.authorizationEndpoint)
    }

    /// Checks an authorization response that belongs to this login.
    /// - Returns: the code.
    /// - Throws: what the issuer answered instead, or which check failed.
    func code(in form: DemoForm, posted: Bool, metadata: DemoMetadata) throws(DemoFault) -> String {
        // RFC 9207 §2.4: compared before anything else is believed; required where the issuer promised it.
        if let issuer = form["iss"], !issuer.utf8.elementsEqual(metadata.issuer.utf8) {
            throw DemoFault("issuer_mismatch", "登录应答来自另一个认证服务，为安全起见已放弃。", detail: "iss=\(issuer)")
        }
        if metadata.sendsIssuer, form["iss"] == nil {
            throw DemoFault("issuer_missing", "登录应答没有说明来自哪个认证服务，为安全起见已放弃。")
        }
        if let error = form["error"] { throw .answered(error, description: form["error_description"]) }
        guard posted == options.usesFormPost else {
            throw DemoFault("response_mode_mismatch", "登录应答的返回方式与请求不符，为安全起见已放弃。")
        }
        guard let code = form["code"], !code.isEmpty else { throw .malformed }
        return code
    }
}

/// Somebody who is logged in, with all that proves it.
struct DemoLogin: Sendable {
    let options: DemoLoginOptions
    let tokens: DemoTokens
    let idToken: DemoIDToken
    /// Answer of the userinfo endpoint.
    let claims: JSONObject

    /// The level that was asked for and not given. `acr_values` is a wish (OpenID Connect Core §3.1.2.1), so this is no fault.
    var unmetLevel: String? {
        guard let wanted = options.acr, idToken.claims["acr"]?.string != wanted else { return nil }
        // A higher level of the same family fulfils the wish.
        if let given = idToken.claims["acr"]?.string, given.utf8.count == wanted.utf8.count,
            given.utf8.dropLast().elementsEqual(wanted.utf8.dropLast()),
            let (mine, yours) = given.utf8.last.flatMap({ mine in wanted.utf8.last.map { (mine, $0) } }), mine > yours
        {
            return nil
        }
        return wanted
    }

    var json: JSON {
        let access = tokens.readableAccessToken
        return [
            "claims": .object(claims),
            "id_token": [
                "value": .string(tokens.idToken), "header": idToken.header, "claims": .object(idToken.claims),
                "checks": JSON(idToken.checks.map(\.name)),
            ],
            "access_token": [
                "value": .string(tokens.accessToken), "header": access?.header ?? .null,
                "claims": access?.claims ?? .null, "expires_in": tokens.expiresIn.map { .integer($0) } ?? .null,
                "scope": tokens.scope.map { .string($0) } ?? .null,
            ],
            "unmet_acr": unmetLevel.map { .string($0) } ?? .null,
        ]
    }
}
