import HummingbirdCore
import Logging
import NIOCore

/// A connection whose tasks run on the thread that reads and writes its socket.
///
/// Unbound, each request wakes a second thread to be answered and the first one again to be sent; that costs more than most answers do. What
/// takes a millisecond or more must leave the loop while it lasts, since every other connection of the loop waits for it: slow signatures
/// (`KeyRing.sign`), captchas (`Verification`) and passwords (threads of their own) do.
struct LoopBoundConnections: ServerChildChannel {
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// An event loop as an executor of tasks.
private final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
