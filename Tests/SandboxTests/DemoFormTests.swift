import Cryptography
import Testing

@testable import Sandbox

@Suite struct `Forms of the demo site` {
    @Test func `a repeated parameter makes the whole form unreadable (RFC 6749 §3.1)`() {
        #expect(DemoForm(parsing: "state=a&code=b&state=a".utf8) == nil)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=a"])
    func `broken escapes and bytes that are no UTF-8 are refused`(text: String) {
        #expect(DemoForm(parsing: text.utf8) == nil)
    }

    @Test func `what is written is read again`() throws {
        let form = DemoForm([("state", "a&b=c+d %"), ("名", "王𫘜\u{0}\"\u{301}")])
        let read = try #require(DemoForm(parsing: form.encoded.utf8))
        #expect(read["state"] == "a&b=c+d %")
        #expect(read["名"]?.utf8.elementsEqual("王𫘜\u{0}\"\u{301}".utf8) == true)
        #expect(form.appended(to: "http://x/?a=b") == "http://x/?a=b&" + form.encoded)
    }

    @Test(arguments: ["x=1", "prompt=bad", "max_age=-1", "max_age=x", "acr_values=a%20b", "response_mode=fragment"])
    func `an option that the site does not offer is refused`(query: String) throws {
        #expect(DemoLoginOptions(try #require(DemoForm(parsing: query.utf8))) == nil)
    }

    @Test(arguments: ["&", "<", ">", "\"", "'"])
    func `markup escapes each special character even before a combining mark`(character: String) {
        let text = character + "\u{301}"
        let markup: DemoMarkup = "<p title=\"\(text)\">\(text)</p>"
        let inner =
            String(decoding: markup.bytes, as: UTF8.self)
            .split(separator: "p title=\"", maxSplits: 1).last.map(String.init) ?? ""
        #expect(inner.utf8.filter { $0 == UInt8(ascii: "<") }.count == 1)
        #expect(inner.utf8.filter { $0 == UInt8(ascii: ">") }.count == 2)
        #expect(inner.utf8.filter { $0 == UInt8(ascii: "\"") }.count == 1)
        #expect(!inner.utf8.contains(UInt8(ascii: "'")))
    }

    @Test(
        arguments: [
            (0, "1970年1月1日 08:00:00"), (951_753_600, "2000年2月29日 00:00:00"), (1_795_521_252, "2026年11月24日 19:54:12"),
            (4_107_513_599, "2100年2月28日 23:59:59"), (4_107_513_600, "2100年3月1日 00:00:00"), (-1, "-1"),
            (Int64.max, "9223372036854775807"),
        ] as [(Int64, String)]
    )
    func `a moment is shown in the city's time`(seconds: Int64, words: String) {
        #expect(DemoClaims.time(seconds) == words)
    }

    @Test(arguments: [
        ("https://id.example/a", true), ("http://127.0.0.1:8080/a", true), ("http://localhost", true),
        ("http://[::1]:1/", true), ("http://id.example/", false), ("http://127.0.0.1.evil.example/", false),
        ("http://localhost@evil.example/", false), ("javascript:alert(1)", false), ("https://id.example/\"x", false),
        ("https://id.example/ x", false), ("", false),
    ])
    func `an endpoint is https or on loopback`(address: String, isSafe: Bool) {
        #expect(DemoMetadata.isSafe(address) == isSafe)
    }
}
