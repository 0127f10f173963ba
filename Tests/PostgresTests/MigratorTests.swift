import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1))) struct Migrations {
    private let list = [
        Migration(
            number: 1,
            name: "accounts",
            sql: ["CREATE TABLE account (id int); -- one; two\nINSERT INTO account VALUES (1)"]
        ),
        Migration(number: 2, name: "clients", sql: ["CREATE TABLE client (id int)", "INSERT INTO client VALUES (1)"]),
        Migration(
            number: 3,
            name: "functions",
            sql: ["CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN 1; END; $f$; SELECT f();"]
        ),
    ]

    @Test func `are applied once, in order of their numbers, and recorded`() async throws {
        try await withDatabase { database in
            let migrator = Migrator(list.reversed())
            #expect(try await migrator.status(database).map(\.state) == [.pending, .pending, .pending])
            #expect(try await migrator.migrate(database).map(\.number) == [1, 2, 3])
            #expect(try await migrator.migrate(database).isEmpty)
            #expect(try await migrator.status(database).map(\.state) == [.applied, .applied, .applied])
            let rows = try await database.rows(
                "SELECT number, name, applied_at <= now() AS past FROM schema_migration ORDER BY number"
            )
            #expect(try rows.map { try $0.get("name", as: String.self) } == ["accounts", "clients", "functions"])
            #expect(try rows.allSatisfy { try $0.get("past", as: Bool.self) })
        }
    }

    @Test func `four processes that start at once apply each exactly once`() async throws {
        try await withDatabase { database in
            let schema = try await database.value("SELECT current_schema()", as: String.self)
            let place = withOptions("-c search_path=\(schema)", try await TestServer.shared.value)
            let others = (0..<4).map { _ in patient(place) }
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for other in others { group.addTask { try await Migrator(self.list).migrate(other).map(\.number) } }
                return try await group.reduce([], +)
            }
            #expect(applied.sorted() == [1, 2, 3])
            #expect(try await database.value("SELECT count(*) FROM account", as: Int.self) == 1)
            for other in others { await other.shutDown() }
        }
    }

    @Test func `one that fails leaves nothing of itself, and those before it stay`() async throws {
        try await withDatabase { (database) async throws in
            let bad = Migration(number: 2, name: "bad", sql: ["CREATE TABLE half (id int); SELECT 1/0"])
            let error = await failure { try await Migrator([list[0], bad, list[2]]).migrate(database) }
            #expect(error?.code == .server(SQLState(rawValue: "22012")))
            #expect(try await Migrator(list).status(database).map(\.state) == [.applied, .pending, .pending])
            #expect(try await database.value("SELECT to_regclass('half') IS NULL", as: Bool.self))
            #expect(try await Migrator(list).migrate(database).map(\.number) == [2, 3])
        }
    }

    @Test func `a changed text, a number used twice and a gap stop everything`() async throws {
        try await withDatabase { database in
            try await Migrator(Array(list.prefix(2))).migrate(database)
            let changed = [
                list[0], Migration(number: 2, name: "clients", sql: ["CREATE TABLE client (id bigint)"]), list[2],
            ]
            #expect(await failure { try await Migrator(changed).migrate(database) }?.code == .misuse)
            #expect(try await Migrator(changed).status(database).map(\.state) == [.applied, .changed, .pending])
            #expect(await failure { try await Migrator([list[0], list[0]]).migrate(database) }?.code == .misuse)
            let newer = try await Migrator([list[0]]).status(database)
            #expect(newer.map(\.state) == [.applied, .unknown])
            let gap = [Migration(number: 0, name: "late", sql: ["SELECT 1"])] + list
            #expect(await failure { try await Migrator(gap).migrate(database) }?.code == .misuse)
        }
    }

    @Test func `an older program starts on a newer schema`() async throws {
        try await withDatabase { database in
            try await Migrator(list).migrate(database)
            #expect(try await Migrator([list[0]]).migrate(database).isEmpty)
        }
    }
}
