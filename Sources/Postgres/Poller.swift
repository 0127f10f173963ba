import CLibPQ
import Glibc

/// Whoever owns a watched socket.
protocol SocketOwner: AnyObject {
    func socketReady(readable: Bool, writable: Bool)
}

/// Readiness of sockets by epoll. Belongs to the reactor's thread.
final class Poller {
    private let epoll: Int32
    private var owners: [UInt64: any SocketOwner] = [:]
    private var nextToken: UInt64 = 1
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// Takes over the epoll descriptor; `wake` is an eventfd that interrupts `wait`.
    init(epoll: Int32, wake: Int32) {
        self.epoll = epoll
        // Edge-triggered: every ring is one event, and nobody has to read the counter back.
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLET.rawValue
        event.data.u64 = 0
        epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event)
    }

    deinit {
        close(epoll)
    }

    /// Watches a socket for reading, and for writing if asked; the token names it from now on.
    func watch(_ descriptor: Int32, for owner: any SocketOwner, writable: Bool) -> UInt64 {
        let token = nextToken
        nextToken += 1
        owners[token] = owner
        update(descriptor, token: token, readable: true, writable: writable)
        return token
    }

    /// Changes what a socket is watched for. libpq may have closed the socket and opened another, even under the same number.
    func update(_ descriptor: Int32, token: UInt64, readable: Bool, writable: Bool) {
        if change(EPOLL_CTL_MOD, descriptor, token: token, readable: readable, writable: writable) != 0 {
            change(EPOLL_CTL_ADD, descriptor, token: token, readable: readable, writable: writable)
        }
    }

    /// Another owner for the same socket.
    func hand(_ token: UInt64, to owner: any SocketOwner) {
        owners[token] = owner
    }

    /// Must be called before the socket is closed.
    func forget(_ descriptor: Int32, token: UInt64) {
        owners[token] = nil
        if descriptor >= 0 { change(EPOLL_CTL_DEL, descriptor, token: token, writable: false) }
    }

    /// Waits for readiness, a wake-up or the time limit (milliseconds, -1 without end), and tells the owners.
    func wait(milliseconds: Int32) {
        let count = Int(epoll_wait(epoll, &events, Int32(events.count), milliseconds))
        guard count > 0 else { return }
        for index in 0..<count {
            let event = events[index]
            if event.data.u64 == 0 { continue }
            let failed = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            owners[event.data.u64]?.socketReady(
                readable: failed || event.events & EPOLLIN.rawValue != 0,
                writable: failed || event.events & EPOLLOUT.rawValue != 0
            )
        }
    }

    @discardableResult
    private func change(
        _ operation: Int32,
        _ descriptor: Int32,
        token: UInt64,
        readable: Bool = true,
        writable: Bool
    ) -> Int32 {
        var event = epoll_event()
        event.events = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
        event.data.u64 = token
        return epoll_ctl(epoll, operation, descriptor, &event)
    }
}
