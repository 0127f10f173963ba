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
    private var scheduled: Scheduled<Void>?

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
        scheduled?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        scheduled?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: start(whole, context)
        case .body: break
        case .end: scheduled?.cancel()
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
        scheduled?.cancel()
        let channel = context.channel
        scheduled = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
