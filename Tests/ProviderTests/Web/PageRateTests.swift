import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Provider

@Suite struct `Pages of one network` {
    @Test func `a network gets a minute's worth at once, then as many as refill`() {
        let rate = PageRate(limit: 60)
        let network = ClientNetwork(address: "192.0.2.7")
        let start = Date(timeIntervalSince1970: 1_795_000_000)
        for _ in 0..<60 { #expect(rate.take(network, at: start) == nil) }
        #expect(rate.take(network, at: start) == 1)
        #expect(rate.take(ClientNetwork(address: "192.0.2.200"), at: start) == 1, "the same /24")
        #expect(rate.take(ClientNetwork(address: "192.0.3.7"), at: start) == nil)
        #expect(rate.take(network, at: start.addingTimeInterval(1)) == nil)
        #expect(rate.take(network, at: start.addingTimeInterval(1)) == 1)
    }

    @Test func `a clock that goes back gives nothing and takes nothing`() {
        let rate = PageRate(limit: 60)
        let network = ClientNetwork(address: "192.0.2.7")
        let start = Date(timeIntervalSince1970: 1_795_000_000)
        for _ in 0..<60 { _ = rate.take(network, at: start) }
        #expect(rate.take(network, at: start.addingTimeInterval(-3600)) == 1)
        #expect(rate.take(network, at: start.addingTimeInterval(-3540)) == nil)
    }

    @Test func `more networks than are remembered do not let a busy one off`() {
        let rate = PageRate(limit: 60, capacity: 100)
        let busy = ClientNetwork(address: "192.0.2.7")
        let start = Date(timeIntervalSince1970: 1_795_000_000)
        for step in 0..<1000 {
            let now = start.addingTimeInterval(Double(step) / 1000)
            _ = rate.take(ClientNetwork(address: "198.\(step / 250).\(step % 250).1"), at: now)
            if step < 60 { #expect(rate.take(busy, at: now) == nil) } else { _ = rate.take(busy, at: now) }
        }
        #expect(rate.take(busy, at: start.addingTimeInterval(0.999)) == 1)
    }

    @Test func `a network that asks too often is told when it may, and relying parties go on`() async throws {
        try await TestServer.with(["CITYGATE_THROTTLE_PAGES_PER_NETWORK": "60"]) { server in
            func page() async throws -> TestAnswer {
                try await server.client.execute(uri: "/help", method: .get, headers: [.accept: "text/html"]) {
                    TestAnswer($0)
                }
            }
            for _ in 0..<60 { #expect(try await page().status == .ok) }
            let refused = try await page()
            #expect(refused.status == .tooManyRequests)
            #expect(refused.body.contains("data-error=\"rate.limited\""))
            #expect(refused.headers[.retryAfter] == "1")
            #expect(try await server.get("/oauth2/authorize").status == .tooManyRequests)
            #expect(try await server.get("/.well-known/openid-configuration").status == .ok)
            #expect(try await server.post("/oauth2/token", []).status != .tooManyRequests)
            try await server.advance(seconds: 60)
            #expect(try await page().status == .ok)
        }
    }
}
