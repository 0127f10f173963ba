import Glibc
import Synchronization
import Testing

/// A network of one cable between client and server, that can be cut, pinched or pulled out. Loopback only; one thread.
final class Proxy: Sendable {
    /// What happens to bytes.
    struct Mode: Sendable {
        /// Towards the server.
        var holdsRequests = false
        /// Towards the client.
        var holdsAnswers = false
        /// New connections are accepted by the system but never served.
        var ignoresNew = false
    }

    private struct State {
        var mode = Mode()
        var resets = false
        var stops = false
        var watchFor: [UInt8]?
        var watched = Mode()
        var hasFired = false
    }

    let port: Int
    private let listener: Int32
    private let upstream: Int
    private let state = Mutex(State())

    /// Listens on a port of its own and forwards to `upstream` on loopback.
    init(to upstream: Int) throws {
        self.upstream = upstream
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let listening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(listening)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Forwards until `stop`; on a thread of its own.
    func start() {
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self)
        pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Proxy>.fromOpaque(argument).takeRetainedValue().forward() }
                return nil
            },
            me.toOpaque()
        )
        pthread_detach(thread)
    }

    /// Changes what happens from now on.
    func set(_ change: @Sendable (inout Mode) -> Void) {
        state.withLock { change(&$0.mode) }
    }

    /// When a request holding these bytes comes, changes the mode at once; with `holdsRequests` it is swallowed itself.
    func when(request text: String, _ change: @Sendable (inout Mode) -> Void) {
        state.withLock {
            $0.watchFor = Array(text.utf8)
            $0.watched = $0.mode
            $0.hasFired = false
            change(&$0.watched)
        }
    }

    /// Whether the request last waited for has come.
    var hasFired: Bool { state.withLock { $0.hasFired } }

    /// Cuts every connection hard (RST).
    func reset() { state.withLock { $0.resets = true } }

    /// Ends the thread and every connection.
    func stop() { state.withLock { $0.stops = true } }

    // MARK: The thread

    private struct Pair {
        let client: Int32
        let server: Int32
    }

    private func forward() {
        var pairs: [Pair] = []
        while true {
            let (mode, resets, stops) = state.withLock { state in
                defer { state.resets = false }
                return (state.mode, state.resets, state.stops)
            }
            if resets || stops {
                pairs.forEach(cut)
                pairs = []
            }
            if stops { break }
            var polled = [pollfd(fd: mode.ignoresNew ? -1 : listener, events: Int16(POLLIN), revents: 0)]
            for pair in pairs {
                polled.append(pollfd(fd: mode.holdsRequests ? -1 : pair.client, events: Int16(POLLIN), revents: 0))
                polled.append(pollfd(fd: mode.holdsAnswers ? -1 : pair.server, events: Int16(POLLIN), revents: 0))
            }
            poll(&polled, nfds_t(polled.count), 2)
            var ended: Set<Int> = []
            for (index, pair) in pairs.enumerated() {
                if polled[2 * index + 1].revents != 0, !pass(pair.client, to: pair.server, isRequest: true) {
                    ended.insert(index)
                }
                let holds = state.withLock { $0.mode.holdsAnswers }
                if polled[2 * index + 2].revents != 0, !holds, !pass(pair.server, to: pair.client, isRequest: false) {
                    ended.insert(index)
                }
            }
            for index in ended.sorted(by: >) { cut(pairs.remove(at: index)) }
            if polled[0].revents != 0, let pair = accepted() { pairs.append(pair) }
        }
        close(listener)
    }

    private func accepted() -> Pair? {
        let client = accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: upstream)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if connected { return Pair(client: client, server: server) }
        cut(Pair(client: client, server: server))
        return nil
    }

    private func pass(_ from: Int32, to: Int32, isRequest: Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(from, &buffer, buffer.count)
        guard count > 0 else { return false }
        if isRequest {
            watch(buffer[..<count])
            // What the watch was set on may be the very thing that must not arrive.
            if state.withLock({ $0.mode.holdsRequests }) { return true }
        }
        var sent = 0
        while sent < count {
            let more = buffer.withUnsafeBytes {
                send(to, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    private func watch(_ bytes: ArraySlice<UInt8>) {
        state.withLock { state in
            guard let text = state.watchFor, bytes.count >= text.count else { return }
            let found = bytes.indices.dropLast(text.count - 1).contains { bytes[$0...].starts(with: text) }
            if found {
                state.mode = state.watched
                state.watchFor = nil
                state.hasFired = true
            }
        }
    }

    /// With a linger time of zero `close` sends RST.
    private func cut(_ pair: Pair) {
        for descriptor in [pair.client, pair.server] {
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            close(descriptor)
        }
    }
}
