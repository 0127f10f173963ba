import Cryptography
import FoundationEssentials
import Glibc

/// One run of all measurements.
struct BenchRun {
    /// Of each figure, over all its samples.
    let seconds: Double
    let connections: Int
    /// A figure and its ceilings are sampled in turn, so that other work on the machine hurts both alike.
    static let samples = 3
    static let captcha = "2468"

    /// What runs while figures are measured.
    struct Bench {
        let server: BenchProcess
        let yardsticks: BenchYardsticks
    }

    /// Measures everything, in the order of the table.
    /// - Throws: ``BenchFault`` when a server does not start or a measurement fails.
    func report() async throws -> BenchReport {
        let cores = BenchCores()
        var report = BenchReport(seconds: seconds, connections: connections, cores: cores)
        let folder = try Self.temporaryFolder()
        defer { Self.remove(folder) }
        BenchProcess.handleSignals()
        do throws(BenchFault) {
            try cores.moveAside([getpid()])
            try await measureAll(&report, folder, cores)
        } catch {
            let log =
                (try? String(decoding: Data(contentsOf: URL(filePath: folder + "/server.log")), as: UTF8.self)) ?? ""
            throw BenchFault(error.description + "\n" + log.split(separator: "\n").suffix(8).joined(separator: "\n"))
        }
        return report
    }

    private func measureAll(_ report: inout BenchReport, _ folder: String, _ cores: BenchCores)
        async throws(BenchFault)
    {
        progress("first start of Citygate, which makes keys and a PostgreSQL")
        let first = try startCitygate(folder, cores)
        first.server.stop()
        progress("second start")
        let (server, milliseconds) = try startCitygate(folder, cores)
        defer { server.stop() }
        report.startMilliseconds = milliseconds
        report.idleMemory = server.residentMemory
        let bare = try startBare(folder, cores)
        defer { bare.stop() }
        // PostgreSQL, which the server has started.
        try cores.moveAside(server.descendants.sorted())
        let statements = BenchStatements(folder: folder, cores: cores)
        try statements.makeTables()
        let yardsticks = try BenchYardsticks(server: bare, connections: connections, statements: statements)
        let bench = Bench(server: server, yardsticks: yardsticks)
        let clients = try BenchClients(port: server.port)
        try await measureTokens(&report, clients, bench)
        try await measureLogins(&report, clients, bench)
        report.loadedMemory = server.residentMemory
        let bareFigures = BenchYardstick.allCases.compactMap { yardstick in
            yardsticks.totals[yardstick].map { BenchFigure(yardstick, $0) }
        }
        report.figures = bareFigures + report.figures
    }

    private func measureLogins(_ report: inout BenchReport, _ clients: BenchClients, _ bench: Bench)
        async throws(BenchFault)
    {
        let person = clients.person(captcha: Self.captcha)
        var scripts: [any BenchScript] = []
        for _ in 0..<connections {
            var login = BenchPasswordLogin(clients.firstParty, person)
            try login.runOnce(port: bench.server.port)
            scripts.append(BenchCodeLogin(clients.firstParty, cookies: login.cookieLine))
        }
        report.figures.append(
            try await measure(
                "code_logins",
                "authorization-code logins, session there",
                scripts,
                bench,
                against: [BenchCeiling(.get, .post, .rs256, .es256, .commit, .commit)]
            )
        )
        // Few at a time: whoever waits for a hashing thread longer than a second is sent away, which is no measurement.
        let passwords = repeated(
            BenchPasswordLogin(clients.firstParty, person),
            min(connections, 4 * BenchYardsticks.workers)
        )
        report.figures.append(
            try await measure(
                "password_logins",
                "password logins, from /authorize to userinfo",
                passwords,
                bench,
                against: [BenchCeiling(.argon2id)]
            )
        )
    }

    /// Samples a figure and its ceilings in turn.
    func measure(
        _ key: String,
        _ words: String,
        _ scripts: [any BenchScript],
        _ bench: Bench,
        against ceilings: [BenchCeiling]
    ) async throws(BenchFault) -> BenchFigure {
        progress(words)
        let load = try BenchLoad(scripts, port: bench.server.port)
        let share = seconds / Double(Self.samples)
        var result = BenchLoadResult()
        var own = 0.0
        var postgres = 0.0
        var tallies: [BenchYardstick: BenchTally] = [:]
        let yardsticks = BenchYardstick.allCases.filter { yardstick in
            ceilings.contains { $0.yardsticks.contains(yardstick) }
        }
        for _ in 0..<Self.samples {
            let before = bench.server.processorTime
            result += try load.sample(seconds: share)
            let after = bench.server.processorTime
            own += after.own - before.own
            postgres += after.children - before.children
            for yardstick in yardsticks {
                guard let tally = try await bench.yardsticks.sample(yardstick, seconds: share) else { continue }
                tallies[yardstick, default: BenchTally()] += tally
            }
        }
        var figure = BenchFigure(key: key, words: words, perSecond: result.perSecond)
        figure.load = result
        figure.microseconds = own * 1e6 / Double(result.allRounds)
        figure.postgresMicroseconds = postgres * 1e6 / Double(result.allRounds)
        figure.ceilings = ceilings.map { ceiling in
            var ceiling = ceiling
            ceiling.tallies = tallies
            return ceiling
        }
        return figure
    }

    func repeated(_ script: some BenchScript, _ count: Int) -> [any BenchScript] {
        (0..<count).map { _ in script }
    }

    private func startBare(_ folder: String, _ cores: BenchCores) throws(BenchFault) -> BenchProcess {
        progress("bare Hummingbird server")
        let port = try BenchProcess.freePort()
        let start = ContinuousClock.now
        let arguments = ["bench", "--bare-server-port", "\(port)"]
        let command = cores.onServerCore(try BenchProcess.ownProgram(), arguments)
        let server = try BenchProcess(command.program, command.arguments, log: folder + "/bare.log", port: port)
        do { _ = try server.waitUntilReady("/bare", since: start) } catch {
            server.stop()
            throw error
        }
        return server
    }

    /// Starts a sandbox without limits for loopback and with a known captcha answer; its log goes into the folder.
    private func startCitygate(_ folder: String, _ cores: BenchCores)
        throws(BenchFault) -> (server: BenchProcess, milliseconds: Double)
    {
        let port = try BenchProcess.freePort()
        let start = ContinuousClock.now
        let command = cores.onServerCore(try BenchProcess.ownProgram(), ["sandbox"])
        let server = try BenchProcess(
            command.program,
            command.arguments,
            environment: [
                "CITYGATE_ISSUER": "http://127.0.0.1:\(port)", "CITYGATE_LISTEN_PORT": "\(port)",
                "CITYGATE_STATE_FOLDER": folder + "/state", "CITYGATE_KEYS_FOLDER": folder + "/Keys",
                "CITYGATE_SANDBOX_LIMIT_LOOPBACK": "false", "CITYGATE_SANDBOX_CAPTCHA_ANSWER": Self.captcha,
                "CITYGATE_PASSWORDS_WORKERS": "\(BenchYardsticks.workers)",
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
