import HTTPTypes
import Synchronization
import Testing

@testable import Provider

@Suite struct `Outbound fetch` {
    private let loopback = ResolvedAddress(bytes: [127, 0, 0, 1])

    private func fault(_ fetch: OutboundFetch, _ address: String) async -> OutboundFetch.Fault? {
        do throws(OutboundFetch.Fault) {
            _ = try await fetch.get(address, accepting: "application/json")
            return nil
        } catch {
            return error
        }
    }

    @Test func `a document comes with the age its owner allows`() async throws {
        try await TestHost.with { host, port in
            host.answer(.init(headers: [.cacheControl: "public, max-age=\"900\""], body: Array("{}".utf8)))
            let fetch = OutboundFetch(mayReachInside: true)
            let document = try await fetch.get("http://localhost:\(port)/keys?a=b", accepting: "application/json")
            #expect(document.body == Array("{}".utf8))
            #expect(document.maxAge == 900)
            #expect(host.hosts == ["localhost:\(port)"])
        }
    }

    @Test func `outside the sandbox neither http nor an inside address is reached, by name or by number`() async throws
    {
        try await TestHost.with { host, port in
            var fetch = OutboundFetch(mayReachInside: false)
            #expect(await fault(fetch, "http://127.0.0.1:\(port)/keys") == .scheme)
            for name in [
                "127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0",
            ] {
                #expect(await fault(fetch, "https://\(name):\(port)/keys") == .closedAddress, "\(name)")
            }
            // One inside address among public ones is enough: the network may pick either.
            fetch.resolve = { [loopback] _ in [ResolvedAddress(bytes: [93, 184, 215, 14]), loopback] }
            #expect(await fault(fetch, "https://rp.example:\(port)/keys") == .closedAddress)
            #expect(host.count == 0)
        }
    }

    @Test func `the connection goes to the address that was checked, whatever the name says next`() async throws {
        try await TestHost.with { host, port in
            let asked = Mutex(0)
            var fetch = OutboundFetch(mayReachInside: true)
            let here = loopback
            fetch.resolve = { name in
                #expect(name == "keys.example")
                // A second look would lead elsewhere.
                return asked.withLock { count in
                    count += 1
                    return [count == 1 ? here : ResolvedAddress(bytes: [192, 0, 2, 1])]
                }
            }
            host.answer(.init(body: [1]))
            let document = try await fetch.get("http://keys.example:\(port)/keys", accepting: "*/*")
            #expect(document.body == [1])
            #expect(asked.withLock { $0 } == 1)
            #expect(host.hosts == ["keys.example:\(port)"])
        }
    }

    @Test func `the sandbox takes http on loopback only`() async {
        var fetch = OutboundFetch(mayReachInside: true)
        fetch.resolve = { _ in [ResolvedAddress(bytes: [10, 0, 0, 1])] }
        #expect(await fault(fetch, "http://rp.example/") == .scheme)
        for address in ["ftp://localhost/", "file:///etc/passwd", "https:", "", "https://user@localhost/", "unix:/x"] {
            #expect(await fault(fetch, address) == .scheme, "\(address)")
        }
        fetch.resolve = { _ in [] }
        #expect(await fault(fetch, "https://nowhere.example/") == .unresolved)
    }

    @Test func `a redirect is not followed, and nothing but 200 is a document`() async throws {
        try await TestHost.with { host, port in
            let fetch = OutboundFetch(mayReachInside: true)
            for status in [HTTPResponse.Status.found, .temporaryRedirect, .notFound, .internalServerError, .noContent] {
                host.answer(.init(status: status, headers: [.location: "http://127.0.0.1:\(port)/other"]))
                let before = host.count
                #expect(await fault(fetch, "http://127.0.0.1:\(port)/keys") == .status)
                #expect(host.count == before + 1)
            }
        }
    }

    @Test func `64 KiB are taken and no byte more`() async throws {
        try await TestHost.with { host, port in
            var fetch = OutboundFetch(mayReachInside: true)
            // A busy test machine must not turn "too large" into "late".
            fetch.deadline = .seconds(60)
            host.answer(.init(body: [UInt8](repeating: 32, count: 65_536)))
            #expect(await fault(fetch, "http://127.0.0.1:\(port)/keys") == nil)
            host.answer(.init(body: [UInt8](repeating: 32, count: 65_537)))
            #expect(await fault(fetch, "http://127.0.0.1:\(port)/keys") == .tooLarge)
        }
    }

    @Test func `a host that drips, and a resolver that hangs, cost the deadline and no more`() async throws {
        try await TestHost.with { host, port in
            var fetch = OutboundFetch(mayReachInside: true)
            fetch.deadline = .milliseconds(300)
            host.answer(.init(body: [UInt8](repeating: 32, count: 1000), delay: .milliseconds(50)))
            let clock = ContinuousClock()
            let dripping = await clock.measure { #expect(await fault(fetch, "http://127.0.0.1:\(port)/keys") == .late) }
            #expect(dripping < .seconds(2))
            let here = loopback
            fetch.resolve = { _ in
                sleepBlocking(seconds: 2)
                return [here]
            }
            let hanging = await clock.measure {
                #expect(await fault(fetch, "http://slow.example:\(port)/keys") == .late)
            }
            #expect(hanging < .seconds(2))
        }
    }

    @Test func `a dead host is unreachable`() async {
        var fetch = OutboundFetch(mayReachInside: true)
        fetch.deadline = .seconds(60)
        #expect(await fault(fetch, "http://127.0.0.1:1/keys") == .unreachable)
    }

    @Test(
        arguments: [
            ("no-store", 0), ("private, no-cache", 0), ("max-age=60", 60), ("MAX-AGE=60", 60), ("max-age=-1", nil),
            ("max-age=", nil), ("max-age=9999999999", nil), ("s-maxage=5", nil), ("", nil),
        ] as [(String, Int?)]
    )
    func `max-age is read as RFC 9111 §5.2.2.1 has it`(text: String, expected: Int?) {
        let directives = text.split(separator: ",").map(String.init)
        #expect(OutboundFetch.maxAge(directives) == expected)
    }
}

@Suite struct `Resolved address` {
    @Test(
        arguments: [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
            "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
            "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
            "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
            "2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "5f00::1",
        ]
    )
    func `is closed when it is not of the open internet (RFC 6890)`(text: String) throws {
        let address = try #require(ResolvedAddress.resolve(text).first)
        #expect(!address.isPublic)
    }

    @Test(
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "93.184.215.14", "100.63.255.255", "100.128.0.1", "126.255.255.255",
            "128.0.0.1", "169.253.1.1", "172.15.1.1", "172.32.0.1", "192.167.1.1", "198.17.1.1", "198.20.0.1",
            "223.255.255.255", "2606:2800:21f:cb07::1", "2400:3200::1", "2001:4860:4860::8888", "::ffff:8.8.8.8",
        ]
    )
    func `is open otherwise`(text: String) throws {
        let address = try #require(ResolvedAddress.resolve(text).first)
        #expect(address.isPublic)
        #expect(try #require(ResolvedAddress.resolve(address.text).first) == address)
    }
}
