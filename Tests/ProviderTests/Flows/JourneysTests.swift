import Cryptography
import Postgres
import Testing

@testable import Provider

@Suite struct `Journeys of several steps` {
    @Test func `a move made by 32 requests at once is made once`() async throws {
        try await TestServer.with { server in
            let journeys = server.rooms.journeys
            let browser = BrowserIdentity(presented: nil)
            let name = try await journeys.begin(
                .recovery,
                step: "verify",
                payload: ["phone": "13911110000"],
                isProved: false,
                browser: browser
            )
            let journey = try #require(try await journeys.find(name, .recovery, browser: browser))
            #expect(journey.step == "verify" && journey.payload["phone"]?.string == "13911110000")
            let moves = try await race(32) { _ in
                try await journeys.advance(journey, .recovery, to: "password", payload: [:])
            }
            #expect(moves.count { $0 } == 1)
            #expect(try await journeys.find(name, .recovery, browser: browser)?.step == "password")
        }
    }

    @Test func `it is bound to its browser and its kind, sealed in the store, and ends in time`() async throws {
        try await TestServer.with { server in
            let journeys = server.rooms.journeys
            let browser = BrowserIdentity(presented: nil)
            let name = try await journeys.beginRegistration(phone: "13911110000", browser: browser)
            #expect(try await journeys.find(name, .registration, browser: BrowserIdentity(presented: nil)) == nil)
            #expect(try await journeys.find(name, .recovery, browser: browser) == nil)
            let row = try #require(try await server.rooms.database.row("SELECT j::text AS text FROM journey j"))
            #expect(try !row.get("text", as: String.self).contains("13911110000"))
            try await server.advance(seconds: 599)
            #expect(try await journeys.find(name, .registration, browser: browser) != nil)
            try await server.advance(seconds: 2)
            #expect(try await journeys.find(name, .registration, browser: browser) == nil)
        }
    }

    @Test func `wrong tries end it`() async throws {
        try await TestServer.with { server in
            let journeys = server.rooms.journeys
            let browser = BrowserIdentity(presented: nil)
            let name = try await journeys.begin(
                .recovery,
                step: "verify",
                payload: [:],
                isProved: false,
                browser: browser
            )
            let journey = try #require(try await journeys.find(name, .recovery, browser: browser))
            let left = try await race(8) { _ in try await journeys.countTry(journey, .recovery, of: 5) }
            #expect(left.sorted() == [0, 0, 0, 0, 1, 2, 3, 4])
            #expect(try await journeys.find(name, .recovery, browser: browser) == nil)
        }
    }
}
