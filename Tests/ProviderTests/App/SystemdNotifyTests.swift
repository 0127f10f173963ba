import Glibc
import Testing

@testable import Provider

@Suite struct `A notice to systemd` {
    @Test(arguments: ["/notify.sock", "@"]) func `arrives as one datagram, by path or by abstract name`(kind: String)
        throws
    {
        try withFolder { folder in
            let path = kind == "@" ? "@citygate-test-\(UInt64.random(in: 0...UInt64.max))" : folder + kind
            let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            defer { close(receiver) }
            #expect(withUnixAddress(path) { bind(receiver, $0, $1) } == 0)
            let notify = SystemdNotify(environment: ["NOTIFY_SOCKET": path])
            for (say, words) in [(notify.ready, "READY=1"), (notify.stopping, "STOPPING=1")] {
                say()
                var bytes = [UInt8](repeating: 0, count: 100)
                let count = recv(receiver, &bytes, bytes.count, 0)
                #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == words)
            }
        }
    }

    @Test func `is nothing without a socket, with one that is gone, or with one whose path is too long`() {
        for environment in [
            [:], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "/no/such/socket"],
            ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)],
        ] {
            SystemdNotify(environment: environment).ready()
        }
    }
}
