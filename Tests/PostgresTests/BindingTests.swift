import Foundation
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct `Bound values` {
    @Test(arguments: [
        "", "'", "\"", "\\", "'; DROP TABLE account; --", "$1", "\u{0301}", "\"\u{0301}", "张伟", "\u{1F600}", "\r\n\t",
        String(repeating: "x", count: 100_000), "{a,\"b\"}", "NULL", "%s%n",
    ])
    func `hostile text comes back as it went`(text: String) async throws {
        try await withDatabase { database in
            let row = try #require(try await database.row("SELECT \(text)::text AS v, length(\(text)::text) AS n"))
            #expect(try row.get("v", as: String.self) == text)
            #expect(try row.get("n", as: Int.self) == text.unicodeScalars.count)
        }
    }

    @Test func `a NUL byte is refused before anything is sent, and says which value`() async throws {
        try await withDatabase { database in
            let error = await failure { _ = try await database.rows("SELECT \(1), \("a\0b")") }
            #expect(error?.code == .misuse)
            #expect(error?.message.contains("$2") == true)
            #expect(await failure { _ = try await database.rows("SELECT \(["a\0b"])") }?.code == .misuse)
            #expect(await failure { _ = try await database.rows("SELECT 1 \(raw: "\0")") }?.code == .misuse)
            try await database.transaction { transaction in
                #expect(await failure { _ = try await transaction.rows("SELECT \("\0")") }?.code == .misuse)
                // Nothing was sent, so the transaction is whole.
                let row = try await transaction.row("SELECT 1 AS v")
                #expect(try row?.get("v", as: Int.self) == 1)
            }
            #expect(try await database.value("SELECT 5", as: Int.self) == 5)
        }
    }

    @Test func `every type comes back as it went`() async throws {
        try await withDatabase { database in
            #expect(try await database.value("SELECT \(true)") == true)
            #expect(try await database.value("SELECT \(false)") == false)
            for number in [Int64.min, -1, 0, 1, .max] {
                #expect(try await database.value("SELECT \(number)") == number)
            }
            for number in [Int32.min, .max] { #expect(try await database.value("SELECT \(number)") == number) }
            for number in [Int16.min, .max] { #expect(try await database.value("SELECT \(number)") == number) }
            for number in [0.1, -1e300, .infinity, 2.5e-308] {
                #expect(try await database.value("SELECT \(number)") == number)
            }
            let notANumber: Double = try await database.value("SELECT \(Double.nan)")
            #expect(notANumber.isNaN)
            let id = UUID()
            #expect(try await database.value("SELECT \(id)") == id)
            let bytes = [UInt8](0...255)
            #expect(try await database.value("SELECT \(bytes)") == bytes)
            #expect(try await database.value("SELECT \([UInt8]())") == [UInt8]())
            for seconds in [0, 1_795_518_733.123456, -1.5, 253_402_300_799] {
                let date = Date(timeIntervalSince1970: seconds)
                let back: Date = try await database.value("SELECT \(date)")
                #expect(abs(back.timeIntervalSince(date)) < 1e-6)
            }
        }
    }

    @Test func `arrays come back as they went`() async throws {
        try await withDatabase { database in
            let texts = ["", "a", "NULL", "b\"c", "d\\e", "{f,g}", " h ", "张伟"]
            #expect(try await database.value("SELECT \(texts)") == texts)
            #expect(try await database.value("SELECT \([String]())") == [String]())
            #expect(try await database.value("SELECT \([Int64.min, 0, .max])") == [Int64.min, 0, .max])
            let blobs: [[UInt8]] = [[], [0], [92, 34, 255]]
            #expect(try await database.value("SELECT \(blobs)") == blobs)
            let ids = [UUID(), UUID()]
            #expect(try await database.value("SELECT \(ids)") == ids)
            let count = try await database.value(
                "SELECT count(*) FROM generate_series(1, 9) n WHERE n = ANY(\([2, 4, 77]))",
                as: Int.self
            )
            #expect(count == 2)
            #expect(
                await failure { _ = try await database.value("SELECT ARRAY['a', NULL]", as: [String].self) }?.code
                    == .decoding
            )
            #expect(
                await failure { _ = try await database.value("SELECT ARRAY[[1,2],[3,4]]", as: [Int].self) }?.code
                    == .decoding
            )
        }
    }

    @Test func `NULL is nil, and refused where it was not expected`() async throws {
        try await withDatabase { database in
            let row = try #require(
                try await database.row(
                    "SELECT \(nil as Int?) AS a, \(nil as String?)::text AS b, \(nil as [UInt8]?) AS c"
                )
            )
            #expect(try row.get("a", as: Int?.self) == nil)
            #expect(try row.get("b", as: String?.self) == nil)
            #expect(try row.get("c", as: [UInt8]?.self) == nil)
            #expect(row.isNull("a"))
            #expect(throws: PostgresError.self) { try row.get("a", as: Int.self) }
            #expect(throws: PostgresError.self) { try row.get("missing", as: Int.self) }
            #expect(throws: PostgresError.self) { try row.get(at: 3, as: Int.self) }
        }
    }

    @Test func `a value of another type is refused, and the error does not show it`() async throws {
        try await withDatabase { database in
            let row = try #require(try await database.row("SELECT 'secret' AS v, 300000 AS n, 'f00' AS b"))
            #expect(throws: PostgresError.self) { try row.get("n", as: Int16.self) }
            #expect(throws: PostgresError.self) { try row.get("v", as: Bool.self) }
            #expect(throws: PostgresError.self) { try row.get("b", as: [UInt8].self) }
            let error = #expect(throws: PostgresError.self) { try row.get("v", as: Int.self) }
            #expect(error.map { "\($0)" }?.contains("secret") == false)
            #expect(error?.debugDescription.contains("secret") == false)
        }
    }

    @Test func `jsonb, enums and addresses are written from text`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
            try await database.execute("CREATE TABLE thing (m mood, j jsonb, a inet)")
            try await database.execute(
                "INSERT INTO thing VALUES (\("glad"), \("{\"k\": [1, null]}")::jsonb, \("10.0.0.1"))"
            )
            let row = try #require(
                try await database.row("SELECT m, j, a FROM thing WHERE m = \("glad") AND j->>'k' IS NOT NULL")
            )
            #expect(try row.get("m", as: String.self) == "glad")
            #expect(try row.get("j", as: String.self) == "{\"k\": [1, null]}")
            #expect(try row.get("a", as: String.self) == "10.0.0.1")
        }
    }

    @Test func `the description of an error holds nothing from the statement or the rows`() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE person (phone text PRIMARY KEY)")
            try await database.execute("INSERT INTO person VALUES (\("13812345678"))")
            let error = await failure { try await database.execute("INSERT INTO person VALUES (\("13812345678"))") }
            #expect(error?.isUniqueViolation == true)
            #expect(error?.constraintName == "person_pkey")
            #expect(error?.tableName == "person")
            #expect(error.map { "\($0)" } == "PostgreSQL refused the statement (SQLSTATE 23505)")
            #expect(error?.debugDescription.contains("13812345678") == true)
            #expect(error?.isRetryable == false)
        }
    }
}
