import Cryptography
import FoundationEssentials
import Glibc

/// One run of all measurements.
struct BenchRun {
    let seconds: Double
    let connections: Int

    /// Threads for password hashing of the server, and of the ceiling beside it.
    private static let workers = 2
    /// Connections for writes that the server has unless configured.
    private static let writers = 16
    static let captcha = "2468"

    /// Measures everything, in the order of the table.
    /// - Throws: ``BenchFault`` when a server does not start or a measurement fails.
    func report() async throws -> BenchReport {
        var report = BenchReport(seconds: seconds, connections: connections)
        try measureSignatures(&report)
        let folder = try Self.temporaryFolder()
        defer { Self.remove(folder) }
        BenchProcess.handleSignals()
        do throws(BenchFault) {
            try measureBareServer(&report, log: folder + "/bare.log")
            try await measureCitygate(&report, folder: folder)
        } catch {
            let log =
                (try? String(decoding: Data(contentsOf: URL(filePath: folder + "/server.log")), as: UTF8.self)) ?? ""
            throw BenchFault(error.description + "\n" + log.split(separator: "\n").suffix(8).joined(separator: "\n"))
        }
        return report
    }

    private func measureSignatures(_ report: inout BenchReport) throws {
        progress("ES256 and RS256 alone")
        for (algorithm, key) in [(SignatureAlgorithm.ES256, "es256"), (.RS256, "rs256")] {
            let rate = try BenchCeilings.signing(algorithm, seconds: seconds)
            report.figures.append(
                .init(key: "bare_" + key, words: "bare EVP \(algorithm), one thread", rate: rate)
            )
        }
    }

    private func measureBareServer(_ report: inout BenchReport, log: String) throws(BenchFault) {
        progress("bare Hummingbird route")
        let port = try BenchProcess.freePort()
        let start = ContinuousClock.now
        let server = try BenchProcess(
            nil,
            ["bench", "--bare-server-port", "\(port)"],
            environment: [:],
            log: log,
            port: port
        )
        defer { server.stop() }
        _ = try server.waitUntilReady("/bare", since: start)
        let get = BenchRequest.get("/bare", headers: ["Authorization: Bearer " + String(repeating: "x", count: 500)])
        let post = BenchRequest.post(
            "/bare",
            form: [("grant_type", "client_credentials")],
            headers: [BenchRequest.basic("bench", String(repeating: "x", count: 43))]
        )
        for (request, key, words) in [
            (get, "bare_get", "bare route, GET"), (post, "bare_post", "bare route, POST of a form"),
        ] {
            let scripts = repeated(BenchSingle(request: request, expected: BenchBareServer.expected), connections)
            report.figures.append(try measure(key, words, scripts, on: server))
        }
    }

    private func measureCitygate(_ report: inout BenchReport, folder: String) async throws(BenchFault) {
        progress("first start of Citygate, which makes keys and a PostgreSQL")
        let first = try startCitygate(folder)
        first.server.stop()
        progress("second start")
        let (server, milliseconds) = try startCitygate(folder)
        defer { server.stop() }
        report.startMilliseconds = milliseconds
        report.idleMemory = server.residentMemory
        let clients = try BenchClients(port: server.port)
        try measureStatements(&report, folder: folder)
        try measureTokens(&report, clients, server)
        try measureCodeLogins(&report, clients, server)
        try await measurePasswordLogins(&report, clients, server)
        report.loadedMemory = server.residentMemory
    }

    /// One row by its key through `pgbench`, PostgreSQL's own yardstick; left away where that is not installed.
    private func measureStatements(_ report: inout BenchReport, folder: String) throws(BenchFault) {
        progress("one-row statements of PostgreSQL alone")
        let statements = BenchStatements(folder: folder)
        guard let rate = try statements.perSecond(seconds: seconds) else { return }
        report.figures.append(.init(key: "bare_statement", words: "bare one-row statement, pgbench", perSecond: rate))
        progress("transactions of two statements of PostgreSQL alone")
        guard let rate = try statements.transactionsPerSecond(seconds: seconds, connections: Self.writers) else {
            return
        }
        report.figures.append(
            .init(key: "bare_transaction", words: "bare transaction of two writes, pgbench", perSecond: rate)
        )
    }

