import CLibPQ

/// A connection that has just been let in.
struct OpenedConnection {
    let handle: OpaquePointer
    let descriptor: Int32
    let token: UInt64
    let endpoint: Endpoint
}

/// The way to one open connection: each place in turn, without blocking, each within the time limit. Belongs to the reactor's thread.
final class Opening: SocketOwner {
    private let string: ConnectionString
    private let poller: Poller
    private let clock: () -> UInt64
    private var places: ArraySlice<Endpoint>
    private var done: ((Result<OpenedConnection, PostgresError>) -> Void)?
    private var handle: OpaquePointer?
    private var descriptor: Int32 = -1
    private var token: UInt64?
    private var failures: [String] = []
    /// When the present place has had its time.
    private(set) var deadline = UInt64.max

    /// Prepares the walk; `done` is called once, perhaps already during `start`.
    init(
        _ string: ConnectionString,
        places: [Endpoint],
        poller: Poller,
        clock: @escaping () -> UInt64,
        done: @escaping (Result<OpenedConnection, PostgresError>) -> Void
    ) {
        self.string = string
        self.places = places[...]
        self.poller = poller
        self.clock = clock
        self.done = done
    }

    /// Begins with the first place.
    func start() {
        if places.isEmpty { failures.append("no host name could be resolved") }
        next()
    }

    func socketReady(readable: Bool, writable: Bool) {
        proceed()
    }

    /// Gives the present place up if its time is over.
    func checkDeadline(now: UInt64) {
        guard deadline <= now, done != nil else { return }
        fail("timeout expired")
        next()
    }

    /// Gives up without a word.
    func abandon() {
        done = nil
        drop()
    }

    private func next() {
        while handle == nil, done != nil {
            guard let place = places.first else {
                let tell = done
                done = nil
                tell?(.failure(PostgresError(.unavailable, failures.joined(separator: "; "))))
                return
            }
            begin(place)
        }
    }

    private func begin(_ place: Endpoint) {
        deadline = clock() &+ string.connectLimit
        let parameters = string.parameters(for: place)
        let opened = withCStrings(parameters.map(\.0)) { keywords in
            withCStrings(parameters.map(\.1)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let opened else { return fail("out of memory") }
        handle = opened
        if PQstatus(opened) == CONNECTION_BAD || PQsetnonblocking(opened, 1) != 0 { return fail(nil) }
        PQsetNoticeReceiver(opened, { _, _ in }, nil)
        // libpq asks to behave as if PQconnectPoll had last wanted to write.
        watch(writable: true)
    }

    private func watch(writable: Bool) {
        guard let handle else { return }
        let present = PQsocket(handle)
        // libpq may have gone on to a new socket; the old one is closed then, and has left the poller by itself.
        if let token {
            poller.update(present, token: token, readable: !writable, writable: writable)
        } else {
            token = poller.watch(present, for: self, writable: writable)
            poller.update(present, token: token ?? 0, readable: !writable, writable: writable)
        }
        descriptor = present
    }

    private func proceed() {
        guard let handle, done != nil else { return }
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_READING: watch(writable: false)
        case PGRES_POLLING_WRITING: watch(writable: true)
        case PGRES_POLLING_OK: succeed(handle)
        default:
            fail(nil)
            next()
        }
    }

    private func succeed(_ opened: OpaquePointer) {
        watch(writable: false)
        guard let token, let place = places.first, let tell = done else { return }
        handle = nil
        done = nil
        deadline = .max
        tell(
            .success(OpenedConnection(handle: opened, descriptor: descriptor, token: token, endpoint: place))
        )
    }

    private func fail(_ words: String?) {
        let reason = words ?? handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
        if let place = places.popFirst() { failures.append("\(place): \(reason.trimmed)") }
        drop()
    }

    private func drop() {
        deadline = .max
        if let token {
            let present = handle.map { PQsocket($0) } ?? -1
            poller.forget(present, token: token)
        }
        token = nil
        if let handle { PQfinish(handle) }
        handle = nil
    }
}

/// A NULL-terminated array of C strings, valid during the call.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    var bytes: [CChar] = []
    let offsets = strings.map { string in
        defer { bytes += string.utf8CString }
        return bytes.count
    }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

extension String {
    /// Without white space at the end.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.unicodeScalars.last?.properties.isWhitespace == true { text.unicodeScalars.removeLast() }
        return String(text)
    }
}
