import FoundationEssentials
public import Logging
import ServiceLifecycle

/// The played twin of a system that is not ours, such as the SMS vendor. It speaks that system's wire protocol on loopback; what arrives
/// there it hands to the sandbox, and the sandbox tells it when to fail.
public struct SandboxUpstream: Sendable {
    /// A message as it left the product.
    public struct Message: Sendable {
        /// The phone or address.
        public var to: String
        /// The words.
        public var text: String
        /// The code in them, if there is one.
        public var code: String?
        /// What the code is for, in the words of the message.
        public var purpose: String?

        /// A message.
        public init(to: String, text: String, code: String? = nil, purpose: String? = nil) {
            self.to = to
            self.text = text
            self.code = code
            self.purpose = purpose
        }
    }

    /// How a dependency fails (operations.md 1.5).
    public enum Fault: String, Sendable, CaseIterable {
        /// The connection ends without an answer.
        case down
        /// What was sent arrives, the answer comes too late.
        case slow
        /// An HTTP error.
        case error
        /// An answer that cannot be read.
        case malformed
        /// The vendor's own "too fast".
        case rateLimited = "rate_limited"
    }

    /// What a twin is told when the sandbox is up.
    public struct Welcome: Sendable {
        /// Puts a message into the inbox that all processes of the sandbox share.
        public let keep: @Sendable (Message) async -> Void
        /// How the next request fails; nil when it does not. Each call uses up one of the failures that were ordered.
        public let fault: @Sendable () async -> Fault?
        /// Where it logs.
        public let logger: Logger
    }

    /// The `dependency` of `/sandbox/faults`.
    let dependency: Dependency
    private let run: @Sendable (Welcome) async throws -> Void

    /// What can be played.
    public enum Dependency: String, Sendable, CaseIterable {
        /// The SMS vendor.
        case sms
    }

    /// - Parameters:
    ///   - dependency: what it plays.
    ///   - run: serves until graceful shutdown.
    public init(_ dependency: Dependency, run: @escaping @Sendable (Welcome) async throws -> Void) {
        self.dependency = dependency
        self.run = run
    }

    func service(_ stage: SandboxStage, logger: Logger) -> some Service {
        let dependency = dependency
        let welcome = Welcome(
            keep: { await stage.keep($0, channel: dependency.rawValue, logger: logger) },
            fault: { await stage.takeFault(of: dependency) },
            logger: logger
        )
        return UpstreamService(welcome: welcome, body: run)
    }
}

private struct UpstreamService: Service {
    let welcome: SandboxUpstream.Welcome
    let body: @Sendable (SandboxUpstream.Welcome) async throws -> Void

    func run() async throws {
        do {
            try await body(welcome)
        } catch {
            welcome.logger.warning(
                "an upstream of the sandbox cannot run",
                metadata: ["error_type": "\(type(of: error))"]
            )
        }
        try? await gracefulShutdown()
    }
}
