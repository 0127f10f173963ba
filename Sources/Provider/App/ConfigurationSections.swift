import Cryptography

// The sections that concern the process: network, storage, keys, logs.

extension Configuration {
    /// Where the server listens.
    struct Listen: Sendable {
        /// An IP address; 127.0.0.1 unless set, so that nothing is served to a network by accident.
        var address: String
        /// 1 to 65535; 8443 with TLS, 8080 without. 0, for a free port, is allowed in the sandbox.
        var port: Int

        init(_ reader: inout SettingsReader, isSecure: Bool) {
            address = reader.read("listen.address", .listenAddress, default: "127.0.0.1")
            let lowest = reader.mode == .sandbox ? 0 : 1
            port = reader.read("listen.port", .count(lowest...65535), default: isSecure ? 8443 : 8080)
        }
    }

    /// The server's own TLS. Absent behind a proxy that terminates it.
    struct TLS: Sendable {
        /// PEM, the server's certificate first, then the chain.
        var certificateFile: String
        /// PEM, the private key of the certificate, unencrypted.
        var keyFile: String

        init?(_ reader: inout SettingsReader) {
            let certificateFile = reader.readOptional("tls.certificate_file", .path)
            let keyFile = reader.readOptional("tls.key_file", .path)
            if certificateFile == nil, reader.isSet("tls.key_file") {
                reader.complain("tls.certificate_file", "is missing beside tls.key_file")
            }
            if keyFile == nil, reader.isSet("tls.certificate_file") {
                reader.complain("tls.key_file", "is missing beside tls.certificate_file")
            }
            guard let certificateFile, let keyFile else { return nil }
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// Reverse proxies in front of the server.
    struct Proxies: Sendable {
        /// Hops whose `X-Forwarded-For` entry is believed; read from the right, the first address outside is the client's.
        var trusted: [AddressBlock]

        init(_ reader: inout SettingsReader) {
            trusted = reader.readList("proxies.trusted", .addressBlock)
        }
    }

    /// Limits of the HTTP server.
    struct HTTP: Sendable {
        /// A connection without a byte for so long is closed; 60 s.
        var idleTimeout: Duration
        /// The longest a request may take to arrive whole; 30 s.
        var requestTimeout: Duration
        /// All request headers together, in bytes; 16 KiB.
        var headerBytes: Int
        /// The request body, in bytes; 64 KiB.
        var bodyBytes: Int
        /// Open connections; 4,096.
        var connections: Int
        /// How long requests in flight may take once the server is told to stop; 10 s.
        var drainTimeout: Duration

        init(_ reader: inout SettingsReader) {
            idleTimeout = reader.read(
                "http.idle_timeout",
                .duration(.seconds(1) ... .seconds(600)),
                default: .seconds(60)
            )
            requestTimeout = reader.read(
                "http.request_timeout",
                .duration(.seconds(1) ... .seconds(600)),
                default: .seconds(30)
            )
            headerBytes = reader.read("http.header_bytes", .size(4 << 10...256 << 10), default: 16 << 10)
            bodyBytes = reader.read("http.body_bytes", .size(16 << 10...4 << 20), default: 64 << 10)
            connections = reader.read("http.connections", .count(16...100_000), default: 4096)
            drainTimeout = reader.read(
                "http.drain_timeout",
                .duration(.seconds(1) ... .seconds(300)),
                default: .seconds(10)
            )
        }
    }

    /// The database, and the two lanes to it.
    struct DatabaseSettings: Sendable {
        /// A connection string of libpq; nil starts a private PostgreSQL.
        var url: Secret<String>?
        /// Pipelined connections for reads; 4.
        var readConnections: Int
        /// Connections for transactions and durable writes; 16.
        var writeConnections: Int
        /// Callers that may wait for a connection of a lane; 1,024. One more is refused at once.
        var queueLimit: Int
        /// The longest wait for a connection; 1 s.
        var queueDeadline: Duration
        /// The longest a connection may take to open; 2 s.
        var connectTimeout: Duration
        /// The longest a statement may take before its connection is given up; 5 s.
        var statementDeadline: Duration

        init(_ reader: inout SettingsReader) {
            url = reader.readSecret("database.url", shortest: 1)
            readConnections = reader.read("database.read_connections", .count(1...64), default: 4)
            writeConnections = reader.read("database.write_connections", .count(1...256), default: 16)
            queueLimit = reader.read("database.queue_limit", .count(16...100_000), default: 1024)
            queueDeadline = reader.read(
                "database.queue_deadline",
                .duration(.milliseconds(50) ... .seconds(30)),
                default: .seconds(1)
            )
            connectTimeout = reader.read(
                "database.connect_timeout",
                .duration(.milliseconds(100) ... .seconds(60)),
                default: .seconds(2)
            )
            statementDeadline = reader.read(
                "database.statement_deadline",
                .duration(.milliseconds(100) ... .seconds(60)),
                default: .seconds(5)
            )
        }
    }

    /// The PostgreSQL the server starts for itself when there is no database URL.
    struct PrivatePostgresSettings: Sendable {
        /// Its folder; `postgres` in the state folder unless set.
        var folder: String?
        /// The folder of `postgres` and `initdb`; looked for where Debian puts it unless set.
        var binaries: String?
        /// The user it runs as when the server is started as root; `postgres` unless set.
        var runAs: String?
        /// The longest it may take until it answers, recovery included; 60 s.
        var startTimeout: Duration
        /// The longest a clean stop may take before it is stopped without one; 15 s.
        var stopTimeout: Duration
        /// Its page cache, in bytes; 32 MiB.
        var sharedBuffers: Int
        /// Connections it takes; 100.
        var connections: Int
        /// The size at which its log is moved aside, in bytes; 8 MiB. Two logs are kept.
        var logBytes: Int

        init(_ reader: inout SettingsReader) {
            folder = reader.readOptional("postgres.folder", .path)
            binaries = reader.readOptional("postgres.binaries", .path)
            runAs = reader.readOptional("postgres.run_as", .text(longest: 32))
            startTimeout = reader.read(
                "postgres.start_timeout",
                .duration(.seconds(1) ... .seconds(3600)),
                default: .seconds(60)
            )
            stopTimeout = reader.read(
                "postgres.stop_timeout",
                .duration(.seconds(1) ... .seconds(600)),
                default: .seconds(15)
            )
            sharedBuffers = reader.read("postgres.shared_buffers", .size(1 << 20...64 << 30), default: 32 << 20)
            connections = reader.read("postgres.connections", .count(10...1000), default: 100)
            logBytes = reader.read("postgres.log_bytes", .size(64 << 10...1 << 30), default: 8 << 20)
        }
    }

    /// Signing keys and secrets.
    struct Keys: Sendable {
        /// The folder that holds them; `Keys`.
        var folder: String
        /// What the private keys are encrypted under, 12 bytes at least; production refuses to run without it.
        var passphrase: Secret<String>?

        init(_ reader: inout SettingsReader) {
            folder = reader.read("keys.folder", .path, default: "Keys")
            passphrase = reader.readSecret("keys.passphrase", shortest: 12)
        }
    }

    /// What is written to standard error.
    struct LoggingSettings: Sendable {
        /// The lowest level that is written.
        enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error, critical }

        /// `info`.
        var level: Level
        /// Whether each request gets a line; true.
        var requests: Bool

        init(_ reader: inout SettingsReader) {
            level = reader.read("logging.level", .choice, default: .info)
            requests = reader.read("logging.requests", .boolean, default: true)
        }
    }

