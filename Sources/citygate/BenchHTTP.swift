import Cryptography
import Glibc

/// A fault that ends a measurement, in words for whoever runs it.
struct BenchFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A request of the load generator, as bytes on the wire.
struct BenchRequest: Sendable {
    let bytes: [UInt8]

    /// Headers are whole lines without their ends, such as `Cookie: a=b`.
    static func get(_ path: String, headers: [String] = []) -> BenchRequest {
        BenchRequest("GET \(path) HTTP/1.1", headers, body: "")
    }

    static func post(_ path: String, form: [(String, String)], headers: [String] = []) -> BenchRequest {
        let body = form.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
        let more = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.utf8.count)"]
        return BenchRequest("POST \(path) HTTP/1.1", headers + more, body: body)
    }

    private init(_ line: String, _ headers: [String], body: String) {
        let head = ([line, "Host: 127.0.0.1", "Accept: */*"] + headers).joined(separator: "\r\n")
        bytes = Array((head + "\r\n\r\n" + body).utf8)
    }

    /// Everything but unreserved characters (RFC 3986 §2.3) as `%XX`.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            if byte >= 0x80 || !isUnreserved(byte) {
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    static func basic(_ id: String, _ secret: String) -> String {
        "Authorization: Basic " + Base64.encode(Array("\(encode(id)):\(encode(secret))".utf8))
    }
}

/// An answer, with header lines looked up only when somebody asks.
struct BenchAnswer: Sendable {
    let status: Int
    private let head: [UInt8]
    let body: [UInt8]

    /// Takes one whole answer from the front of `inbox`; nil while it is not all there.
    /// - Throws: for something that is not HTTP/1.1 with a length.
    init?(taking inbox: inout [UInt8]) throws(BenchFault) {
        guard let end = Self.endOfHead(inbox) else { return nil }
        guard inbox.starts(with: "HTTP/1.1 ".utf8), end > 15 else { throw BenchFault("an answer is not HTTP/1.1") }
        let digits = inbox[9..<12].map { Int($0) - 48 }
        status = digits[0] * 100 + digits[1] * 10 + digits[2]
        head = Array(inbox[..<end])
        let length = Self.values("content-length", in: head).first.flatMap { Int($0) }
        guard let length else {
            guard status == 204 || status == 304 else { throw BenchFault("an answer has no content-length") }
            body = []
            inbox.removeFirst(end)
            return
        }
        guard inbox.count >= end + length else { return nil }
        body = Array(inbox[end..<(end + length)])
        inbox.removeFirst(end + length)
    }

    /// The values of a field, whose name is given in small letters.
    func values(_ name: String) -> [String] { Self.values(name, in: head) }

    var location: String? { values("location").first }

    var json: JSON? { try? JSON(parsing: body) }

    /// The value of an input of a form, wherever it stands: `name="csrf" … value="…"` within one tag.
    func hiddenField(_ name: String) -> String? {
        let text = body.split(separator: UInt8(ascii: "<")).first {
            $0.starts(with: "input".utf8) && Self.attribute("name", in: $0) == name
        }
        return text.flatMap { Self.attribute("value", in: $0) }
    }

    var summary: String { "status \(status): \(String(decoding: body.prefix(300), as: UTF8.self))" }

    private static func attribute(_ name: String, in tag: ArraySlice<UInt8>) -> String? {
        let opening = Array(" \(name)=\"".utf8)
        guard let start = tag.indices.first(where: { tag[$0...].starts(with: opening) }) else { return nil }
        let value = tag[(start + opening.count)...].prefix { $0 != UInt8(ascii: "\"") }
        return String(decoding: value, as: UTF8.self).replacing("&amp;", with: "&").replacing("&#39;", with: "'")
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var position = 3
            while position < bytes.count {
                switch bytes[position] {
                case 0x0A:
                    if bytes[position - 1] == 0x0D, bytes[position - 2] == 0x0A, bytes[position - 3] == 0x0D {
                        return position + 1
                    }
                    position += 2
                case 0x0D: position += 1
                default: position += 4
                }
            }
            return nil
        }
    }

    private static func values(_ name: String, in head: [UInt8]) -> [String] {
        let name = Array(name.utf8)
        return head.split(separator: 0x0A).compactMap { line in
            guard line.count > name.count, line[line.startIndex + name.count] == UInt8(ascii: ":"),
                zip(line, name).allSatisfy({ $0 | 0x20 == $1 || $0 == $1 })
            else { return nil }
            let value = line.dropFirst(name.count + 1).drop { $0 == 0x20 }
            return String(decoding: value.last == 0x0D ? value.dropLast() : value, as: UTF8.self)
        }
    }
}

/// One connection to loopback.
struct BenchSocket: ~Copyable {
    let descriptor: Int32

    /// - Throws: when nobody listens there.
    init(port: Int) throws(BenchFault) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchFault("no socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw BenchFault("nobody listens on port \(port)")
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Sends all of it; requests are small against the buffer of a socket, so this does not wait.
    func send(_ bytes: [UInt8]) throws(BenchFault) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BenchFault("the server closed a connection while it was written to") }
            sent += count
        }
    }

    /// Appends what has arrived to `inbox`, waiting for something.
    func receive(into inbox: inout [UInt8]) throws(BenchFault) {
        let count = withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 1) { buffer in
            var count: Int
            repeat { count = recv(descriptor, buffer.baseAddress, buffer.count, 0) } while count < 0 && errno == EINTR
            if count > 0 { inbox.append(contentsOf: buffer[..<count]) }
            return count
        }
        guard count > 0 else { throw BenchFault("the server closed a connection") }
    }

    /// One request and its answer, for what is done beside the measurements.
    static func exchange(_ request: BenchRequest, port: Int) throws(BenchFault) -> BenchAnswer {
        let socket = try BenchSocket(port: port)
        try socket.send(request.bytes)
        var inbox: [UInt8] = []
        while true {
            try socket.receive(into: &inbox)
            if let answer = try BenchAnswer(taking: &inbox) { return answer }
        }
    }
}
