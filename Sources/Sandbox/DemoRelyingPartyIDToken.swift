import Cryptography

/// An ID token that has passed every check of OpenID Connect Core §3.1.3.7.
struct DemoIDToken: Sendable {
    /// A check that was passed, for the token viewer.
    struct Check: Sendable {
        let name: String
        let words: String
    }

    let header: JSON
    let claims: JSONObject
    private(set) var checks: [Check] = []

    /// Seconds by which the issuer's clock may differ from ours.
    static let skew: Int64 = 60

    /// Verifies the ID token of a token response against the login that asked for it, at `now` in seconds since 1970.
    /// - Throws: the first check that fails.
    init(
        _ tokens: DemoTokens,
        keys: JWKSet,
        attempt: DemoVisitors.Attempt,
        issuer: String,
        clientID: String,
        now: Int64
    ) throws(DemoFault) {
        let parsed = try Self.parse(tokens.idToken)
        guard let claims = parsed.claims else { throw .untrusted("format", "the claims are not a JSON object") }
        header = parsed.header
        self.claims = claims
        try checkSignature(parsed, keys)
        try checkParties(issuer, clientID)
        try checkTimes(now, attempt)
        try checkBindings(tokens, attempt)
    }

    static func parse(_ token: String) throws(DemoFault) -> ParsedJWS {
        do throws(CryptographyError) {
            return try JWS.parse(token)
        } catch {
            throw .untrusted("format", "\(error)")
        }
    }

    private mutating func pass(_ name: String, _ words: String) {
        checks.append(Check(name: name, words: words))
    }

    /// The algorithm is the registered one, whatever the header says (RFC 8725 §3.1); an access token is not taken for an ID token.
    private mutating func checkSignature(_ parsed: ParsedJWS, _ keys: JWKSet) throws(DemoFault) {
        let algorithm = DemoRelyingParty.idTokenAlgorithm.rawValue
        guard parsed.alg == algorithm else {
            throw .untrusted("alg", "alg is \(parsed.alg), registered is \(algorithm)")
        }
        guard parsed.type.map({ $0.lowercased() == "jwt" }) ?? true else {
            throw .untrusted("typ", "typ is \(parsed.type ?? "")")
        }
        guard parsed.isSigned(byOneOf: keys) else {
            throw .untrusted("signature", "no published key made the signature")
        }
        pass("signature", "签名由已公布的密钥 \(parsed.kid ?? "（未指明）") 以 \(algorithm) 生成")
    }

    private mutating func checkParties(_ issuer: String, _ clientID: String) throws(DemoFault) {
        guard claims["iss"]?.string == issuer else { throw .untrusted("iss", "iss is not the issuer") }
        pass("iss", "签发者（iss）是 \(issuer)")
        let audiences = claims["aud"]?.strings ?? (claims["aud"]?.string.map { [$0] } ?? [])
        guard audiences.contains(clientID) else { throw .untrusted("aud", "aud does not hold this client") }
        if audiences.count > 1 || claims["azp"] != nil, claims["azp"]?.string != clientID {
            throw .untrusted("azp", "azp is not this client")
        }
        pass("aud", "受众（aud）是本网站")
        guard let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count) else {
            throw .untrusted("sub", "sub is missing")
        }
    }

    private mutating func checkTimes(_ now: Int64, _ attempt: DemoVisitors.Attempt) throws(DemoFault) {
        guard let expiry = claims["exp"]?.int, now < expiry.saturated(plus: Self.skew) else {
            throw .untrusted("exp", "the token has expired")
        }
        guard let issued = claims["iat"]?.int, issued <= now + Self.skew else {
            throw .untrusted("iat", "iat is missing or lies in the future")
        }
        pass("exp", "在有效期（exp）内")
        let authenticated = claims["auth_time"]?.int
        if let maxAge = attempt.options.maxAge {
            guard let authenticated, now <= authenticated.saturated(plus: maxAge + Self.skew) else {
                throw .untrusted("auth_time", "the login is older than max_age")
            }
            pass("auth_time", "登录时间（auth_time）符合 max_age=\(maxAge)")
        } else if attempt.options.prompt == "login" {
            guard let authenticated, authenticated.saturated(plus: Self.skew) >= attempt.startedAt else {
                throw .untrusted("auth_time", "the person was not asked to log in again")
            }
            pass("auth_time", "登录时间（auth_time）在本次请求之后")
        }
    }

    private mutating func checkBindings(_ tokens: DemoTokens, _ attempt: DemoVisitors.Attempt) throws(DemoFault) {
        guard let nonce = claims["nonce"]?.string,
            ConstantTime.equal(Array(nonce.utf8), Array(attempt.nonce.utf8))
        else { throw .untrusted("nonce", "nonce is not that of this login") }
        pass("nonce", "随机数（nonce）属于本次登录")
        // OpenID Connect Core §3.1.3.8; the registered algorithm hashes with SHA-256.
        if let hash = claims["at_hash"] {
            let expected = Base64URL.encode(Array(Digest.sha256(tokens.accessToken.utf8).prefix(16)))
            guard hash.string == expected else { throw .untrusted("at_hash", "at_hash does not fit the access token") }
            pass("at_hash", "访问令牌与 at_hash 相符")
        }
    }
}

extension Int64 {
    /// The sum, or the greatest number where it would not fit.
    fileprivate func saturated(plus other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
