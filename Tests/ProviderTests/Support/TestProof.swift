import Cryptography
import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import OAuth

@testable import Provider

/// A client's key, by which it proves that tokens are its own (RFC 9449).
struct TestProver: Sendable {
    let key: SigningKey

    init() throws { key = try SigningKey.generate(.ES256, kid: "prover") }

    var thumbprint: String { key.publicJWK.thumbprint }

    /// A proof; without a nonce where none is given.
    func proof(
        _ method: String = "POST",
        _ path: String = "/oauth2/token",
        at now: Date,
        nonce: String?,
        token: String? = nil,
        jti: String = Base64URL.encode(Random.bytes(12))
    ) throws -> String {
        var claims = JSONObject()
        claims["jti"] = .string(jti)
        claims["htm"] = .string(method)
        claims["htu"] = .string(TestServer.issuer + path)
        claims["iat"] = .integer(Int64(now.timeIntervalSince1970))
        if let nonce { claims["nonce"] = .string(nonce) }
        if let token { claims["ath"] = .string(Base64URL.encode(Digest.sha256(token.utf8))) }
        let header: JSON = ["typ": "dpop+jwt", "alg": "ES256", "jwk": key.publicJWK.json]
        let input = Base64URL.encode(header.bytes) + "." + Base64URL.encode(JSON.object(claims).bytes)
        return input + "." + Base64URL.encode(try key.sign(Array(input.utf8)))
    }
}

extension TestServer {
    /// The nonce that proofs must carry now.
    var nonce: String { rooms.proofs.nonces.current(now: rooms.clock.now) }

    /// A fresh proof with the server's nonce.
    func proof(
        by prover: TestProver,
        _ method: String = "POST",
        _ path: String = "/oauth2/token",
        token: String? = nil
    ) throws -> HTTPFields {
        [.dpop: try prover.proof(method, path, at: rooms.clock.now, nonce: nonce, token: token)]
    }

    /// Asks userinfo with whatever headers.
    func userInfo(_ headers: HTTPFields) async throws -> TestAnswer {
        try await client.execute(uri: "/oauth2/userinfo", method: .get, headers: headers) { TestAnswer($0) }
    }

    /// Asks userinfo as RFC 9449 §7.1 has it.
    func userInfo(_ token: String, by prover: TestProver) async throws -> TestAnswer {
        var headers = try proof(by: prover, "GET", "/oauth2/userinfo", token: token)
        headers[.authorization] = "DPoP \(token)"
        return try await userInfo(headers)
    }
}
