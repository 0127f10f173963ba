import Cryptography
import FoundationEssentials
import OAuth
import Testing

/// Mutations of good input: whatever comes, the answer is a value or a specified error, never a trap.
///
/// The mutations follow from a fixed seed, so that a failure can be repeated.
@Suite struct `Malformed input` {
    /// SplitMix64.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let salt: [String] = [
        "%", "%0", "%00", "%zz", "&", "=", "+", ";", "#", "?", "/", "\\", "@", ":", "..", "*", "\"", "{", "}", "[", "]",
        ".", " ", "\0", "\r\n", "\u{301}", "中", "😀", "\u{202E}", "-1", "99999999999999999999999", "null", "true",
        "1e999",
    ]

    private func mutated(_ seed: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = bytes.isEmpty ? 0 : Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes = Array(bytes[..<place])
            case 4:
                let end = min(bytes.count, place + Int.random(in: 0...40, using: &generator))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.insert(contentsOf: (Self.salt.randomElement(using: &generator) ?? "").utf8, at: place)
            }
        }
        return bytes
    }

    private func text(_ seed: String, _ generator: inout Generator) -> String {
        String(decoding: mutated(Array(seed.utf8), &generator), as: UTF8.self)
    }

    @Test func `authorization requests, and no redirect leaves the registered URI`() throws {
        var generator = Generator(state: 1)
        let client = try Example.hybridClient()
        let server = try Example.capabilities()
        let seed = Parameters(
            Example.fields([
                "response_type": "code id_token", "nonce": "n", "prompt": "login", "max_age": "10", "display": "touch",
                "ui_locales": "zh-CN en", "acr_values": "urn:citygate:acr:L2", "resource": "https://a.cn/",
                "claims": #"{"userinfo":{"email":{"essential":true}},"id_token":{"acr":{"values":["x"]}}}"#,
                "response_mode": "form_post", "login_hint": "a", "id_token_hint": "a.b.c",
            ])
        ).encoded
        var answers = 0
        for _ in 0..<4000 {
            guard let parameters = try? Parameters(form: mutated(Array(seed.utf8), &generator)),
                let target = try? AuthorizationTarget(parameters, client: client, capabilities: server)
            else { continue }
            let response: AuthorizationResponse
            do throws(OAuthError) {
                let request = try AuthorizationRequest(
                    parameters,
                    target: target,
                    capabilities: server,
                    receivedAt: Example.now
                )
                _ = Interaction.next(
                    for: request,
                    in: .init(session: nil, attainableLevels: [.l1]),
                    now: Example.now
                )
                response = AuthorizationResponse(to: target, code: "c", idToken: "t")
            } catch {
                response = AuthorizationResponse(to: target, error: error)
            }
            answers += 1
            switch response.delivery {
            case .redirect(let location):
                #expect(location.hasPrefix(Example.callback + "?") || location.hasPrefix(Example.callback + "#"))
                #expect(location.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
            case .formPost(let action, _): #expect(action == Example.callback)
            }
        }
        #expect(answers > 500)
    }

    @Test func `redirect URIs, and only equal ones are taken`() throws {
        var generator = Generator(state: 2)
        let exact = RegisteredRedirectURI(trusted: "https://rp.example.cn/cb?a=1")
        let loopback = RegisteredRedirectURI(trusted: "http://127.0.0.1:*/cb")
        let rules = RedirectMatchingRules(anyLoopbackPort: true, sandboxPatterns: true)
        for _ in 0..<10_000 {
            let presented = text(exact.value, &generator)
            if RedirectURI(presented, registered: [exact], rules: rules) != nil {
                #expect(presented.utf8.elementsEqual(exact.value.utf8))
            }
            let port = text("http://127.0.0.1:8080/cb", &generator)
            if RedirectURI(port, registered: [loopback], rules: rules) != nil {
                let digits = port.dropFirst("http://127.0.0.1:".count).dropLast("/cb".count)
                #expect(port == "http://127.0.0.1:\(digits)/cb")
                #expect(digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && (1...65535).contains(Int(digits) ?? 0))
            }
        }
    }

    @Test func `token requests and client authentication`() throws {
        var generator = Generator(state: 3)
        let client = try Example.client()
        let server = try Example.capabilities()
        let forms = [
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Frp.example.cn%2Fcb&code_verifier="
                + Example.verifier + "&client_id=rp&client_secret=s",
            "grant_type=refresh_token&refresh_token=r&scope=openid&client_id=rp",
            "grant_type=client_credentials&scope=a&resource=https%3A%2F%2Fa.cn",
        ]
        for _ in 0..<2000 {
            for form in forms {
                guard let parameters = try? Parameters(form: mutated(Array(form.utf8), &generator)) else { continue }
                _ = try? TokenRequest(parameters, client: client, capabilities: server)
                let header = text("Basic cnAlM0E6cyUyQg==", &generator)
                _ = try? ClientAuthentication.extract(authorization: [header], parameters: parameters)
                _ = try? ClientAuthentication.extract(authorization: [], parameters: parameters)
                _ = try? PresentedToken.extract(authorization: [text("Bearer a.b.c=", &generator)], form: parameters)
                _ = try? LogoutRequest(parameters)
            }
        }
    }

    @Test func `assertions, hints and access tokens, also well signed ones`() throws {
        var generator = Generator(state: 4)
        let key = try SigningKey.generate(.ES256, kid: "k1")
        let server = try Example.capabilities()
        var client = try Example.client()
        client.metadata.tokenEndpointAuthMethod = .privateKeyJWT
        let claims = Array(
            #"""
            {"iss":"rp","sub":"rp","aud":["https://id.example.cn"],"jti":"j","exp":1800000300,"iat":1800000000,"nbf":1,
            "client_id":"rp","scope":"openid","auth_time":1,"acr":"urn:citygate:acr:L2","amr":["pwd"],"sid":"x","gid":"g"}
            """#.utf8
        )
        for round in 0..<1500 {
            let payload = mutated(claims, &generator)
            let type = [nil, "JWT", "at+jwt"][round % 3]
            let signed = try JWS.sign(type: type, payload: payload, key: key)
            for token in [signed, text(signed, &generator)] {
                let parameters = Parameters([
                    (name: "client_assertion", value: token),
                    (name: "client_assertion_type", value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ])
                if case .assertion(let assertion) = try? ClientAuthentication.extract(
                    authorization: [],
                    parameters: parameters
                ) {
                    _ = try? assertion.verify(
                        for: client,
                        by: .keys(JWKSet([key.publicJWK])),
                        capabilities: server,
                        now: Example.now
                    )
                }
                _ = try? IDTokenHint(token, issuer: server.issuer) { _ in true }
                _ = try? AccessTokenClaims(
                    validating: token,
                    issuer: server.issuer,
                    audience: Example.issuer,
                    now: Example.now
                ) { _ in key.publicJWK }
            }
        }
    }

    @Test func `registrations and claims`() throws {
        var generator = Generator(state: 5)
        let capabilities = try Example.capabilities()
        let seed = try Example.metadata(`Client registration`.full).json.bytes
        var accepted = 0
        for round in 0..<3000 {
            _ = try? ClaimsRequest(parsing: text(#"{"userinfo":{"a":{"values":[1,"x"]}},"id_token":null}"#, &generator))
            guard let json = try? JSON(parsing: mutated(seed, &generator)) else { continue }
            let policy = ClientRegistrationPolicy(
                capabilities: capabilities,
                origin: round % 2 == 0 ? .administrator : .dynamicRegistration,
                allowLoopbackHTTP: round % 3 == 0,
                allowSandboxPatterns: round % 3 == 0
            )
            if (try? ClientMetadata(json, policy: policy)) != nil { accepted += 1 }
        }
        #expect(accepted > 0)
    }

    @Test func `moments that no calendar holds`() throws {
        for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 0] {
            let token = IDToken(
                issuer: try #require(Issuer(Example.issuer)),
                subject: Subject("s"),
                audience: ClientID(trusted: "rp"),
                issuedAt: Date(timeIntervalSince1970: seconds),
                expiresAt: Date(timeIntervalSince1970: seconds),
                authentication: AuthenticationContext(
                    time: Date(timeIntervalSince1970: seconds),
                    level: .l1,
                    methods: []
                )
            )
            #expect(try JSON(parsing: token.payload(for: .RS256))["exp"]?.int != nil)
        }
    }
}
