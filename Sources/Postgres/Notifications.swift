/// What a `LISTEN` stream yields.
public enum PostgresNotification: Sendable, Hashable {
    /// The channels are heard from now on; comes once, first.
    case listening
    /// The channels are heard again after a gap: anything may have been missed, so read the state anew.
    case reconnected
    /// `NOTIFY channel, payload`
    case message(channel: String, payload: String)
}

/// One stream's subscription.
///
/// Unchecked: its variables belong to the reactor's thread.
final class Subscription: @unchecked Sendable {
    let channels: [String]
    let continuation: AsyncStream<PostgresNotification>.Continuation
    var wasListening = false
    /// Something was dropped because the reader is slow; it is told as a gap as soon as there is room.
    private var hasGap = false

    init(channels: [String], continuation: AsyncStream<PostgresNotification>.Continuation) {
        self.channels = channels
        self.continuation = continuation
    }

    func isListening() {
        yield(wasListening ? .reconnected : .listening)
        wasListening = true
    }

    func yield(_ notification: PostgresNotification) {
        if hasGap {
            if case .dropped = continuation.yield(.reconnected) { return }
            hasGap = false
        }
        if case .dropped = continuation.yield(notification) { hasGap = true }
    }
}

extension Database {
    /// Notifications on channels, from one connection that all streams of this database share and that is kept up until the last
    /// stream ends.
    ///
    /// The first element is `.listening`; after a lost connection, or when the reader let more than 1024 elements pile up, comes
    /// `.reconnected`. The stream ends at shutdown, or at once when a channel's name is empty, longer than 63 bytes or holds a NUL.
    public func notifications(on channels: [String]) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self,
            bufferingPolicy: .bufferingOldest(1024)
        )
        let isValid = channels.allSatisfy { (1...63).contains($0.utf8.count) && !$0.utf8.contains(0) }
        let subscription = Subscription(channels: channels, continuation: continuation)
        let inbox = inbox
        continuation.onTermination = { _ in _ = inbox.post(.unsubscribe(subscription)) }
        if !isValid || channels.isEmpty || !inbox.post(.subscribe(subscription)) { continuation.finish() }
        return stream
    }
}