    private func measureCodeLogins(_ report: inout BenchReport, _ clients: BenchClients, _ server: BenchProcess)
        throws(BenchFault)
    {
        progress("logins of browsers with a session")
        let person = clients.person(captcha: Self.captcha)
        var scripts: [any BenchScript] = []
        for _ in 0..<connections {
            var login = BenchPasswordLogin(clients.firstParty, person)
            try login.runOnce(port: server.port)
            scripts.append(BenchCodeLogin(clients.firstParty, cookies: login.cookieLine))
        }
        var figure = try measure("code_logins", "authorization-code logins, session there", scripts, on: server)
        figure.ceilings = [
            .init(
                key: "bare_get_and_post",
                words: "bare GET and POST",
                perSecond: 1 / (1 / report.perSecond("bare_get") + 1 / report.perSecond("bare_post"))
            ),
            .init(
                key: "bare_signatures",
                words: "one thread of RS256 and ES256",
                perSecond: 1 / (1 / report.perSecond("bare_rs256") + 1 / report.perSecond("bare_es256"))
            ),
        ]
        report.figures.append(figure)
    }

    private func measurePasswordLogins(_ report: inout BenchReport, _ clients: BenchClients, _ server: BenchProcess)
        async throws(BenchFault)
    {
        progress("Argon2id alone")
        let rate = try await BenchCeilings.passwords(seconds: seconds, workers: Self.workers)
        report.figures.append(
            .init(key: "bare_argon2id", words: "bare Argon2id, \(Self.workers) threads", rate: rate)
        )
        progress("logins with a password")
        let person = clients.person(captcha: Self.captcha)
        // Few at a time: whoever waits for a hashing thread longer than a second is sent away, which is no measurement.
        let passwords = repeated(BenchPasswordLogin(clients.firstParty, person), min(connections, 4 * Self.workers))
        var figure = try measure(
            "password_logins",
            "password logins, from /authorize to userinfo",
            passwords,
            on: server
        )
        figure.ceilings = [
            .init(key: "bare_argon2id", words: "bare Argon2id", perSecond: report.perSecond("bare_argon2id"))
        ]
        report.figures.append(figure)
    }

    func measure(_ key: String, _ words: String, _ scripts: [any BenchScript], on server: BenchProcess)
        throws(BenchFault) -> BenchFigure
    {
        let before = server.processorTime
        let load = try BenchLoad.run(scripts, seconds: seconds, port: server.port)
        let after = server.processorTime
        let rounds = Double(load.allRounds)
        var figure = BenchFigure(key: key, words: words, perSecond: load.perSecond)
        figure.load = load
        figure.microseconds = (after.own - before.own) * 1e6 / rounds
        if after.children > 0 { figure.postgresMicroseconds = (after.children - before.children) * 1e6 / rounds }
        return figure
    }

    func repeated(_ script: some BenchScript, _ count: Int) -> [any BenchScript] {
        (0..<count).map { _ in script }
    }

    /// Starts a sandbox without limits for loopback and with a known captcha answer; its log goes into the folder.
    private func startCitygate(_ folder: String) throws(BenchFault) -> (server: BenchProcess, milliseconds: Double) {
        let port = try BenchProcess.freePort()
        let start = ContinuousClock.now
        let server = try BenchProcess(
            nil,
            ["sandbox"],
            environment: [
                "CITYGATE_ISSUER": "http://127.0.0.1:\(port)", "CITYGATE_LISTEN_PORT": "\(port)",
                "CITYGATE_STATE_FOLDER": folder + "/state", "CITYGATE_KEYS_FOLDER": folder + "/Keys",
                "CITYGATE_SANDBOX_LIMIT_LOOPBACK": "false", "CITYGATE_SANDBOX_CAPTCHA_ANSWER": Self.captcha,
                "CITYGATE_PASSWORDS_WORKERS": "\(Self.workers)",
            ],
            log: folder + "/server.log",
            port: port
        )
        do { return (server, try server.waitUntilReady("/readyz", since: start)) } catch {
            server.stop()
            throw error
        }
    }

    /// A folder that PostgreSQL's own user may pass when we are root.
    private static func temporaryFolder() throws(BenchFault) -> String {
        var template = Array("/tmp/citygate-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, chmod(template, 0o711) == 0 else {
            throw BenchFault("no temporary folder: errno \(errno)")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A PostgreSQL whose server was interrupted while it started still writes for a moment, so it is tried for five seconds.
    private static func remove(_ folder: String) {
        for _ in 0..<50 {
            try? FileManager.default.removeItem(atPath: folder)
            guard access(folder, F_OK) == 0 else { return }
            usleep(100_000)
        }
        Terminal.complain("citygate bench: \(folder) could not be removed")
    }

    func progress(_ words: String) { Terminal.complain("… \(words)") }
}
