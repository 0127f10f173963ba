import Cryptography
import Glibc
import Logging
import Synchronization
import Testing

@testable import Provider

@Suite struct `The log` {
    @Test func `has one JSON object a line with time, level, message and metadata`() throws {
        let line = try log { logger in
            logger.warning(
                "a request was refused",
                metadata: ["request_id": "7f3a", "status": "422", "ms": .stringConvertible(12), "code": "E-14"]
            )
        }
        let object = try #require(try JSON(parsing: line).object)
        #expect(object["level"]?.string == "warning" && object["msg"]?.string == "a request was refused")
        #expect(object["request_id"]?.string == "7f3a" && object["ms"]?.int == 12 && object["code"]?.string == "E-14")
        let time = try #require(object["ts"]?.string)
        #expect(time.utf8.count == 24 && time.hasSuffix("Z"))
        #expect(line.filter { $0 == 0x0A }.count == 1 && line.last == 0x0A)
    }

    @Test func `writes the time as RFC 3339 has it`() {
        #expect(WallClock.text(timespec(tv_sec: 0, tv_nsec: 5_000_000)) == "1970-01-01T00:00:00.005Z")
        #expect(WallClock.text(timespec(tv_sec: 1_795_521_605, tv_nsec: 120_000_000)) == "2026-11-24T12:00:05.120Z")
    }

    @Test func `stays one line of valid JSON whatever a message holds`() throws {
        let nasty = "quote \" backslash \\ line\nend\u{0}\u{1B}[31m 证件 \u{2028} é\u{301}"
        let line = try log { $0.error("\(nasty)", metadata: ["reason": .string(nasty)]) }
        let object = try #require(try JSON(parsing: line).object)
        #expect(object["msg"]?.string == nasty && object["reason"]?.string == nasty)
        #expect(line.filter { $0 == 0x0A }.count == 1)
    }

    @Test func `never exceeds what a pipe takes at once`() throws {
        let long = String(repeating: "证", count: 5000)
        let metadata = Logger.Metadata(uniqueKeysWithValues: JSONLogHandler.allowedKeys.map { ($0, .string(long)) })
        let line = try log { $0.error("\(long)", metadata: metadata) }
        #expect(line.count <= LogSink.longestLine)
        #expect(throws: Never.self) { try JSON(parsing: line) }
    }

