import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request does not arrive whole in time (trust.md T26): a sender of one byte a second is never
/// idle, and would hold its place for ever.
///
/// Counted from the connection's start, and from the end of each answer, to the end of the request's body. The wait
/// between two requests of a kept connection is bounded by the idle timeout beside it.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let whole: TimeAmount
    private let idle: TimeAmount
    /// When the connection is closed; nil while a request is answered.
    private var deadline: NIODeadline?
    /// One timer for all of them: it looks at the deadline when it rings and, where that has moved, is set again. Moving the deadline itself
    /// is a store, twice a request.
    private var timer: Scheduled<Void>?
    private var timerRings = NIODeadline.distantFuture

    /// - Parameters:
    ///   - whole: how long one request may take.
    ///   - idle: how long a kept connection may wait for the next one.
    init(whole: TimeAmount, idle: TimeAmount) {
        self.whole = whole
        self.idle = idle
    }

    func handlerAdded(context: ChannelHandlerContext) {
        start(whole, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: start(whole, context)
        case .body: break
        case .end: deadline = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            // From here the next request may come. Its head is not seen before it is whole, so both waits are one.
            start(whole + idle, context)
        }
        context.write(data, promise: promise)
    }

    private func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let end = NIODeadline.now() + time
        deadline = end
        // A timer that rings earlier will be set again by itself.
        guard timer == nil || end < timerRings else { return }
        timer?.cancel()
        set(end, context)
    }

    private func set(_ end: NIODeadline, _ context: ChannelHandlerContext) {
        timerRings = end
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: end) { self.ring(context) }
    }

    private func ring(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline else { return }
        if deadline <= .now() { context.channel.close(promise: nil) } else { set(deadline, context) }
    }
}
