import Cryptography
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Recovery of a password` {
    @Test func `the new password ends sessions and grants in the statement that sets it`() async throws {
        try await TestServer.with { server in
            let tokens = try await server.tokens()
            let account = try #require(try await server.rooms.accounts.find(AccountIdentifier(typed: "zhangsan")))
                .account
            try await server.rooms.access.resetPassword(of: account.id, to: "x", trace: .commandLine)
            #expect(try await server.refresh(tokens.refresh).error == "invalid_grant")
            #expect(try await server.introspect(tokens.access).json["active"]?.bool == false)
            #expect(
                try await server.count("SELECT count(*)::integer FROM audit WHERE event = 'account.password_reset'")
                    == 1
            )
        }
    }

    @Test func `invented accounts are always the same, and never tell a real number`() {
        let mimicry = RecoveryMimicry(key: Secret(Array("key".utf8)))
        func subject(_ typed: String) -> RecoverySubject { mimicry.subject(AccountIdentifier(typed: typed), typed) }
        #expect(subject("nobody_1").maskedPhone == subject("NOBODY_1").maskedPhone)
        #expect(subject("13912345678").maskedPhone == "139****5678")
        #expect(subject("110101190001010014").asksNumber)
        #expect(Set((0..<40).map { subject("nobody_\($0)").asksNumber }) == [true, false])
        #expect(Set((0..<40).map { subject("nobody_\($0)").maskedPhone }).count > 30)
        #expect(subject("nobody_1").account == nil)
    }
}
