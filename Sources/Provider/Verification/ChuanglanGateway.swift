import Cryptography
import Logging

/// Chuanglan (创蓝云智), in the generation that the account speaks.
struct ChuanglanGateway: SMSGateway {
    let wire: ChuanglanProtocol
    /// Scheme and host of the interface.
    let baseURL: String
    let outbound: OutboundFetch
    /// The pause before the one other try that "too fast" and "busy" are worth.
    let pause: Duration
    let clock: ServerClock
    let logger: Logger

    func send(_ message: SMSMessage) async -> SMSOutcome {
        var outcome = await attempt(message)
        if outcome == nil {
            try? await Task.sleep(for: pause)
            outcome = await attempt(message)
        }
        let final = outcome ?? .unavailable("not reached or busy, twice")
        report(final)
        return final
    }

    /// One try. Nil when the vendor says, or it is certain, that nothing was taken and another try may help.
    private func attempt(_ message: SMSMessage) async -> SMSOutcome? {
        let posting = wire.posting(
            message,
            seconds: clock.seconds,
            nonce: Hexadecimal.encode(Random.bytes(16))
        )
        do {
            let answer = try await outbound.postJSON(
                posting.body,
                headers: posting.headers,
                to: baseURL + wire.generation.path
            )
            return wire.outcome(status: answer.status, answer.body)
        } catch {
            switch error {
            case .refused, .busy: return nil
            case .scheme, .unresolved, .closedAddress: return .unavailable(error.rawValue)
            // Whatever left this machine may have arrived: no second message.
            case .late, .unreachable, .status, .tooLarge: return .doubtful(error.rawValue)
            }
        }
    }

    private func report(_ outcome: SMSOutcome) {
        switch outcome {
        case .sent, .later: return
        case .misconfigured(let why):
            // What an operator must put right before any message goes out again.
            logger.critical("the SMS gateway refuses our account or text", metadata: ["why": "\(why)"])
        case .rejected(let why), .unavailable(let why), .doubtful(let why):
            logger.warning("a short message was not sent", metadata: ["outcome": "\(outcome.name)", "why": "\(why)"])
        }
    }
}
