import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Provider

/// A log that can be searched.
private final class KeptLog: Sendable {
    private let lines = Mutex<[String]>([])

    /// The `request_id` of every line.
    var references: [String] { lines.withLock { $0 } }

    func logger() -> Logger {
        var logger = Logger(label: "kept") { _ in Handler(log: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let log: KeptLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            if let reference = all["request_id"] { log.lines.withLock { $0.append("\(reference)") } }
        }
    }
}

@Suite struct `Reference numbers` {
    @Test(arguments: ["true", "false"])
    func `every error page bears one, and it finds the log line, whether requests are logged or not`(_ logs: String)
        async throws
    {
        let log = KeptLog()
        try await TestServer.with(["CITYGATE_LOGGING_REQUESTS": logs], logger: log.logger()) { server in
            let browser = server.browser()
            for (path, status) in [
                ("/nowhere", 404), ("/oauth2/authorize", 400), ("/oauth2/authorize?client_id=nobody", 400),
                (TestRequest(redirectURI: "https://evil.example/").path, 400), ("/consent?transaction=x", 410),
                ("/assurance?transaction=x", 410), ("/oauth2/logout?id_token_hint=x", 400),
                ("/login?transaction=x", 410),
                ("/oauth2/authorize?client_id=sandbox-basic&request_uri=urn:ietf:params:oauth:request_uri:x", 400),
            ] {
                let page = try await browser.get(path, following: false)
                #expect(page.status.code == status, "\(path)")
                #expect(page.body.contains("data-page=\"error\""), "\(path)")
                let mark = try #require(page.body.firstRange(of: "参考号 <span class=\"code\">"), "\(path)")
                let reference = String(page.body[mark.upperBound...].prefix(12))
                #expect(log.references.contains(reference), "\(path): \(reference)")
            }
        }
    }
}
