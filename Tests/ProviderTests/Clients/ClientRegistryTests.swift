import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Clients and their secrets` {
    private let trace = Trace(requestID: "test", network: nil)
    private let id = "sandbox-service"

    private func token(_ server: TestServer, _ secret: Secret<String>) async throws -> TestAnswer {
        try await server.post("/oauth2/token", [("grant_type", "client_credentials")], basic: (id, secret.reveal()))
    }

    /// Waits until a server has heard of a change.
    private func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<200 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func `a secret and its successor both work for a day, then the successor alone (K5)`() async throws {
        try await TestServer.with { server in
            let old = try #require(try server.ready(id).secret)
            let new = try await server.rooms.clients.rotateSecret(id, trace: trace)
            #expect(try await eventually { try await token(server, new).status == .ok })
            #expect(try await token(server, old).status == .ok)
            try await server.advance(seconds: Double(ClientRegistry.rotationOverlap) + 1)
            #expect(try await token(server, old).error == "invalid_client")
            #expect(try await token(server, new).status == .ok)
        }
    }

    @Test func `a second rotation ends the oldest secret at once: never more than two live`() async throws {
        try await TestServer.with { server in
            let first = try #require(try server.ready(id).secret)
            let second = try await server.rooms.clients.rotateSecret(id, trace: trace)
            let third = try await server.rooms.clients.rotateSecret(id, trace: trace)
            #expect(try await eventually { try await token(server, third).status == .ok })
            #expect(try await token(server, second).status == .ok)
            #expect(try await token(server, first).error == "invalid_client")
            #expect(try await server.count("SELECT count(*) FROM client_secret WHERE client_id = \(id)") == 2)
        }
    }

    @Test func `rotations that race leave two secrets, both of them given to somebody`() async throws {
        try await TestServer.with { server in
            let clients = server.rooms.clients
            let trace = trace
            let given = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await clients.rotateSecret("sandbox-service", trace: trace).reveal() }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let rows = try await server.rooms.database.rows("SELECT hash FROM client_secret WHERE client_id = \(id)")
            let stored = try rows.map { try $0.get("hash", as: [UInt8].self) }
            #expect(stored.count == 2)
            let known = given.map(clients.hash(ofSecret:))
            #expect(stored.allSatisfy(known.contains))
        }
    }

    @Test func `a client disabled at one server is refused at the other within a second`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let secret = try #require(try first.ready(id).secret)
                #expect(try await token(second, secret).status == .ok)
                try await first.rooms.clients.disable(id, trace: trace)
                let start = ContinuousClock.now
                #expect(try await eventually { try await token(second, secret).error == "invalid_client" })
                #expect(ContinuousClock.now - start < .seconds(1))
            }
        }
    }

    @Test func `a server that hears of nothing refuses a disabled client within a second as well`() async throws {
        try await TestServer.with { server in
            let rooms = server.rooms
            let deaf = Rooms.registry(
                rooms.configuration,
                rooms.capabilities,
                database: rooms.database,
                secrets: rooms.secrets,
                logger: TestServer.quietLogger
            )
            #expect(try await deaf.find(id)?.client.isEnabled == true)
            try await rooms.clients.disable(id, trace: trace)
            let start = ContinuousClock.now
            #expect(try await eventually { try await deaf.find(id)?.client.isEnabled == false })
            #expect(ContinuousClock.now - start < .milliseconds(1500))
        }
    }

    @Test func `what is read while a change comes in is not kept from before it`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                for round in 0..<20 {
                    let reading = Task {
                        while !Task.isCancelled { _ = try await second.rooms.clients.find(id) }
                    }
                    let name = "round \(round)"
                    var client = try #require(try await first.rooms.clients.find(id)).client
                    client.metadata.clientName = name
                    try await first.rooms.clients.update(client, trace: trace)
                    let start = ContinuousClock.now
                    #expect(try await eventually { try await second.rooms.clients.find(id)?.client.clientName == name })
                    #expect(ContinuousClock.now - start < .seconds(1))
                    #expect(try await second.rooms.clients.find(id)?.client.clientName == name)
                    reading.cancel()
                    _ = try? await reading.value
                }
            }
        }
    }

    @Test func `a secret that is ended at once is refused, its successor taken`() async throws {
        try await TestServer.with { server in
            let old = try #require(try server.ready(id).secret)
            let new = try await server.rooms.clients.rotateSecret(id, atOnce: true, trace: trace)
            #expect(try await token(server, old).error == "invalid_client")
            #expect(try await token(server, new).status == .ok)
        }
    }

    @Test func `the store holds no secret, and each act its record`() async throws {
        try await TestServer.with { server in
            let secret = try await server.rooms.clients.rotateSecret(id, trace: trace).reveal()
            let found = try await server.count(
                "SELECT count(*) FROM client_secret s WHERE position(\(secret) IN s::text) > 0"
            )
            #expect(found == 0)
            let records = try await server.count(
                "SELECT count(*) FROM audit WHERE event = 'client.secret_rotated' AND client_id = \(id)"
            )
            #expect(records == 1)
        }
    }

    @Test func `an id is given once, and an unknown one cannot be changed`() async throws {
        try await TestServer.with { server in
            let clients = server.rooms.clients
            let known = try #require(try await clients.find(id)).client
            await #expect(throws: ClientRegistry.AdministrationFault.taken) {
                _ = try await clients.create(known, trace: trace)
            }
            await #expect(throws: ClientRegistry.AdministrationFault.unknown) {
                try await clients.disable("nobody", trace: trace)
            }
            await #expect(throws: ClientRegistry.AdministrationFault.unknown) {
                _ = try await clients.rotateSecret("nobody", trace: trace)
            }
        }
    }
}
