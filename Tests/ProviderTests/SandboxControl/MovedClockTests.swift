import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Provider

@Suite struct `The movable clock` {
    private static func move(_ body: String, _ server: TestServer) async throws -> HTTPResponse.Status {
        try await server.client.execute(uri: "/sandbox/clock", method: .post, body: .init(string: body)) { $0.status }
    }

    @Test(arguments: ["0001-01-01", "1969-12-31", "2149-06-07", "9999-12-31", "99999-01-01"])
    func `a date that tokens cannot name is refused and moves nothing`(date: String) async throws {
        try await TestServer.with { server in
            let status = try await Self.move("{\"now\":\"\(date)T00:00:00Z\"}", server)
            #expect(status == .badRequest)
            #expect(try await server.browser().get("/login").status == .ok)
        }
    }

    @Test func `no number of steps leads out of the years, and a reset leads back from wherever they led`()
        async throws
    {
        try await TestServer.with { server in
            for _ in 0..<8 { _ = try await Self.move("{\"advance_seconds\":390000000}", server) }
            #expect(server.rooms.clock.seconds < 4_102_444_800)
            #expect(try await server.browser().get("/login").status == .ok)
            let reset = try await server.client.execute(uri: "/sandbox/reset", method: .post) { $0.status }
            #expect(reset == .noContent)
            #expect(try await server.code().isEmpty == false)
            let row = try await server.rooms.database.row(
                "SELECT count(*) AS n FROM pg_class WHERE relispartition AND relkind = 'r'"
            )
            let count = try #require(try row?.get("n", as: Int.self))
            // As many as a store has from the start, for some weeks each.
            #expect(count < 16 * Partitions.tables.count)
        }
    }
}
