import Cryptography
import HTTPTypes
import HummingbirdTesting
import OAuth
import Testing

@testable import Provider

@Suite struct `DPoP at the token endpoint` {
    private let request = TestRequest(clientID: "sandbox-dpop", scope: "openid profile offline_access")

    private func exchange(_ server: TestServer, _ code: String, _ headers: HTTPFields, _ request: TestRequest? = nil)
        async throws -> TestAnswer
    {
        let request = request ?? self.request
        let fields = request.exchange(code) + [("client_id", request.clientID)]
        return try await server.post("/oauth2/token", fields, headers: headers)
    }

    private func refresh(_ server: TestServer, _ token: String, _ headers: HTTPFields) async throws -> TestAnswer {
        let fields = [
            ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", request.clientID),
        ]
        return try await server.post("/oauth2/token", fields, headers: headers)
    }

    @Test func `tokens are bound to the key that was proved (RFC 9449 §5, §6.1)`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let answer = try await exchange(server, server.code(request), server.proof(by: prover))
            #expect(answer.status == .ok)
            #expect(answer.json["token_type"] == "DPoP")
            #expect(answer.headers[.dpopNonce] == server.nonce)
            let token = try #require(answer.json["access_token"]?.string)
            #expect(try JWS.parse(token).claims?["cnf"] == ["jkt": .string(prover.thumbprint)])
            #expect(try await server.userInfo(token, by: prover).status == .ok)
        }
    }

    @Test func `a proof without the server's nonce costs nothing and is told the nonce (RFC 9449 §8)`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let code = try await server.code(request)
            for nonce in [nil, "made-up"] {
                let proof = try prover.proof(at: server.rooms.clock.now, nonce: nonce)
                let answer = try await exchange(server, code, [.dpop: proof])
                #expect(answer.status == .badRequest)
                #expect(answer.error == "use_dpop_nonce")
                #expect(answer.headers[.dpopNonce] == server.nonce)
            }
            let nonce = server.nonce
            try await server.advance(seconds: 125)
            let stale = try prover.proof(at: server.rooms.clock.now, nonce: nonce)
            #expect(try await exchange(server, code, [.dpop: stale]).error == "use_dpop_nonce")
        }
        // The code of the same walk is still good with the right one.
        try await TestServer.with { server in
            let code = try await server.code(request)
            let bare = try prover.proof(at: server.rooms.clock.now, nonce: nil)
            let told = try #require(try await exchange(server, code, [.dpop: bare]).headers[.dpopNonce])
            let proof = try prover.proof(at: server.rooms.clock.now, nonce: told)
            #expect(try await exchange(server, code, [.dpop: proof]).status == .ok)
        }
    }

    @Test func `a client held to proofs gets nothing without one (RFC 9449 §5.2)`() async throws {
        try await TestServer.with { server in
            let code = try await server.code(request)
            let answer = try await exchange(server, code, HTTPFields())
            #expect(answer.error == "invalid_dpop_proof")
            // Nothing was spent by it.
            #expect(try await exchange(server, code, server.proof(by: TestProver())).status == .ok)
        }
    }

    @Test func `a proof serves once, and for its own address and method only`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let code = try await server.code(request)
            let elsewhere = try server.proof(by: prover, "POST", "/oauth2/par")
            #expect(try await exchange(server, code, elsewhere).error == "invalid_dpop_proof")
            let other = try server.proof(by: prover, "GET")
            #expect(try await exchange(server, code, other).error == "invalid_dpop_proof")
            let proof = try server.proof(by: prover)
            #expect(try await exchange(server, code, proof).status == .ok)
            let second = try await server.code(request)
            #expect(try await exchange(server, second, proof).error == "invalid_dpop_proof")
            let two = try HTTPFields(
                [server.proof(by: prover), server.proof(by: prover)].flatMap { Array($0) }
            )
            #expect(try await exchange(server, second, two).error == "invalid_dpop_proof")
        }
    }

    @Test func `a code bound by dpop_jkt is for the holder of that key (RFC 9449 §10)`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            var request = TestRequest(clientID: "sandbox-public")
            request.more = [("dpop_jkt", prover.thumbprint)]
            let code = try await server.code(request)
            let stranger = try server.proof(by: TestProver())
            #expect(try await exchange(server, code, stranger, request).error == "invalid_grant")
            #expect(try await exchange(server, code, HTTPFields(), request).error == "invalid_grant")
            #expect(try await exchange(server, code, server.proof(by: prover), request).status == .ok)
            request.more = [("dpop_jkt", "no-thumbprint")]
            let refused = try await server.browser().get(request.path, following: false)
            #expect(refused.redirected("error") == "invalid_request")
        }
    }

    @Test func `a proof at the push binds the code as well (RFC 9449 §10.1)`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let pushed = try await server.post(
                "/oauth2/par",
                request.fields,
                headers: server.proof(by: prover, "POST", "/oauth2/par")
            )
            #expect(pushed.headers[.dpopNonce] != nil)
            let uri = try #require(pushed.json["request_uri"]?.string)
            let code = try await server.code(at: TestServer.path(uri, client: request.clientID))
            #expect(try await exchange(server, code, server.proof(by: TestProver())).error == "invalid_grant")
            #expect(try await exchange(server, code, server.proof(by: prover)).status == .ok)
            var other = request
            other.more = [("dpop_jkt", try TestProver().thumbprint)]
            let crossed = try await server.post(
                "/oauth2/par",
                other.fields,
                headers: server.proof(by: prover, "POST", "/oauth2/par")
            )
            #expect(crossed.error == "invalid_dpop_proof")
        }
    }

    @Test
    func `a public client's refresh token is for the holder of its key, and a stranger ends nothing (RFC 9449 §5)`()
        async throws
    {
        let prover = try TestProver()
        try await TestServer.with { server in
            let first = try await exchange(server, server.code(request), server.proof(by: prover))
            let token = try #require(first.json["refresh_token"]?.string)
            #expect(try await refresh(server, token, server.proof(by: TestProver())).error == "invalid_grant")
            #expect(try await refresh(server, token, HTTPFields()).error == "invalid_dpop_proof")
            let second = try await refresh(server, token, server.proof(by: prover))
            #expect(second.status == .ok)
            #expect(second.json["token_type"] == "DPoP")
            let access = try #require(second.json["access_token"]?.string)
            // The thief has the spent token, but not the key: the family lives on.
            try await server.advance(seconds: 60)
            #expect(try await refresh(server, token, server.proof(by: TestProver())).error == "invalid_grant")
            #expect(try await server.userInfo(access, by: prover).status == .ok)
            // The holder of the key who comes with a spent token is one of two: the family ends.
            #expect(try await refresh(server, token, server.proof(by: prover)).error == "invalid_grant")
            #expect(try await server.userInfo(access, by: prover).status == .unauthorized)
        }
    }

    @Test func `a confidential client that sends a proof gets a bound token, also for itself`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let answer = try await server.post(
                "/oauth2/token",
                [("grant_type", "client_credentials")],
                basic: server.basic("sandbox-service"),
                headers: server.proof(by: prover)
            )
            #expect(answer.json["token_type"] == "DPoP")
            let token = try #require(answer.json["access_token"]?.string)
            let told = try await server.post(
                "/oauth2/introspect",
                [("token", token)],
                basic: server.basic("sandbox-service")
            )
            #expect(told.json["token_type"] == "DPoP")
            #expect(told.json["cnf"] == ["jkt": .string(prover.thumbprint)])
        }
    }

    @Test func `one proof raced 64-fold at two servers serves once`() async throws {
        let prover = try TestProver()
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                for _ in 0..<10 {
                    let headers = try first.proof(by: prover)
                    let answers = try await race(64) { number in
                        try await (number.isMultiple(of: 2) ? first : second).post(
                            "/oauth2/token",
                            [("grant_type", "client_credentials")],
                            basic: first.basic("sandbox-service"),
                            headers: headers
                        )
                    }
                    #expect(answers.count { $0.status == .ok } == 1)
                    #expect(answers.count { $0.error == "invalid_dpop_proof" } == 63)
                }
            }
        }
    }

    @Test func `it is announced, and open to scripts of other origins`() async throws {
        let prover = try TestProver()
        try await TestServer.with { server in
            let about = try await server.get("/.well-known/openid-configuration").json
            #expect(about["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "PS256", "RS256"])
            var headers = try server.proof(by: prover)
            headers[.origin] = "https://spa.example"
            let answer = try await exchange(server, "x", headers)
            #expect(answer.headers[.accessControlExposeHeaders]?.contains("DPoP-Nonce") == true)
            for path in ["/oauth2/token", "/oauth2/par", "/oauth2/userinfo"] {
                let preflight = try await server.client.execute(uri: path, method: .options) { TestAnswer($0) }
                #expect(preflight.headers[.accessControlAllowHeaders]?.contains("DPoP") == true, "\(path)")
            }
        }
    }
}
