import Foundation
import Testing

@testable import Postgres

@Suite struct `SQL by interpolation` {
    @Test func `values become numbered placeholders and never text`() {
        let name = "'; DROP TABLE account; --"
        let sql: SQL = "SELECT \(1), \(name), \(nil as Int?)"
        #expect(sql.text == "SELECT $1, $2, $3")
        #expect(sql.bindings.count == 3)
        #expect("\(sql)" == sql.text)
    }

    @Test func `a nested statement keeps its values and is numbered anew`() {
        let inner: SQL = "b = \(2) AND note = '$1' AND c = \("x")"
        let sql: SQL = "SELECT \(1) WHERE \(sql: inner) OR \(sql: inner) OR d = \(3)"
        #expect(
            sql.text
                == "SELECT $1 WHERE b = $2 AND note = '$1' AND c = $3 OR b = $4 AND note = '$1' AND c = $5 OR d = $6"
        )
        #expect(sql.bindings.count == 6)
        let deeper: SQL = "\(sql: sql);"
        #expect(deeper.text == sql.text + ";")
    }

    @Test func `raw text is only what says raw`() {
        let sql: SQL = "SELECT * FROM \(raw: "account") WHERE id = \(7)"
        #expect(sql.text == "SELECT * FROM account WHERE id = $1")
    }

    @Test func `many values count on past the prepared names`() {
        var sql: SQL = "SELECT 0"
        for number in 1...130 { sql = "\(sql: sql), \(number)" }
        #expect(sql.text.hasSuffix("$129, $130"))
    }
}

@Suite struct `Scripts of several statements` {
    @Test(arguments: [
        ("", []),
        (" ; ;; -- nothing\n", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", " SELECT 2"]),
        ("SELECT ';', \";\" ; SELECT 2;", ["SELECT ';', \";\" ", " SELECT 2"]),
        ("SELECT 'it''s; fine'; X", ["SELECT 'it''s; fine'", " X"]),
        (#"SELECT E'a\';b'; X"#, [#"SELECT E'a\';b'"#, " X"]),
        (#"SELECT 'a\'; X"#, [#"SELECT 'a\'"#, " X"]),
        ("SELECT $$a;b$$; X", ["SELECT $$a;b$$", " X"]),
        ("SELECT $f$a;$$;b$f$; X", ["SELECT $f$a;$$;b$f$", " X"]),
        ("SELECT $1; X", ["SELECT $1", " X"]),
        ("SELECT a$b; X$c", ["SELECT a$b", " X$c"]),
        ("A -- ; \n; B", ["A -- ; \n", " B"]),
        ("A /* ; /* ; */ ; */; B", ["A /* ; /* ; */ ; */", " B"]),
        ("/* only */ ; -- only", []),
        ("姓名 ';' ; B", ["姓名 ';' ", " B"]),
    ])
    func `semicolons inside literals, names, dollar quotes and comments do not split`(text: String, expected: [String])
    {
        #expect(SQLScript.statements(of: text) == expected)
    }
}

@Suite struct `Instants as PostgreSQL prints them` {
    private func seconds(_ text: String) -> Double? {
        Array(text.utf8).withUnsafeBytes { Date.decode(postgres: $0)?.timeIntervalSince1970 }
    }

    @Test func `UTC, fractions, offsets and leap days`() {
        #expect(seconds("1970-01-01 00:00:00+00") == 0)
        #expect(seconds("2000-02-29 12:00:00+00") == 951_825_600)
        #expect(seconds("2026-11-24 11:12:13.5+00") == 1_795_518_733.5)
        #expect(seconds("2026-11-24 19:12:13.500000+08") == 1_795_518_733.5)
        #expect(seconds("2026-11-24 05:42:13.5-05:30") == 1_795_518_733.5)
        #expect(seconds("0001-01-01 00:00:00+00") == -62_135_596_800)
    }

    @Test(arguments: [
        "", "infinity", "2026-11-24", "2026-13-24 11:12:13+00", "2026-11-24 11:12:13", "2026-11-24 11:12:13+00 BC",
    ])
    func `anything else is refused`(text: String) {
        #expect(seconds(text) == nil)
    }
}

@Suite struct `Connection strings` {
    private func read(_ text: String) throws -> ConnectionString {
        try ConnectionString(DatabaseConfiguration(text), lane: "read")
    }

    @Test func `hosts and ports pair up, one port serves all`() throws {
        let pairs = try read("host=a,b port=1,2").endpoints
        #expect(pairs == [Endpoint(host: "a", port: "1"), Endpoint(host: "b", port: "2")])
        let shared = try read("postgresql://u@a,[::1]/db?target_session_attrs=read-write").endpoints
        #expect(shared.map(\.host) == ["a", "::1"])
        #expect(shared.allSatisfy { $0.attributes == "read-write" })
    }

    @Test func `only names are looked up`() {
        #expect(Endpoint(host: "db.example").needsLookUp)
        for host in ["", "/run/postgresql", "@abstract", "127.0.0.1", "::1"] {
            #expect(!Endpoint(host: host).needsLookUp)
        }
        #expect(!Endpoint(host: "db.example", address: "10.0.0.1").needsLookUp)
    }

    @Test func `prefer-standby is two rounds`() throws {
        let places = try read("host=a,b target_session_attrs=prefer-standby").endpoints
        #expect(places.map(\.attributes) == ["standby", "standby", "any", "any"])
    }

    @Test func `what the operator writes wins over our defaults`() throws {
        let string = try read("host=a keepalives_idle=77 application_name=x options='-c lock_timeout=5'")
        let settings = Dictionary(string.parameters(for: string.endpoints[0])) { first, _ in first }
        #expect(settings["keepalives_idle"] == "77")
        #expect(settings["application_name"] == "x")
        #expect(settings["tcp_user_timeout"] == "5000")
        #expect(settings["client_encoding"] == "UTF8")
        #expect(settings["options"]?.hasSuffix("-c lock_timeout=5") == true)
        #expect(settings["options"]?.contains("-c TimeZone=UTC") == true)
        #expect(try read("host=a connect_timeout=7").connectLimit == 7_000_000_000)
        #expect(try read("host=a").connectLimit == 2_000_000_000)
    }

    @Test(arguments: ["nonsense", "hosst=a", "host=a,b port=1,2,3", "host=a,b hostaddr=127.0.0.1"])
    func `a string libpq cannot read is refused in words`(text: String) {
        let error = #expect(throws: PostgresError.self) { try DatabaseConfiguration(text).validate() }
        #expect(error?.code == .misuse)
        #expect(error?.message.isEmpty == false)
    }

    @Test(arguments: [
        "host=a password=top s3cret", "host=a password='s3cret", "postgresql://u:s3cret@[::1/db", "host=a s3cret",
    ])
    func `a password is never quoted, not even from a string that cannot be read`(text: String) {
        let error = #expect(throws: PostgresError.self) { try DatabaseConfiguration(text).validate() }
        #expect(error?.debugDescription.contains("s3cret") == false)
        let configuration = DatabaseConfiguration(text)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("s3cret"))
    }
}