    /// The removal of what has expired.
    struct HousekeepingSettings: Sendable {
        /// The time between two rounds; 60 s.
        var interval: Duration

        init(_ reader: inout SettingsReader) {
            interval = reader.read(
                "housekeeping.interval",
                .duration(.seconds(1) ... .seconds(86_400)),
                default: .seconds(60)
            )
        }
    }

    /// Help for tests and developers. A production server refuses each of these.
    struct SandboxSettings: Sendable {
        /// Whether addresses beyond loopback may be listened on; false.
        var isPublic: Bool
        /// Four digits that every captcha takes beside its own answer; none.
        var captchaAnswer: String?
        /// Whether rate limits hold for clients on loopback; true.
        var limitsLoopback: Bool
        /// User names and phones no rate limit holds for.
        var unlimitedAccounts: [String]
        /// Whether `http` addresses on loopback may be registered and called; true.
        var allowsLoopbackHTTP: Bool
        /// The port of the demo website on 127.0.0.1; 0 leaves it away. Unless set: the port after the server's, when that is below 32768.
        var demoPort: Int?

        /// The port of the played host apps of the mini-program on 127.0.0.1; 0 leaves them away. Unless set: the second port after the
        /// server's, when that is below 32768.
        var platformsPort: Int?

        init(_ reader: inout SettingsReader) {
            isPublic = reader.read("sandbox.public", .boolean, default: false)
            captchaAnswer = reader.readOptional(
                "sandbox.captcha_answer",
                .pattern("four digits") { $0.utf8.count == 4 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
            )
            limitsLoopback = reader.read("sandbox.limit_loopback", .boolean, default: true)
            unlimitedAccounts = reader.readList("sandbox.unlimited_accounts", .text(longest: 64))
            demoPort = reader.readOptional("sandbox.demo_port", .count(0...65535))
            platformsPort = reader.readOptional("sandbox.platforms_port", .count(0...65535))
            allowsLoopbackHTTP = reader.read("sandbox.allow_loopback_http", .boolean, default: reader.mode == .sandbox)
        }
    }
}

extension Configuration {
    /// The port of the played host apps; nil when there are none.
    public var platformsPort: Int? {
        let port = sandbox.platformsPort ?? ((1..<32_766).contains(listen.port) ? listen.port + 2 : 0)
        return mode == .sandbox && port != 0 ? port : nil
    }

    /// Whether the operator has set a mini-program of their own.
    public var hasMiniProgram: Bool { miniProgram.isOffered }

    /// The port of the demo website; nil when there is none.
    public var demoPort: Int? {
        // Ports from 32768 on are given out by the system: the next one may be anybody's.
        let port = sandbox.demoPort ?? ((1..<32_767).contains(listen.port) ? listen.port + 1 : 0)
        return mode == .sandbox && port != 0 ? port : nil
    }

    /// Where browsers find the demo website; nil when there is none.
    public var demoAddress: String? { demoPort.map { "http://127.0.0.1:\($0)" } }
}
