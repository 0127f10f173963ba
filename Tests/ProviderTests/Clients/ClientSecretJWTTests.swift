import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Client authentication by client_secret_jwt` {
    private let id = "secretive"
    private let method: [(String, JSON)] = [("token_endpoint_auth_method", "client_secret_jwt")]

    @Test func `the secret proves the client without being sent, once for each assertion`() async throws {
        try await TestServer.with { server in
            let secret = try #require(try await server.register(id, method)).reveal()
            let proof = server.assertion(id).authenticated(by: secret)
            #expect(try await server.clientCredentials(proof).status == .ok)
            let again = try await server.clientCredentials(proof)
            #expect(again.status == .unauthorized)
            #expect(again.error == "invalid_client")
            let wrong = server.assertion(id).authenticated(by: String(repeating: "x", count: 43))
            #expect(try await server.clientCredentials(wrong).error == "invalid_client")
        }
    }

    @Test func `it is the one method of the client: neither Basic nor the form take the same secret`() async throws {
        try await TestServer.with { server in
            let secret = try #require(try await server.register(id, method)).reveal()
            let fields = [("grant_type", "client_credentials")]
            #expect(try await server.post("/oauth2/token", fields, basic: (id, secret)).error == "invalid_client")
            let posted = [("client_id", id), ("client_secret", secret)]
            #expect(try await server.clientCredentials(posted).error == "invalid_client")
        }
    }

    @Test func `two secrets live during a rotation, one a day later`() async throws {
        try await TestServer.with { server in
            let old = try #require(try await server.register(id, method)).reveal()
            let new = try await server.rooms.clients.rotateSecret(id, trace: .commandLine).reveal()
            server.rooms.clients.forgetAll()
            for secret in [old, new] {
                let proof = server.assertion(id).authenticated(by: secret)
                #expect(try await server.clientCredentials(proof).status == .ok)
            }
            try await server.advance(seconds: Double(ClientRegistry.rotationOverlap) + 1)
            server.rooms.clients.forgetAll()
            let late = server.assertion(id).authenticated(by: old)
            #expect(try await server.clientCredentials(late).error == "invalid_client")
            let current = server.assertion(id).authenticated(by: new)
            #expect(try await server.clientCredentials(current).status == .ok)
        }
    }

    @Test func `only its secrets are kept as sealed copies, and a copy opens for its own client only`() async throws {
        try await TestServer.with { server in
            let secret = try #require(try await server.register(id, method)).reveal()
            let rows = try await server.rooms.database.rows(
                "SELECT client_id, sealed FROM client_secret WHERE sealed IS NOT NULL ORDER BY client_id"
            )
            #expect(try rows.map { try $0.get("client_id", as: String.self) } == ["sandbox-secret-jwt", id])
            let sealed = try #require(try rows.last?.get("sealed", as: [UInt8].self))
            #expect(!String(decoding: sealed, as: UTF8.self).contains(secret))
            // A copy moved to another client's row is of no use.
            try await server.register("thief", method)
            try await server.rooms.database.execute(
                "UPDATE client_secret SET sealed = \(sealed) WHERE client_id = 'thief'"
            )
            server.rooms.clients.forgetAll()
            let stolen = server.assertion("thief").authenticated(by: secret)
            #expect(try await server.clientCredentials(stolen).error == "invalid_client")
        }
    }

    @Test func `the sealed copy goes when the client changes its method`() async throws {
        try await TestServer.with { server in
            try await server.register(id, method)
            var client = try #require(try await server.rooms.clients.find(id)).client
            client.metadata.tokenEndpointAuthMethod = .clientSecretBasic
            try await server.rooms.clients.update(client, trace: .commandLine)
            let left = try await server.rooms.database.row(
                "SELECT 1 AS is_there FROM client_secret WHERE client_id = \(id) AND sealed IS NOT NULL"
            )
            #expect(left == nil)
        }
    }

    @Test func `one assertion raced 64-fold at two servers serves once`() async throws {
        try await TestServer.with { first in
            let secret = try #require(try await first.register(id, method)).reveal()
            try await TestServer.with(sharing: first.connectionString) { second in
                for _ in 0..<10 {
                    let proof = first.assertion(id).authenticated(by: secret)
                    let answers = try await race(64) { number in
                        try await (number.isMultiple(of: 2) ? first : second).clientCredentials(proof)
                    }
                    #expect(answers.count { $0.status == .ok } == 1)
                    #expect(answers.count { $0.error == "invalid_client" } == 63)
                }
            }
        }
    }
}
