import Glibc

/// Looks host names up on a thread of its own, since the C library's look-up blocks and the reactor must not.
///
/// Belongs to the reactor's thread; the answer comes back through the inbox. The last known addresses are kept and serve when a look-up
/// fails or takes too long.
final class Resolver {
    private let inbox: Inbox
    private var known: [String: [String]] = [:]
    private var waiting: [() -> Void] = []
    private var isLooking = false

    init(inbox: Inbox) {
        self.inbox = inbox
    }

    /// Calls `then` when the names have been looked up, at once if there are none.
    func lookUp(_ endpoints: [Endpoint], then: @escaping () -> Void) {
        let names = Set(endpoints.filter(\.needsLookUp).map(\.host))
        guard !names.isEmpty else { return then() }
        waiting.append(then)
        guard !isLooking else { return }
        isLooking = true
        let inbox = inbox
        let started = startThread {
            var answers: [String: [String]] = [:]
            for name in names { answers[name] = addresses(of: name) }
            _ = inbox.post(.resolved(answers))
        }
        if !started { resolved([:]) }
    }

    /// The thread's answer.
    func resolved(_ answers: [String: [String]]) {
        isLooking = false
        for (name, addresses) in answers where !addresses.isEmpty { known[name] = addresses }
        let ready = waiting
        waiting = []
        for then in ready { then() }
    }

    /// The places with addresses put in, one for each address; names without an address are left out.
    func expand(_ endpoints: [Endpoint]) -> [Endpoint] {
        endpoints.flatMap { endpoint -> [Endpoint] in
            guard endpoint.needsLookUp else { return [endpoint] }
            return (known[endpoint.host] ?? []).map {
                var place = endpoint
                place.address = $0
                return place
            }
        }
    }
}

/// The numeric addresses of a name in the system's order; empty when it has none.
private func addresses(of name: String) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var next = list
    while let entry = next?.pointee {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let address = String(decoding: bytes, as: UTF8.self)
            if !addresses.contains(address) { addresses.append(address) }
        }
        next = entry.ai_next
    }
    return addresses
}

/// Runs `body` on a new detached thread.
///
/// - Returns: `false` when the system gives no thread.
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let failed = pthread_create(
        &thread,
        &attributes,
        { argument in
            if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        },
        start.toOpaque()
    )
    if failed != 0 { start.release() }
    return failed == 0
}

private final class Start {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
