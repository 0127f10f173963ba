import Cryptography
import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import OAuth
import Testing

@testable import Provider

@Suite struct `DPoP at userinfo` {
    private func token(_ server: TestServer, by prover: TestProver?, client: String = "sandbox-basic") async throws
        -> String
    {
        let request = TestRequest(clientID: client)
        let answer = try await server.post(
            "/oauth2/token",
            request.exchange(server.code(request)),
            basic: server.basic(client),
            headers: prover.map { try server.proof(by: $0) } ?? HTTPFields()
        )
        return try #require(answer.json["access_token"]?.string)
    }

    @Test(arguments: ["sandbox-basic", "sandbox-opaque"])
    func `a bound token needs a proof, whatever its form, and never passes as a bearer token (RFC 9449 §7.2)`(
        client: String
    ) async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let token = try await token(server, by: prover, client: client)
            #expect(try await server.userInfo(token, by: prover).status == .ok)
            let bearer = try await server.get("/oauth2/userinfo", bearer: token)
            #expect(bearer.status == .unauthorized)
            #expect(bearer.headers[.wwwAuthenticate]?.hasPrefix("DPoP ") == true)
            #expect(bearer.error == "invalid_token")
            // Beside a good proof it is a bearer token all the same.
            var both = try server.proof(by: prover, "GET", "/oauth2/userinfo", token: token)
            both[.authorization] = "Bearer \(token)"
            #expect(try await server.userInfo(both).error == "invalid_token")
            let posted = try await server.post("/oauth2/userinfo", [("access_token", token)])
            #expect(posted.error == "invalid_token")
        }
    }

    @Test func `an unbound token is a bearer token and nothing else`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let token = try await token(server, by: nil)
            #expect(try await server.userInfo(token, by: prover).error == "invalid_token")
            #expect(try await server.get("/oauth2/userinfo", bearer: token).status == .ok)
        }
    }

    @Test func `the proof is by the token's key, for this token, address, method and moment, and serves once`()
        async throws
    {
        let prover = try TestProver()
        try await TestServer.with { server in
            let token = try await token(server, by: prover)
            func ask(_ proof: String?) async throws -> TestAnswer {
                var headers: HTTPFields = [.authorization: "DPoP \(token)"]
                if let proof { headers[.dpop] = proof }
                let answer = try await server.userInfo(headers)
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("DPoP ") == true)
                #expect(answer.headers[.wwwAuthenticate]?.contains("algs=\"ES256") == true)
                #expect(answer.headers[.dpopNonce] == server.nonce)
                return answer
            }
            let now = server.rooms.clock.now
            let path = "/oauth2/userinfo"
            #expect(try await ask(nil).error == "invalid_dpop_proof")
            let foreign = try TestProver().proof("GET", path, at: now, nonce: server.nonce, token: token)
            #expect(try await ask(foreign).error == "invalid_token")
            let bare = try prover.proof("GET", path, at: now, nonce: nil, token: token)
            #expect(try await ask(bare).error == "use_dpop_nonce")
            let wrong = [
                try prover.proof("GET", path, at: now, nonce: server.nonce),
                try prover.proof("GET", path, at: now, nonce: server.nonce, token: token + "x"),
                try prover.proof("POST", path, at: now, nonce: server.nonce, token: token),
                try prover.proof("GET", "/oauth2/token", at: now, nonce: server.nonce, token: token),
                try prover.proof("GET", path, at: now.addingTimeInterval(-301), nonce: server.nonce, token: token),
                "x", "a.b.c",
            ]
            for proof in wrong { #expect(try await ask(proof).error == "invalid_dpop_proof") }
            let proof = try prover.proof("GET", path, at: now, nonce: server.nonce, token: token)
            let headers: HTTPFields = [.authorization: "DPoP \(token)", .dpop: proof]
            #expect(try await server.userInfo(headers).status == .ok)
            #expect(try await ask(proof).error == "invalid_dpop_proof")
        }
    }

    @Test func `without a token both ways are named (RFC 9449 §7.2)`() async throws {
        try await TestServer.with { server in
            let answer = try await server.get("/oauth2/userinfo")
            #expect(answer.status == .unauthorized)
            let challenges = answer.headers[values: .wwwAuthenticate]
            #expect(challenges.map { $0.prefix(6) } == ["Bearer", "DPoP r"])
            #expect(!challenges.joined().contains("error"))
        }
    }
}
