import Cryptography
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

/// Two servers on one database, each with connections of its own.
@Suite struct `Races for a device code` {
    private func pair(_ body: @Sendable @escaping ([TestServer]) async throws -> Void) async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in try await body([first, second]) }
        }
    }

    @Test func `of many polls at once one gets tokens`() async throws {
        try await pair { servers in
            for _ in 0..<3 {
                let device = try await servers[0].device()
                let browser = servers[0].browser()
                _ = try await browser.decide("allow", on: browser.reachQuestion(device.userCode, server: servers[0]))
                let answers = try await race(32) { try await servers[$0 % 2].poll(device) }
                #expect(answers.count { $0.status == .ok } == 1)
                #expect(answers.count { $0.error == "invalid_grant" } == 31)
            }
            #expect(try await servers[0].count("SELECT count(*) FROM audit WHERE event = 'device_code.redeemed'") == 3)
            #expect(try await servers[0].count("SELECT count(*) FROM refresh_token") == 3)
        }
    }

    @Test func `of many polls at once of a code that waits one is in time`() async throws {
        try await pair { servers in
            let device = try await servers[0].device()
            let answers = try await race(32) { try await servers[$0 % 2].poll(device) }
            #expect(answers.count { $0.error == "authorization_pending" } == 1)
            #expect(answers.count { $0.error == "slow_down" } == 31)
        }
    }

    @Test func `a yes and a no from two browsers at once leave one answer, and each hears which`() async throws {
        try await pair { servers in
            for _ in 0..<4 {
                let device = try await servers[0].device()
                let (yes, no) = (servers[0].browser(), servers[1].browser())
                let pages = [
                    try await yes.reachQuestion(device.userCode, server: servers[0]),
                    try await no.reachQuestion(device.userCode, server: servers[1], account: "lisi_2026"),
                ]
                let done = try await race(2) { number in
                    try await number == 0
                        ? (0, yes.decide("allow", on: pages[0])) : (1, no.decide("deny", on: pages[1]))
                }
                let told = done.filter { $0.1.body.contains("data-page=\"done\"") }
                #expect(told.count == 1)
                #expect(done.filter { $0.1.body.contains("device.request_gone") }.count == 1)
                let answer = try await servers[0].poll(device)
                #expect(told.first?.0 == 0 ? answer.status == .ok : answer.error == "access_denied")
            }
            let grants = try await servers[0].count("SELECT count(*) FROM authorization_grant")
            #expect(
                try await servers[0].count("SELECT count(*) FROM audit WHERE event = 'device_code.approved'") == grants
            )
        }
    }

    @Test func `a button pressed twice at once gives one authorization and two pages that say so`() async throws {
        try await pair { servers in
            let device = try await servers[0].device()
            let browser = servers[0].browser()
            let page = try await browser.reachQuestion(device.userCode, server: servers[0])
            let done = try await race(6) { _ in try await browser.decide("allow", on: page) }
            #expect(done.allSatisfy { $0.body.contains("已允许登录") })
            #expect(try await servers[0].count("SELECT count(*) FROM authorization_grant") == 1)
            #expect(try await servers[0].count("SELECT count(*) FROM audit WHERE event = 'device_code.approved'") == 1)
        }
    }
}
