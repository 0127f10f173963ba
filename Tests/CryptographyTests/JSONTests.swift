import Testing

@testable import Cryptography

@Suite struct `JSON text` {
    @Test func `is read with every kind of value`() throws {
        let json = try JSON(parsing: #" { "a" : [ 1 , -2.5e1, true, false, null ] , "b" : { } , "c" : "x" } "#)
        #expect(json == ["a": [1, -25.0, true, false, nil], "b": [:], "c": "x"])
        #expect(json["a"]?.array?.count == 5)
        #expect(json["b"]?.object?.isEmpty == true)
        #expect(json["c"]?.string == "x")
        #expect(json["d"] == nil)
        #expect(json.object?.names == ["a", "b", "c"])
        #expect(try JSON(parsing: "[]").array == [])
        #expect(try JSON(parsing: "\"\"").string == "")
        #expect(try JSON(parsing: "0").int == 0)
    }

    @Test func `has typed getters that answer only for their kind`() throws {
        let values: [JSON] = [nil, true, 1, 1.5, "s", [1], ["a": 1]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(values.compactMap(\.bool) == [true])
        #expect(values.compactMap(\.int) == [1])
        #expect(values.compactMap(\.number) == [1, 1.5])
        #expect(values.compactMap(\.string) == ["s"])
        #expect(values.compactMap(\.array) == [[1]])
        #expect(values.compactMap(\.object).count == 1)
        #expect(JSON(["a", "b"]).strings == ["a", "b"])
        #expect((["a", 1] as JSON).strings == nil)
    }

    @Test func `keeps whole numbers within 64 bits exact and makes the others floating`() throws {
        #expect(try JSON(parsing: "9223372036854775807").int == .max)
        #expect(try JSON(parsing: "-9223372036854775808").int == .min)
        #expect(try JSON(parsing: "9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try JSON(parsing: "-9223372036854775809").number == -9_223_372_036_854_775_808)
        #expect(try JSON(parsing: "1.0") == .double(1))
        #expect(try JSON(parsing: "1e3").number == 1000)
        #expect(try JSON(parsing: "-0") == .integer(0))
        #expect(try JSON(parsing: String(repeating: "9", count: 300)).number == 1e300)
        #expect(try JSON(parsing: "1e-400").number == 0)
        #expect(throws: JSONError(reason: .numberRange, offset: 1)) { try JSON(parsing: "[1e400]") }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "9", count: 400)) }
    }

    @Test func `unescapes every escape`() throws {
        let json = try JSON(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\u4E2D\uD83D\uDE00""#)
        #expect(json.string == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{4E2D}\u{1F600}")
        #expect(try JSON(parsing: #""\u0000""#).string == "\0")
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}", "{'a':1}", "{1:1}", "nul", "nulll", "tru", "True", "truefalse", "01", "-01", "00", "-", "+1", "1.",
        ".5",
        "1e", "1e+", "1.e1", "0x1", "NaN", "Infinity", "1 2", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"",
        "\"\n\"", "\"\t\"", "\"\0\"", "[1]x", "//\n1", "{\"a\" 1}", "{\"a\"::1}", "[1 2]", "\u{FEFF}1", "\u{A0}1",
        "[\"a\\\"]", "{\"a\":1 \"b\":2}", "\"\\u\"", "\"\\uD83D\\u\"",
    ]) func `is refused when it breaks the grammar`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"k":null,"k":null}}"#,
        #"{"":1,"":2}"#,
    ]) func `is refused when a name occurs twice`(text: String) throws {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.reason == .duplicateName)
    }

    @Test func `is refused when a name occurs twice among many`() throws {
        let members = (0..<500).map { "\"name\($0)\":\($0)" }
        let whole = try JSON(parsing: "{" + members.joined(separator: ",") + "}")
        #expect(whole["name499"]?.int == 499)
        let error = #expect(throws: JSONError.self) {
            try JSON(parsing: "{" + (members + ["\"name250\":0"]).joined(separator: ",") + "}")
        }
        #expect(error?.reason == .duplicateName)
    }

    @Test func `tells names apart by their bytes and not by Unicode equivalence`() throws {
        // The Kelvin sign is canonically equivalent to K, and é has two spellings.
        let json = try JSON(parsing: "{\"Kid\":1,\"\u{212A}id\":2,\"\u{E9}\":3,\"e\u{301}\":4}")
        #expect(json["Kid"]?.int == 1)
        #expect(json["\u{212A}id"]?.int == 2)
        #expect(json["e\u{301}"]?.int == 4)
        #expect(try JSON(parsing: "{\"\u{212A}id\":2}")["Kid"] == nil)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x22, 0xE4, 0xB8, 0x22], [0x22, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
            [0x22, 0xF0, 0x82, 0x82, 0xAC, 0x22],
        ] as [[UInt8]]
    ) func `is refused when it is not UTF-8`(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
        #expect(error?.reason == .notUnicode)
    }

    @Test(arguments: [
        #""\uD83D""#, #""\uDE00""#, #""\uD83Dx""#, #""\uD83D\n""#, #""\uD83D\uD83D""#, #""\uD83D\u0041""#,
        #""\uDE00\uD83D""#,
    ]) func `is refused when an escape names half of a surrogate pair`(text: String) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.reason == .notUnicode)
    }

    @Test func `is refused when it is nested deeper than allowed`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(32))
        #expect(throws: JSONError(reason: .tooDeep, offset: 32)) { try JSON(parsing: nested(33)) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[1]", depth: 0) }
        _ = try JSON(parsing: "[{\"a\":1}]", depth: 2)
        #expect(throws: JSONError.self) { try JSON(parsing: "[{\"a\":[]}]", depth: 2) }
        _ = try JSON(parsing: nested(128), depth: 1_000_000)
        #expect(throws: JSONError.self) { try JSON(parsing: nested(129), depth: 1_000_000) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 300_000)) }
    }

    @Test func `is written without white space and with members in their order`() {
        let json: JSON = ["b": 1, "a": [true, nil, -5, 2.5, "x"], "c": [:]]
        #expect(json.serialized == #"{"b":1,"a":[true,null,-5,2.5,"x"],"c":{}}"#)
        #expect(JSON.integer(.min).serialized == "-9223372036854775808")
        #expect(JSON.integer(.max).serialized == "9223372036854775807")
        #expect(JSON.double(.infinity).serialized == "null")
        #expect(JSON.double(.nan).serialized == "null")
        #expect(JSON.string("\"\\/\u{8}\u{C}\n\r\t\u{1F}\0 é中😀").serialized == #""\"\\/\b\f\n\r\t\u001f\u0000 é中😀""#)
        #expect(JSON.object([("a", 1), ("b", nil), ("c", "x")]).serialized == #"{"a":1,"c":"x"}"#)
    }

    @Test func `says the same after writing and reading`() throws {
        let texts = [
            "0", "-1", "1.5", "1e21", "12345678901234567890", "\"é\\u0000\\\"\"", "[[],{},[{}]]",
            #"{"a":{"b":[1,2,{"c":null}]}}"#,
            "5e-324", "1.7976931348623157e308", "0.1",
        ]
        for text in texts {
            let once = try JSON(parsing: text)
            #expect(try JSON(parsing: once.bytes) == once)
            #expect(try JSON(parsing: once.serialized).bytes == once.bytes)
        }
    }
}

@Suite struct `A JSON object` {
    @Test func `changes, appends and removes members by name`() {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = 3
        #expect(object.names == ["a", "b"])
        object["a"] = nil
        object["z"] = nil
        #expect(object.names == ["b"])
        #expect(object.map(\.name) == ["b"])
        for index in 0..<100 { object["k\(index)"] = .integer(Int64(index)) }
        object["k50"] = nil
        #expect(object["k50"] == nil)
        #expect(object["k99"]?.int == 99)
        #expect(object.count == 100)
        for name in object.names { object[name] = nil }
        #expect(object.isEmpty)
    }

    @Test func `is equal to another of the same members in any order`() throws {
        #expect(try JSON(parsing: #"{"a":1,"b":2}"#) == JSON(parsing: #"{"b":2,"a":1}"#))
        #expect(try JSON(parsing: #"{"a":1,"b":2}"#) != JSON(parsing: #"{"b":2,"c":1}"#))
        #expect(try JSON(parsing: #"{"a":1}"#) != JSON(parsing: #"{"a":1,"b":2}"#))
    }
}
