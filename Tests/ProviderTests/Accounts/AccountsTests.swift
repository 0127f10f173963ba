import Cryptography
import FoundationEssentials
import OAuth
import Postgres
import Testing

@testable import Provider

@Suite struct `Accounts and what identifies them` {
    private let trace = Trace(requestID: "test", network: nil)

    @Test func `one identifier raced for at two servers belongs to one account`() async throws {
        try await TestServer.with { first in
            try await TestServer.with(sharing: first.connectionString) { second in
                let rooms = [first.rooms.accounts, second.rooms.accounts]
                let trace = trace
                let made = await withTaskGroup(of: String?.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            var new = NewAccount(username: "racer_\(number)", phone: "13900000001")
                            new.passwordRecord = "none"
                            do {
                                _ = try await rooms[number % 2].create(new, trace: trace)
                                return "made"
                            } catch let taken as Accounts.Taken {
                                return taken.field
                            } catch {
                                return nil
                            }
                        }
                    }
                    return await group.reduce(into: [String?]()) { $0.append($1) }
                }
                #expect(made.filter { $0 == "made" }.count == 1)
                #expect(made.filter { $0 == "phone" }.count == 11)
                let records = try await first.count("SELECT count(*) FROM audit WHERE event = 'account.created'")
                #expect(records == 1, "an account that was not made left a record")
            }
        }
    }

    @Test func `username, e-mail and document are unique too, whatever the case of their letters`() async throws {
        try await TestServer.with { server in
            let document: JSON = ["type": "id_card", "number": "11010819001231099x", "name": "他人"]
            let clashes: [(NewAccount, String)] = [
                (NewAccount(username: "ZhangSan"), "username"),
                (NewAccount(username: "someone_1", email: "ZhangSan@Example.com"), "email"),
                (NewAccount(username: "someone_2", level: .l2, document: document), "document"),
            ]
            for (new, field) in clashes {
                let taken = await #expect(throws: Accounts.Taken.self) {
                    _ = try await server.rooms.accounts.create(new, trace: trace)
                }
                #expect(taken?.field == field)
            }
        }
    }

    @Test func `a person is found by username, phone and document, in full-width letters as well`() async throws {
        try await TestServer.with { server in
            let accounts = server.rooms.accounts
            let known = try #require(try await accounts.find(AccountIdentifier(typed: "zhangsan"))).account
            for typed in ["ZHANGSAN", " 13800000001 ", "１３８０００００００１", "110101190001010014"] {
                #expect(try await accounts.find(AccountIdentifier(typed: typed))?.account.id == known.id, "\(typed)")
            }
            for typed in ["", "zhangsa", "1380000000", "zhangsan' OR 1=1 --", "张三"] {
                #expect(try await accounts.find(AccountIdentifier(typed: typed)) == nil, "\(typed)")
            }
        }
    }

    @Test func `a dump of the tables names nobody`() async throws {
        try await TestServer.with { server in
            for secret in ["zhangsan", "13800000001", "110101190001010014", "张三", "example.com"] {
                let hex = Array(secret.utf8).map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.utf8.count == 1 ? "0" + digits : digits
                }.joined()
                for table in ["account", "account_key", "audit"] {
                    let found = try await server.count(
                        """
                        SELECT count(*) FROM \(raw: table) t
                        WHERE position(\(secret) IN t::text) > 0 OR position(\(hex) IN t::text) > 0
                        """
                    )
                    #expect(found == 0, "\(secret) stands in \(table)")
                }
            }
        }
    }

    @Test func `the log of effects cannot be rewritten`() async throws {
        try await TestServer.with { server in
            for change in ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"] {
                await #expect(throws: PostgresError.self) {
                    try await server.rooms.database.execute("\(raw: change)")
                }
            }
        }
    }
}
