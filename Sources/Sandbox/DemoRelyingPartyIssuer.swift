import AsyncHTTPClient
import Cryptography
import Logging
import NIOCore
import NIOHTTP1

extension DemoRelyingParty.Configuration {
    var redirectURI: String { baseURL + "/callback" }
    var postLogoutRedirectURI: String { baseURL + "/signed-out" }
}

/// What the site needs of an issuer's discovery document (OpenID Connect Discovery §3, RFC 8414 §2).
struct DemoMetadata: Sendable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let userinfoEndpoint: String
    let jwksURI: String
    let endSessionEndpoint: String?
    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3)
    let sendsIssuer: Bool

    /// - Throws: when the document is another issuer's, lacks an endpoint, or names one that is not safe to use.
    init(_ json: JSON, issuer: String) throws(DemoFault) {
        func fault(_ detail: String) -> DemoFault {
            DemoFault("discovery_invalid", "统一身份认证的配置有误，请联系网站管理员。", detail: detail)
        }
        func endpoint(_ name: String) throws(DemoFault) -> String {
            guard let address = json[name]?.string, Self.isSafe(address) else {
                throw fault("\(name) is missing or unsafe")
            }
            return address
        }
        // OpenID Connect Discovery §4.3: exactly the issuer that was asked for.
        guard let named = json["issuer"]?.string, named.utf8.elementsEqual(issuer.utf8) else {
            throw fault("the document belongs to another issuer")
        }
        self.issuer = issuer
        authorizationEndpoint = try endpoint("authorization_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        userinfoEndpoint = try endpoint("userinfo_endpoint")
        jwksURI = try endpoint("jwks_uri")
        endSessionEndpoint = json["end_session_endpoint"] == nil ? nil : try endpoint("end_session_endpoint")
        sendsIssuer = json["authorization_response_iss_parameter_supported"]?.bool ?? false
    }

    /// https, or http on loopback; printable ASCII without quotes.
    static func isSafe(_ address: String) -> Bool {
        guard address.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x27 }) else { return false }
        if address.hasPrefix("https://") { return true }
        return ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { prefix in
            address.hasPrefix(prefix)
                && [nil, UInt8(ascii: ":"), UInt8(ascii: "/")].contains(
                    address.utf8.dropFirst(prefix.utf8.count).first
                )
        }
    }

    /// `scheme://host:port` of the logout endpoint, to which the logout form is redirected.
    var logoutOrigin: String? {
        endSessionEndpoint.map { address in
            let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            return parts.prefix(3).joined(separator: "/")
        }
    }
}

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
struct DemoTokens: Sendable {
    let accessToken: String
    let idToken: String
    /// Seconds.
    let expiresIn: Int64?
    let scope: String?

    init(_ json: JSON) throws(DemoFault) {
        guard let access = json["access_token"]?.string, let id = json["id_token"]?.string,
            let type = json["token_type"]?.string, type.lowercased() == "bearer"
        else { throw .malformed }
        accessToken = access
        idToken = id
        expiresIn = json["expires_in"]?.int
        scope = json["scope"]?.string
    }

    /// Header and claims when the access token happens to be a JWT (RFC 9068). Shown only: a client must not build on them (§6).
    var readableAccessToken: (header: JSON, claims: JSON)? {
        guard let parsed = try? JWS.parse(accessToken), let claims = parsed.claims else { return nil }
        return (parsed.header, .object(claims))
    }
}