    @Test func `withholds text under a key that is not on the list, and shows numbers`() throws {
        let line = try log {
            $0.info(
                "x",
                metadata: [
                    "citizen": "张三", "nested": ["name": "张三"], "many": ["张三"], "tries": .stringConvertible(3),
                    "is_new": .stringConvertible(true),
                ]
            )
        }
        let text = String(decoding: line, as: UTF8.self)
        #expect(!text.contains("张三"))
        #expect(
            text.contains(#""citizen":"‹withheld›""#) && text.contains(#""tries":3"#)
                && text.contains(#""is_new":true"#)
        )
    }

    @Test func `calls the request id of the HTTP library by our name`() throws {
        let line = try log { logger in
            var logger = logger
            logger[metadataKey: "hb.request.id"] = "9c1d2f"
            logger.info("x")
        }
        #expect(try JSON(parsing: line).object?["request_id"]?.string == "9c1d2f")
    }

    /// What must never come out, as it stands in a sentence, and the part that must not be seen.
    private static let planted: [(text: String, secret: String)] = [
        ("phone 13800000000 called", "13800000000"),
        ("tel:+8613800000000", "13800000000"),
        ("138-0000-0000 and 138 0000 0000", "0000-0000"),
        ("全角１３８００００００００", "３８００００００００"),
        ("id 11010519491231002X ok", "11010519491231002"),
        ("证件110105194912310021号", "110105194912310021"),
        ("card 6222021234567890128 paid", "6222021234567890128"),
        ("permit H12345678", "H12345678"),
        ("passport E12345678.", "E12345678"),
        ("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl there", "c2lnbmF0dXJl"),
        ("Authorization: Bearer abc.DEF-123", "abc.DEF-123"),
        ("authorization: basic Y2xpZW50OnNlY3JldA==", "Y2xpZW50OnNlY3JldA"),
        ("DPoP k9-x_y.z", "k9-x_y.z"),
        ("hash $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA end", "c2FsdA"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE", "MHcCAQEE"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMHcCAQEE", "MHcCAQEE"),
        ("POST /x?client_secret=s3cr3t&scope=openid", "s3cr3t"),
        ("redirect ?code=SplxlOBeZQQYbYS6WxSbIA&state=af0", "SplxlOBeZQQYbYS6WxSbIA"),
        (#"{"password":"hunter2"}"#, "hunter2"),
        (#"{"new_password" : "hunter2", "x":1}"#, "hunter2"),
        ("postgresql://citygate:hunter2@db.internal/citygate", "hunter2"),
        ("could not mail zhang.san@example.com now", "zhang.san@example.com"),
        ("Cookie: __Host-session=abc; ui=care", "abc"),
        ("Set-Cookie: __Host-session=abc; Path=/", "abc"),
        ("token pJ8sK2mQ9vX4nB7cL1zR5tY6wE3uI0oA8dF2gH4jK9s stored", "pJ8sK2mQ9vX4nB7cL1zR5tY6wE3uI0oA8dF2gH4jK9s"),
        ("8J8sK2mQ9vX4nB7cL1zR5tY6wE3uI0oA8dF2gH4jK9s", "tY6wE3uI0oA8dF2gH4jK9s"),
    ]

    @Test func `lets none of many planted secrets through, as message, as value or beside other words`() throws {
        for (text, secret) in Self.planted {
            let line = try log {
                $0.error(
                    "\(text)",
                    metadata: [
                        "error": .string("before \(text)"), "reason": .stringConvertible(text),
                        "unlisted": .string(text),
                    ]
                )
            }
            #expect(!String(decoding: line, as: UTF8.self).contains(secret), "\(String(decoding: line, as: UTF8.self))")
        }
        let code = try log { $0.info("x", metadata: ["code": "135790"]) }
        #expect(!String(decoding: code, as: UTF8.self).contains("135790"))
        let number = try log { $0.info("x", metadata: ["count": .stringConvertible(13_800_000_000)]) }
        #expect(!String(decoding: number, as: UTF8.self).contains("13800000000"))
    }

    @Test func `takes for harmless only what a close look leaves as it is`() {
        for (text, _) in Self.planted + [("2025-11-24 /oauth2/token", ""), ("MFZVMSQB2VDP", ""), ("127.0.0.0/24", "")] {
            let bytes = Array(text.utf8)
            for start in bytes.indices {
                for end in start...min(bytes.count, start + 45) {
                    let part = Array(bytes[start..<end])
                    guard part.withUnsafeBufferPointer({ LogScrubber.isHarmless($0) }) else { continue }
                    #expect(LogScrubber.scrub(part) == part, "\(String(decoding: part, as: UTF8.self))")
                }
            }
        }
        // Most of what is written is told at once; that is what the look is for.
        for text in ["request", "token issued", "/oauth2/token", "POST", "127.0.0.0/24", "ip_prefix"] {
            #expect(Array(text.utf8).withUnsafeBufferPointer { LogScrubber.isHarmless($0) })
        }
    }

    @Test func `prints nothing of what the wrapper types hold`() throws {
        let secret = Secret("hunter2")
        let name = Sensitive("欧阳娜娜")
        let line = try log {
            $0.error(
                "\(secret) \(name)",
                metadata: ["reason": "\(name)", "citizen": .stringConvertible(name), "client_id": "\(secret)"]
            )
        }
        let text = String(decoding: line, as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("欧阳"))
        #expect(text.contains("‹redacted›") && text.contains("‹secret›"))
        var shown = ""
        dump(name, to: &shown)
        #expect(!shown.contains("欧阳") && !String(reflecting: [name]).contains("欧阳"))
    }

    @Test func `leaves ordinary things as they are`() {
        for text in [
            "GET /oauth2/token 200 in 12 ms", "2026-11-24T03:20:05.120Z", "migration 0004-authorization applied",
            "port 8443",
            "550e8400-e29b-41d4-a716-446655440000", "4bf92f3577b34da6a3ce929d0e0e4736", "http://127.0.0.1:8080/x",
            "E-1234", "sqlstate: 23505",
            "PostgreSQL 15.20 (Debian 15.20-0+deb12u1)", "pid 1234567",
            "/usr/lib/postgresql/15/bin/postgres -D /var/lib/citygate", "a@b",
        ] where text != "a@b" {
            #expect(String(decoding: LogScrubber.scrub([UInt8](text.utf8)), as: UTF8.self) == text)
        }
    }

    @Test func `never ends a scrub badly, whatever the bytes`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = [UInt8]("0123456789eyJ.=:@$-\" Bearer\u{FF11}codeX/&".utf8)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...60, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            }
            #expect(LogScrubber.scrub(text).count <= text.count + 20 * text.count)
        }
    }

    @Test func `does not wait for a reader that has stopped, and says afterwards how much it dropped`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let sink = LogSink(descriptor: ends[1])
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999) + [0x0A]
        let start = ContinuousClock.now
        for _ in 0..<2000 { sink.write(line) }
        #expect(ContinuousClock.now - start < .seconds(5))
        // The reader comes back: what waited and the notice come out, and no line is torn.
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<200 {
            let count = read(ends[0], &chunk, chunk.count)
            if count > 0 { received += chunk[..<count] }
            sink.flush(patience: .milliseconds(20))
            sink.write([UInt8]("after\n".utf8))
        }
        close(ends[1])
        while true {
            let count = read(ends[0], &chunk, chunk.count)
            guard count > 0 else { break }
            received += chunk[..<count]
        }
        let lines = received.split(separator: 0x0A)
        #expect(
            lines.allSatisfy { $0.count == 999 || $0.elementsEqual("after".utf8) || $0.starts(with: "{\"ts\"".utf8) }
        )
        #expect(lines.contains { String(decoding: $0, as: UTF8.self).contains("log lines were dropped") })
        #expect(lines.contains { $0.elementsEqual("after".utf8) })
    }

    /// The bytes that one use of a logger writes.
    private func log(_ use: (Logger) -> Void) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let sink = LogSink(descriptor: ends[1])
        use(Logger(label: "test") { JSONLogHandler(label: $0, level: .trace, sink: sink) })
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(ends[0], &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }
}
