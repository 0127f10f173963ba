import Cryptography
import FoundationEssentials
import OAuth

@testable import Provider

/// What a client signs about itself (RFC 7523 §3).
struct TestAssertion {
    var clientID: String
    var audience = TestServer.issuer
    var jti = Base64URL.encode(Random.bytes(12))
    var now: Date

    private var claims: JSON {
        let present = Int64(now.timeIntervalSince1970)
        return [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience), "jti": .string(jti),
            "iat": .integer(present), "exp": .integer(present + 60),
        ]
    }

    /// `private_key_jwt`.
    func signed(by key: SigningKey) throws -> [(String, String)] {
        Self.parameters(try JWS.sign(type: nil, payload: claims.bytes, key: key))
    }

    /// `client_secret_jwt`.
    func authenticated(by secret: String) -> [(String, String)] {
        let input = Base64URL.encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + Base64URL.encode(claims.bytes)
        let code = HMAC.sha256(key: Array(secret.utf8), Array(input.utf8))
        return Self.parameters(input + "." + Base64URL.encode(code))
    }

    private static func parameters(_ assertion: String) -> [(String, String)] {
        [
            ("client_assertion", assertion),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ]
    }
}

extension TestServer {
    /// Registers a client as an operator does; unless said otherwise one that asks for tokens of its own.
    /// - Returns: its secret, if it has one.
    @discardableResult
    func register(_ id: String, _ members: [(String, JSON)]) async throws -> Secret<String>? {
        var object = JSONObject()
        object["client_name"] = .string(id)
        object["grant_types"] = ["client_credentials"]
        object["response_types"] = []
        object["scope"] = "records.read"
        for (member, value) in members { object[member] = value }
        let policy = Rooms.registrationPolicy(rooms.configuration, rooms.capabilities)
        let metadata = try ClientMetadata(.object(object), policy: policy)
        let client = Client(id: ClientID(trusted: id), metadata: metadata)
        let secret = try await rooms.clients.create(client, trace: .commandLine)
        rooms.clients.forgetAll()
        return secret
    }

    /// An assertion of this moment.
    func assertion(_ clientID: String) -> TestAssertion { TestAssertion(clientID: clientID, now: rooms.clock.now) }

    /// Asks for a token of the client's own.
    func clientCredentials(_ proof: [(String, String)]) async throws -> TestAnswer {
        try await post("/oauth2/token", [("grant_type", "client_credentials")] + proof)
    }
}
