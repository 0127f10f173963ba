import Cryptography
import HTTPTypes
import OAuth
import Testing

@testable import Provider

@Suite struct `Client keys at a jwks_uri` {
    private let id = "publisher"

    private func register(_ server: TestServer, _ port: Int, as id: String? = nil) async throws {
        try await server.register(
            id ?? self.id,
            [
                ("token_endpoint_auth_method", "private_key_jwt"),
                ("jwks_uri", .string("http://127.0.0.1:\(port)/\(id ?? self.id)")),
            ]
        )
    }

    private func published(_ keys: SigningKey..., maxAge: Int? = nil) -> TestHost.Answer {
        var headers: HTTPFields = [.contentType: "application/jwk-set+json"]
        if let maxAge { headers[.cacheControl] = "max-age=\(maxAge)" }
        return .init(headers: headers, body: JWKSet(keys.map(\.publicJWK)).json.bytes)
    }

    private func status(_ server: TestServer, _ key: SigningKey, as id: String? = nil) async throws -> Int {
        let proof = try server.assertion(id ?? self.id).signed(by: key)
        let answer = try await server.clientCredentials(proof)
        if answer.status != .ok { #expect(answer.error == "invalid_client") }
        return answer.status.code
    }

    private func timed(_ body: @Sendable () async throws -> Int) async throws -> (status: Int, duration: Duration) {
        let start = ContinuousClock.now
        let status = try await body()
        return (status, ContinuousClock.now - start)
    }

    @Test func `they are fetched once and kept for five minutes`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(key))
                let statuses = try await race(20) { _ in try await status(server, key) }
                #expect(statuses.allSatisfy { $0 == 200 })
                #expect(host.count == 1)
                try await server.advance(seconds: 299)
                #expect(try await status(server, key) == 200)
                #expect(host.count == 1)
                try await server.advance(seconds: 2)
                #expect(try await status(server, key) == 200)
                #expect(host.count == 2)
            }
        }
    }

    @Test func `what their owner says about their age is followed up to an hour`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(key, maxAge: 86_400))
                #expect(try await status(server, key) == 200)
                try await server.advance(seconds: 3590)
                #expect(try await status(server, key) == 200)
                #expect(host.count == 1)
                try await server.advance(seconds: 20)
                #expect(try await status(server, key) == 200)
                #expect(host.count == 2)
            }
        }
    }

    @Test func `a new key is found at once, and made-up ones cause one fetch in half a minute`() async throws {
        let old = try SigningKey.generate(.ES256, kid: "old")
        let new = try SigningKey.generate(.ES256, kid: "new")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(old))
                #expect(try await status(server, old) == 200)
                try await server.advance(seconds: 31)
                host.answer(published(old, new))
                #expect(try await status(server, new) == 200)
                #expect(host.count == 2)
                for number in 0..<20 {
                    let forged = try SigningKey.generate(.ES256, kid: "forged-\(number)")
                    #expect(try await status(server, forged) == 401)
                }
                #expect(host.count == 2)
                // The client itself is not disturbed by it.
                #expect(try await status(server, new) == 200)
                try await server.advance(seconds: 31)
                let forged = try SigningKey.generate(.ES256, kid: "forged")
                #expect(try await status(server, forged) == 401)
                #expect(try await status(server, forged) == 401)
                #expect(host.count == 3)
            }
        }
    }

    @Test func `a wrong signature under a known name causes no fetch`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        let impostor = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(key))
                #expect(try await status(server, key) == 200)
                try await server.advance(seconds: 60)
                #expect(try await status(server, impostor) == 401)
                #expect(host.count == 1)
            }
        }
    }

    @Test func `a host that is down is outlived for an hour, and a key taken back is gone after it`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(key))
                #expect(try await status(server, key) == 200)
                host.answer(.init(status: .serviceUnavailable))
                try await server.advance(seconds: 3500)
                #expect(try await status(server, key) == 200)
                try await server.advance(seconds: 120)
                #expect(try await status(server, key) == 401)
                host.answer(published(key))
                try await server.advance(seconds: 31)
                #expect(try await status(server, key) == 200)
            }
        }
    }

    @Test func `nonsense, private keys and huge sets prove nobody`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        var secret = key.publicJWK.json.object ?? JSONObject()
        secret["d"] = .string(Base64URL.encode(Random.bytes(32)))
        let bodies: [[UInt8]] = [
            [], Array("<html>".utf8), Array("{}".utf8), Array(#"{"keys":7}"#.utf8), Array(#"{"keys":[]}"#.utf8),
            JSON.object([("keys", [.object(secret)])]).bytes, [UInt8](repeating: 0x5B, count: 60_000),
            JSON.object([("keys", .array(.init(repeating: key.publicJWK.json, count: 101)))]).bytes,
            [UInt8](repeating: 32, count: 70_000) + JWKSet([key.publicJWK]).json.bytes,
        ]
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                for body in bodies {
                    host.answer(.init(body: body))
                    #expect(try await status(server, key) == 401)
                    try await server.advance(seconds: 31)
                }
                #expect(host.count == bodies.count)
            }
        }
    }

    @Test func `a client whose host hangs delays nobody else`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { slow, slowPort in
            try await TestHost.with { quick, quickPort in
                try await TestServer.with { server in
                    try await register(server, slowPort, as: "slow")
                    try await register(server, quickPort, as: "quick")
                    slow.answer(.init(body: [UInt8](repeating: 32, count: 1000), delay: .seconds(1)))
                    quick.answer(published(key))
                    async let hanging = timed { try await status(server, key, as: "slow") }
                    let other = try await timed { try await status(server, key, as: "quick") }
                    #expect(other.status == 200 && other.duration < .seconds(2))
                    let waited = try await hanging
                    #expect(waited.status == 401 && (.seconds(2) ... .seconds(6)).contains(waited.duration))
                    // The next one does not even wait.
                    let again = try await timed { try await status(server, key, as: "slow") }
                    #expect(again.status == 401 && again.duration < .seconds(1))
                }
            }
        }
    }

    @Test func `keys of a registration that was changed are not used any more`() async throws {
        let key = try SigningKey.generate(.ES256, kid: "one")
        try await TestHost.with { host, port in
            try await TestServer.with { server in
                try await register(server, port)
                host.answer(published(key))
                #expect(try await status(server, key) == 200)
                var client = try #require(try await server.rooms.clients.find(id)).client
                client.metadata.jwksURI = "http://127.0.0.1:\(port)/elsewhere"
                try await server.rooms.clients.update(client, trace: .commandLine)
                server.rooms.clients.forgetAll()
                host.answer(.init(status: .notFound))
                #expect(try await status(server, key) == 401)
            }
        }
    }
}
