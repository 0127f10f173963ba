import Cryptography
import FoundationEssentials
import OAuth
import Testing

@Suite struct `Introspection` {
    private func claims(audience: [String] = ["https://api.example/"]) throws -> AccessTokenClaims {
        AccessTokenClaims(
            issuer: try #require(Issuer("https://login.example")),
            subject: Subject("s-1"),
            audience: audience,
            clientID: ClientID(trusted: "shop"),
            issuedAt: Date(timeIntervalSince1970: 1000),
            expiresAt: Date(timeIntervalSince1970: 1600),
            id: "j",
            scope: ["openid", "profile"],
            authentication: AuthenticationContext(
                time: Date(timeIntervalSince1970: 900),
                level: .l2,
                methods: [.password]
            ),
            grantID: "secret-of-the-house"
        )
    }

    private func client(_ id: String, resources: [String] = [], isPublic: Bool = false) -> Client {
        var metadata = ClientMetadata()
        metadata.resources = resources
        metadata.tokenEndpointAuthMethod = isPublic ? .none : .clientSecretBasic
        return Client(id: ClientID(trusted: id), metadata: metadata)
    }

    private func text(_ response: IntrospectionResponse) -> String { String(decoding: response.body(), as: UTF8.self) }

    @Test func `what is inactive is nothing else (RFC 7662 §2.2)`() {
        #expect(text(.inactive) == #"{"active":false}"#)
    }

    @Test func `an access token is told without a word about the person`() throws {
        #expect(
            text(.accessToken(try claims()))
                == #"{"active":true,"token_type":"Bearer","client_id":"shop","sub":"s-1","aud":"https://api.example/","#
                + #""scope":"openid profile","iat":1000,"exp":1600,"jti":"j","acr":"urn:citygate:acr:L2","auth_time":900}"#
        )
        #expect(text(.accessToken(try claims(audience: ["a:1", "a:2"]))).contains(#""aud":["a:1","a:2"]"#))
    }

    @Test func `a refresh token has neither audience nor type: no service can take it for an access token`() {
        let state = IntrospectionResponse.RefreshTokenState(
            clientID: ClientID(trusted: "shop"),
            subject: Subject("s-1"),
            scope: ["openid"],
            issuedAt: Date(timeIntervalSince1970: 1),
            expiresAt: Date(timeIntervalSince1970: 2)
        )
        #expect(
            text(.refreshToken(state))
                == #"{"active":true,"client_id":"shop","sub":"s-1","scope":"openid","iat":1,"exp":2}"#
        )
    }

    @Test func `the token's client and the services it is for may ask, nobody else (trust.md T21)`() throws {
        let token = try claims()
        #expect(IntrospectionResponse.isEntitled(client("shop"), to: token))
        #expect(IntrospectionResponse.isEntitled(client("api", resources: ["https://api.example/"]), to: token))
        #expect(!IntrospectionResponse.isEntitled(client("other", resources: ["https://api.example"]), to: token))
        #expect(!IntrospectionResponse.isEntitled(client("other"), to: token))
        #expect(!IntrospectionResponse.isEntitled(client("shop", isPublic: true), to: token))
    }

    @Test func `a request needs one token and a caller that proved itself (§2.1)`() throws {
        let caller = client("api")
        #expect(try IntrospectionRequest(Parameters(query: "token=t&token_type_hint=x"), client: caller).token == "t")
        for query in ["", "token=", "token=a&token=b", "token=a&token_type_hint=b&token_type_hint=c"] {
            #expect(
                try Example.refusal { _ = try IntrospectionRequest(Parameters(query: query), client: caller) }
                    == .invalidRequest
            )
        }
        let stranger = client("spa", isPublic: true)
        #expect(
            try Example.refusal { _ = try IntrospectionRequest(Parameters(query: "token=t"), client: stranger) }
                == .invalidClient
        )
    }
}
