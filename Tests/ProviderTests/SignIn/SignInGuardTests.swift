import Testing

@testable import Provider

@Suite struct `Counting of password tries` {
    private static let network = ClientNetwork(address: "192.0.2.7")

    private static func remaining(_ typed: String, _ server: TestServer) async throws -> Int? {
        switch try await server.rooms.guessing.admit(AccountIdentifier(typed: typed), network: network) {
        case .admitted(let ticket): ticket.remaining
        case .paused, .busy: nil
        }
    }

    @Test func `tries with one name of an account say nothing about another`() async throws {
        try await TestServer.with { server in
            var left: [Int?] = []
            for typed in ["13800000001", "13800000001", "zhangsan", "110101190001010014", "nobody_here"] {
                left.append(try await Self.remaining(typed, server))
            }
            #expect(left == [4, 3, 4, 4, 4])
        }
    }

    @Test func `other letters of the same name are the same name`() async throws {
        try await TestServer.with { server in
            var left: [Int?] = []
            for typed in ["zhangsan", "ZHANGSAN", "ｚｈａｎｇｓａｎ", " zhang san "] {
                left.append(try await Self.remaining(typed, server))
            }
            #expect(left == [4, 3, 2, 1])
        }
    }

    @Test func `a try whose password was never looked at does not count`() async throws {
        try await TestServer.with { server in
            let guessing = server.rooms.guessing
            for _ in 0..<20 {
                let admission = try await guessing.admit(AccountIdentifier(typed: "zhangsan"), network: Self.network)
                guard case .admitted(let ticket) = admission else {
                    Issue.record("paused by tries that were withdrawn")
                    return
                }
                try await guessing.withdrawn(ticket)
            }
            for left in [4, 3, 2, 1] { #expect(try await Self.remaining("zhangsan", server) == left) }
            let last = try await guessing.admit(AccountIdentifier(typed: "zhangsan"), network: Self.network)
            guard case .admitted(let ticket) = last else { throw TestFault("paused too early") }
            try await guessing.withdrawn(ticket)
            #expect(try await Self.remaining("zhangsan", server) == 0)
            #expect(try await Self.remaining("zhangsan", server) == nil)
        }
    }
}
