import Glibc
import Logging
import ServiceLifecycle

// A PostgreSQL of our own, for when no database URL is set. Owns: its folder, its start, its end, its restart.
// Hands off: connection strings. Never: a second kind of store, TCP, a password.
//
// Several processes of ours may share one. Each holds a shared lock on `owners.lock` while it uses it; who gets that lock alone is the last and
// stops it. Starting and stopping happen under `start.lock`. Both are `flock` locks, which end with the process: after any crash the next start
// finds the truth in `postmaster.pid` and `/proc`, and adopts what runs or starts what does not.

/// The private PostgreSQL as a service: first among the services, so that it stops last.
actor PrivatePostgres: Service {
    /// What an operator may decide about it.
    struct Settings: Sendable {
        /// Where it lives.
        var folder: String
        /// Whether the folder may be another one when PostgreSQL's user cannot reach it: it was not chosen but is the default.
        var mayMove: Bool
        var binaries: String?
        var runAs: String?
        /// The `PATH`, looked through last for the programs.
        var searchPath = "/usr/local/bin:/usr/bin:/bin"
        var startTimeout: Duration = .seconds(60)
        var stopTimeout: Duration = .seconds(15)
        /// Bytes.
        var sharedBuffers = 32 << 20
        var connections = 100
        /// Bytes.
        var logBytes = 8 << 20
    }

    /// How to reach it, once it has started.
    struct Address: Sendable, Equatable {
        /// For the server: the role that owns the database.
        let connectionString: String
        /// For repair and tests: the superuser, in the database `postgres`.
        let administratorConnectionString: String
        /// The folder of the socket.
        let socketFolder: String
        /// The process id of the postmaster at the start.
        let pid: pid_t
    }

    private struct Running {
        let folder: PostgresFolder
        let installation: PostgresInstallation
        let startLock: OwnerLock
        let ownersLock: OwnerLock
        let log: PostgresLog
        var pid: pid_t
        /// Whether it is our child, to be reaped by us.
        var isChild: Bool
    }

    private let settings: Settings
    private let logger: Logger
    private var running: Running?

    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Starts it, or joins the one that another process of ours has started; returns when it takes connections.
    func start() async throws(PrivatePostgresFault) -> Address {
        if let running { return address(of: running) }
        let folder = try PostgresFolder.prepare(
            asked: settings.folder,
            mayMove: settings.mayMove,
            runAs: settings.runAs
        )
        let installation = try await PostgresInstallation.find(
            asked: settings.binaries,
            dataMajor: folder.dataMajor(),
            searchPath: settings.searchPath
        )
        let startLock = try OwnerLock(path: folder.startLock, owner: folder.user)
        let ownersLock = try OwnerLock(path: folder.ownersLock, owner: folder.user)
        guard await startLock.lock(.exclusive, patience: settings.startTimeout) else {
            throw PrivatePostgresFault(
                "another process has been starting or stopping PostgreSQL in \(folder.path) for too long"
            )
        }
        defer { startLock.unlock() }
        guard ownersLock.tryLock(.shared) else { throw .system("\(folder.ownersLock) cannot be locked") }
        let log = PostgresLog(path: folder.log, user: folder.user, largest: settings.logBytes)
        var new = Running(
            folder: folder,
            installation: installation,
            startLock: startLock,
            ownersLock: ownersLock,
            log: log,
            pid: 0,
            isChild: false
        )
        do throws(PrivatePostgresFault) {
            try await bringUp(&new)
        } catch {
            ownersLock.unlock()
            throw error
        }
        running = new
        return address(of: new)
    }

    /// Watches over it until graceful shutdown or cancellation, starts it again when it dies, then stops it as ``stop()`` does.
    func run() async throws {
        _ = try await start()
        await cancelWhenGracefulShutdown { await self.watch() }
        await stop()
    }

    /// Stops it if no other process of ours uses it, and waits until it is gone. Does nothing when it has not been started.
    func stop() async {
        guard let running else { return }
        self.running = nil
        // Unstructured, so that a cancelled caller does not cut it short.
        await Task { [settings, logger] in await Self.end(running, settings: settings, logger: logger) }.value
    }

    private func address(of running: Running) -> Address {
        let folder = running.folder
        return Address(
            connectionString: folder.connectionString(),
            administratorConnectionString: folder.connectionString(
                role: PostgresFolder.administrator,
                database: "postgres"
            ),
            socketFolder: folder.socketFolder,
            pid: running.pid
        )
    }

    // MARK: Starting

    /// Adopts what runs or starts what does not. Under the start lock.
    private func bringUp(_ running: inout Running) async throws(PrivatePostgresFault) {
        let folder = running.folder
        let deadline = ContinuousClock.now + settings.startTimeout
        if try await adopt(&running, deadline: deadline) { return }
        if folder.dataMajor() == nil {
            guard access(folder.data, F_OK) != 0 else {
                throw PrivatePostgresFault("\(folder.data) is in the way: it is not the data of a PostgreSQL")
            }
            logger.notice("making the private PostgreSQL", metadata: ["folder": .string(folder.path)])
            try await folder.initialize(with: running.installation)
        }
        try writeSettings(folder)
        running.log.rotateIfLarge()
        var pause = Duration.milliseconds(20)
        var attempts = 0
        while true {
            await clearRemains(folder)
            let pid = try launch(running)
            switch await waitUntilReady(pid, folder, deadline: deadline) {
            case .ready:
                running.pid = pid
                running.isChild = true
                logger.info(
                    "the private PostgreSQL is ready",
                    metadata: ["pid": .stringConvertible(pid), "folder": .string(folder.path)]
                )
                return
            case .ended:
                attempts += 1
                let reason = running.log.lastFatal() ?? "it gave no reason"
                // What a killed server leaves may live for a moment longer; anything else will not mend itself.
                let mayMend = reason.contains("shared memory block") || reason.contains("lock file")
                guard attempts < (mayMend ? 50 : 2), ContinuousClock.now + pause < deadline else {
                    throw PrivatePostgresFault("PostgreSQL does not start: \(reason) (log: \(folder.log))")
                }
                await uninterruptedSleep(pause)
                pause = min(pause * 2, .seconds(1))
            case .late:
                // Recovery may take its time; it goes on, and the next start adopts it.
                throw PrivatePostgresFault(
                    "PostgreSQL has not become ready within \(DurationText.print(settings.startTimeout)) (postgres.start_timeout); it goes on trying"
                )
            }
        }
    }

    /// Joins a server that runs on the folder. One that is stopping is waited for.
    private func adopt(_ running: inout Running, deadline: ContinuousClock.Instant) async throws(PrivatePostgresFault)
        -> Bool
    {
        while let found = Postmaster.running(on: running.folder.data) {
            if found.state == .ready, await Postmaster.answers(socketFolder: running.folder.socketFolder) {
                running.pid = found.pid
                running.isChild = false
                logger.info("joined the private PostgreSQL that runs", metadata: ["pid": .stringConvertible(found.pid)])
                return true
            }
            guard ContinuousClock.now < deadline else {
                throw PrivatePostgresFault(
                    "the PostgreSQL with process id \(found.pid) has been \(found.state) for longer than postgres.start_timeout"
                )
            }
            await uninterruptedSleep(.milliseconds(10))
        }
        return false
    }

    private func writeSettings(_ folder: PostgresFolder) throws(PrivatePostgresFault) {
        let file = PostgresSettingsFile(
            socketFolder: folder.socketFolder,
            sharedBuffers: settings.sharedBuffers,
            connections: settings.connections
        )
        let ourselves = PostgresUser(uid: geteuid())?.name
        if access("\(folder.data)/local.conf", F_OK) != 0 { try folder.write(file.local, to: "local.conf") }
        try folder.write(file.postgresql, to: "postgresql.conf")
        try folder.write(file.hba, to: "pg_hba.conf")
        try folder.write(
            file.ident(systemUsers: ["root", folder.user.name] + (ourselves.map { [$0] } ?? [])),
            to: "pg_ident.conf"
        )
    }

    /// Waits until the orphans of a killed postmaster are gone, and helps them on after a while; then removes traces that would mislead.
    private func clearRemains(_ folder: PostgresFolder) async {
        for round in 0..<400 {
            let remains = Postmaster.processes(on: folder.data)
            if remains.isEmpty { break }
            if round == 200 { for pid in remains { kill(pid, SIGQUIT) } }
            if round == 300 { for pid in remains { kill(pid, SIGKILL) } }
            await uninterruptedSleep(.milliseconds(10))
        }
        if Postmaster.processes(on: folder.data).isEmpty {
            Postmaster.removeForeignTraces(data: folder.data, socketFolder: folder.socketFolder)
        }
    }

    private func launch(_ running: Running) throws(PrivatePostgresFault) -> pid_t {
        let log = try running.log.open()
        defer { close(log) }
        let command = try running.folder.user.prefix() + [running.installation.postgres, "-D", running.folder.data]
        return try ChildProcess.spawn(command, output: .descriptor(log))
    }

    private enum Outcome { case ready, ended, late }

    private func waitUntilReady(_ pid: pid_t, _ folder: PostgresFolder, deadline: ContinuousClock.Instant) async
        -> Outcome
    {
        while ContinuousClock.now < deadline {
            if ChildProcess.reap(pid) != nil { return .ended }
            if let found = Postmaster.running(on: folder.data), found.pid == pid, found.state == .ready {
                return .ready
            }
            await uninterruptedSleep(.milliseconds(10))
        }
        return .late
    }

    // MARK: Watching

    /// Looks five times a second whether it lives; four times an hour at the size of its log.
    private func watch() async {
        var pause = Duration.milliseconds(100)
        var rounds = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(200))
            rounds += 1
            guard var current = running else { return }
            if isAlive(current) {
                if rounds % 150 == 0 {
                    pause = .milliseconds(100)
                    if current.startLock.tryLock(.exclusive) {
                        current.log.rotateIfLarge()
                        current.startLock.unlock()
                    }
                }
                continue
            }
            logger.error(
                "the private PostgreSQL has died; starting it again",
                metadata: ["pid": .stringConvertible(current.pid)]
            )
            do throws(PrivatePostgresFault) {
                guard await current.startLock.lock(.exclusive, patience: settings.startTimeout) else { continue }
                defer { current.startLock.unlock() }
                try await bringUp(&current)
                running = current
            } catch {
                logger.error(
                    "the private PostgreSQL cannot be started",
                    metadata: ["reason": .string(error.description)]
                )
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func isAlive(_ running: Running) -> Bool {
        if running.isChild { return ChildProcess.reap(running.pid) == nil }
        return Postmaster.isAlive(running.pid, on: running.folder.data)
    }

    // MARK: Stopping

    private static func end(_ running: Running, settings: Settings, logger: Logger) async {
        let data = running.folder.data
        guard await running.startLock.lock(.exclusive, patience: settings.stopTimeout) else {
            logger.warning("another process holds the start lock; PostgreSQL is left to it")
            return leave(running)
        }
        defer { running.startLock.unlock() }
        guard running.ownersLock.tryLock(.exclusive) else {
            logger.info("another process uses the private PostgreSQL; it goes on")
            return leave(running)
        }
        defer { running.ownersLock.unlock() }
        for (signal, patience) in [(SIGINT, settings.stopTimeout), (SIGQUIT, .seconds(8))] {
            guard let found = Postmaster.running(on: data) else { break }
            kill(found.pid, signal)
            if await waitUntilGone(found.pid, running, patience: patience) { break }
            logger.warning(
                "the private PostgreSQL takes long to stop",
                metadata: ["pid": .stringConvertible(found.pid)]
            )
        }
        if running.isChild { _ = ChildProcess.reap(running.pid) }
        logger.info("the private PostgreSQL has stopped")
    }

    private static func waitUntilGone(_ pid: pid_t, _ running: Running, patience: Duration) async -> Bool {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            if running.isChild, running.pid == pid {
                if ChildProcess.reap(pid) != nil { return true }
            } else if !Postmaster.isAlive(pid, on: running.folder.data) {
                return true
            }
            await uninterruptedSleep(.milliseconds(10))
        }
        return false
    }

    /// Gives it up to the others. Our child is reaped when its time comes, should we live so long.
    private static func leave(_ running: Running) {
        running.ownersLock.unlock()
        guard running.isChild else { return }
        Task.detached {
            while ChildProcess.reap(running.pid) == nil { try? await Task.sleep(for: .milliseconds(500)) }
        }
    }
}

extension PrivatePostgres.Settings {
    /// What the configuration says, with `searchPath` from the environment.
    init(_ configuration: Configuration, searchPath: String? = nil) {
        let settings = configuration.privatePostgres
        folder = settings.folder ?? "\(configuration.stateFolder)/postgres"
        mayMove = settings.folder == nil
        binaries = settings.binaries
        runAs = settings.runAs
        if let searchPath { self.searchPath = searchPath }
        startTimeout = settings.startTimeout
        stopTimeout = settings.stopTimeout
        sharedBuffers = settings.sharedBuffers
        connections = settings.connections
        logBytes = settings.logBytes
    }
}
