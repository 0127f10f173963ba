public import Logging
import ServiceLifecycle

/// A played system that runs in the process of a sandbox and needs nothing from it but the time, such as the host apps of the
/// mini-program.
public struct SandboxCompanion: Sendable {
    private let name: String
    private let run: @Sendable (_ now: @escaping @Sendable () -> Int64, Logger) async throws -> Void

    /// - Parameters:
    ///   - name: for the log.
    ///   - run: serves until graceful shutdown; it is given the sandbox's clock in seconds since 1970. When it throws, the sandbox
    ///     goes on without it.
    public init(
        _ name: String,
        run: @escaping @Sendable (_ now: @escaping @Sendable () -> Int64, Logger) async throws -> Void
    ) {
        self.name = name
        self.run = run
    }

    func service(_ clock: ServerClock, logger: Logger) -> some Service {
        CompanionService(name: name, logger: logger) { try await run({ clock.seconds }, logger) }
    }
}

private struct CompanionService: Service {
    let name: String
    let logger: Logger
    let body: @Sendable () async throws -> Void

    func run() async throws {
        do {
            try await body()
        } catch {
            logger.warning(
                "a companion of the sandbox cannot run",
                metadata: ["dependency": "\(name)", "error_type": "\(type(of: error))"]
            )
        }
        try? await gracefulShutdown()
    }
}