/// The issuer as seen over the network: discovery, keys, token and userinfo endpoints.
actor DemoIssuer {
    private let configuration: DemoRelyingParty.Configuration
    private let client: HTTPClient
    private var metadata: (value: DemoMetadata, at: ContinuousClock.Instant)?
    private var keys: (value: JWKSet, at: ContinuousClock.Instant)?

    private static let cacheLifetime = Duration.seconds(300)
    /// The shortest time between two fetches of the keys for the sake of an unknown `kid`.
    private static let refetchPause = Duration.seconds(5)
    private static let largestAnswer = 256 << 10

    init(_ configuration: DemoRelyingParty.Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
    }

    /// The discovery document if it has been read before, however old.
    var knownMetadata: DemoMetadata? { metadata?.value }

    /// The discovery document, at most five minutes old.
    func currentMetadata() async throws(DemoFault) -> DemoMetadata {
        if let metadata, ContinuousClock.now - metadata.at < Self.cacheLifetime { return metadata.value }
        guard DemoMetadata.isSafe(configuration.issuer) else {
            throw .unreachable("the issuer is neither https nor loopback")
        }
        let json = try await get(configuration.issuer + "/.well-known/openid-configuration")
        let value = try DemoMetadata(json, issuer: configuration.issuer)
        metadata = (value, ContinuousClock.now)
        return value
    }

    /// The keys that may verify a token of this `kid`; fetched anew when none of those at hand bears it.
    func keys(for kid: String?) async throws(DemoFault) -> JWKSet {
        let now = ContinuousClock.now
        if let keys, now - keys.at < Self.cacheLifetime {
            let isKnown = !keys.value.candidates(kid: kid, algorithm: DemoRelyingParty.idTokenAlgorithm).isEmpty
            if isKnown || now - keys.at < Self.refetchPause { return keys.value }
        }
        let json = try await get(currentMetadata().jwksURI)
        do throws(CryptographyError) {
            let value = try JWKSet(json: json)
            keys = (value, now)
            return value
        } catch {
            throw .unreachable("the key set is malformed: \(error)")
        }
    }

    /// Exchanges a code (RFC 6749 §4.1.3) with `client_secret_basic` and the PKCE verifier.
    func redeem(code: String, verifier: String) async throws(DemoFault) -> DemoTokens {
        let form = DemoForm([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", configuration.redirectURI),
            ("code_verifier", verifier),
        ])
        // RFC 6749 §2.3.1: both parts form-encoded before they are joined.
        let id = DemoForm.encode(configuration.clientID)
        let secret = DemoForm.encode(configuration.clientSecret.reveal())
        var request = HTTPClientRequest(url: try await currentMetadata().tokenEndpoint)
        request.method = .POST
        request.headers.add(name: "authorization", value: "Basic " + Base64.encode(Array("\(id):\(secret)".utf8)))
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(ByteBuffer(string: form.encoded))
        let (status, json) = try await send(request, what: "the token endpoint")
        guard status == 200 else {
            throw DemoFault(
                json?["error"]?.string ?? "token_endpoint_\(status)",
                "换取登录凭据没有成功，请重新登录。",
                detail: json?["error_description"]?.string
            )
        }
        guard let json else { throw .malformed }
        return try DemoTokens(json)
    }

    /// The claims of the userinfo endpoint (OpenID Connect Core §5.3).
    func userinfo(accessToken: String) async throws(DemoFault) -> JSONObject {
        var request = HTTPClientRequest(url: try await currentMetadata().userinfoEndpoint)
        request.headers.add(name: "authorization", value: "Bearer " + accessToken)
        let (status, json) = try await send(request, what: "the userinfo endpoint")
        guard status == 200, let claims = json?.object else {
            throw DemoFault("userinfo_\(status)", "读取用户信息没有成功，请重新登录。", detail: json?["error"]?.string)
        }
        return claims
    }

    private func get(_ url: String) async throws(DemoFault) -> JSON {
        let (status, json) = try await send(HTTPClientRequest(url: url), what: url)
        guard status == 200, let json else { throw .unreachable("\(url) answered \(status)") }
        return json
    }

    private func send(_ request: HTTPClientRequest, what: String) async throws(DemoFault) -> (Int, JSON?) {
        var request = request
        request.headers.add(name: "accept", value: "application/json")
        do {
            let response = try await client.execute(request, timeout: .seconds(15))
            let body = try await response.body.collect(upTo: Self.largestAnswer)
            return (Int(response.status.code), try? JSON(parsing: Array(body.readableBytesView)))
        } catch {
            configuration.logger.warning(
                "demo relying party: no answer",
                metadata: ["from": "\(what)", "error": "\(error)"]
            )
            throw .unreachable("\(what) did not answer")
        }
    }
}
