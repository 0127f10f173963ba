import Glibc

/// Tells systemd how the service stands (sd_notify(3)), in one datagram and without libsystemd. Without `NOTIFY_SOCKET` it says nothing.
public struct SystemdNotify: Sendable {
    private let path: String?

    /// Takes the socket from the environment of the process.
    ///
    /// - Parameter environment: The variables, of which `NOTIFY_SOCKET` is looked at.
    public init(environment: [String: String]) {
        path = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    }

    /// The service takes requests.
    public func ready() { send("READY=1") }

    /// The service ends; requests in flight are still answered.
    public func stopping() { send("STOPPING=1") }

    /// Sends assignments, one a line; never waits and never fails.
    func send(_ state: String) {
        guard let path else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = [UInt8](state.utf8)
        _ = withUnixAddress(path) { address, length in
            sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
        }
    }
}
