import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import Provider

@Suite struct `A private PostgreSQL` {
    @Test func `is made on the first start and keeps what it was told over a second`() async throws {
        try await withPlace { place in
            let first = place.server()
            let address = try await first.start()
            try await place.tell("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')", at: address)
            await first.stop()
            #expect(Postmaster.running(on: place.data) == nil)
            #expect(Postmaster.processes(on: place.data).isEmpty)

            // The machine may be busy: the best of three counts.
            var best = Duration.seconds(60)
            for _ in 0..<3 {
                let second = place.server()
                let start = ContinuousClock.now
                let address = try await second.start()
                best = min(best, ContinuousClock.now - start)
                try await place.expect("SELECT word FROM kept", at: address, is: "here")
                await second.stop()
            }
            #expect(best < .seconds(1))
        }
    }

    @Test func `is durable, checks its pages, speaks UTF-8 and listens on no network`() async throws {
        try await withServer { place, _, address in
            for (setting, value) in [
                "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
                "server_encoding": "UTF8",
                "lc_collate": "C", "listen_addresses": "", "TimeZone": "UTC", "shared_buffers": "32MB",
                "unix_socket_permissions": "0700",
            ] {
                try await place.expect("SHOW \(setting)", at: address, is: value)
            }
        }
    }

    @Test func `serves a role that owns its database and is no superuser`() async throws {
        try await withServer { place, _, address in
            try await place.expect(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user",
                at: address,
                is: "f"
            )
            try await place.expect(
                "SELECT current_user || '/' || current_database()",
                at: address,
                is: "citygate/citygate"
            )
            let administrator = address.administratorConnectionString
            try await place.expect(
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
                at: administrator,
                is: "t"
            )
        }
    }

    @Test func `runs unprivileged, in a session of its own, with none of our descriptors and none of our environment`()
        async throws
    {
        // As a listening socket would be: open, and not marked to be closed on exec.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        setenv("CITYGATE_TEST_MARK", "must-not-travel", 1)
        try await withServer { place, _, address in
            #expect(getsid(address.pid) == address.pid)
            var status = stat()
            #expect(stat("/proc/\(address.pid)", &status) == 0 && status.st_uid != 0)
            let names = folderNames(in: "/proc/\(address.pid)/fd")
            let targets = names.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(address.pid)/fd/\($0)")
            }
            let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(listener)")
            #expect(!targets.isEmpty && !targets.contains(ours))
            let environment = try Data(contentsOf: URL(filePath: "/proc/\(address.pid)/environ"))
            #expect(!String(decoding: environment, as: UTF8.self).contains("must-not-travel"))
            #expect(stat(place.folder, &status) == 0 && status.st_mode & 0o077 == 0)
        }
    }

    @Test func `is started again when it is killed, and nothing acknowledged is missing`() async throws {
        try await withPlace { place in
            let server = place.server()
            let address = try await server.start()
            try await place.tell("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')", at: address)
            let watching = Task { try await server.run() }
            for _ in 0..<2 {
                let victim = try #require(Postmaster.running(on: place.data))
                kill(victim.pid, SIGKILL)
                try await place.waitUntil {
                    Postmaster.running(on: place.data).map { $0.pid != victim.pid && $0.state == .ready } ?? false
                }
                try await place.expect("SELECT word FROM kept", at: address, is: "here")
            }
            watching.cancel()
            try await watching.value
            #expect(Postmaster.running(on: place.data) == nil)
        }
    }

    @Test func `is adopted when the process that started it was killed, and then stopped by the one that adopted it`()
        async throws
    {
        try await withPlace { place in
            let folder = place.folder
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                _ = try await PrivatePostgres(.init(folder: folder, mayMove: false), logger: Logger(label: "killed"))
                    .start()
                kill(getpid(), SIGKILL)
            }
            let orphan = try #require(Postmaster.running(on: place.data))
            let server = place.server()
            let address = try await server.start()
            #expect(address.pid == orphan.pid)
            await server.stop()
            #expect(Postmaster.running(on: place.data) == nil)
        }
    }

    @Test func `recovers by itself when both were killed`() async throws {
        try await withPlace { place in
            let folder = place.folder
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                let address = try await PrivatePostgres(
                    .init(folder: folder, mayMove: false),
                    logger: Logger(label: "killed")
                ).start()
                kill(address.pid, SIGKILL)
                kill(getpid(), SIGKILL)
            }
            #expect(access("\(place.data)/postmaster.pid", F_OK) == 0)
            let server = place.server()
            let address = try await server.start()
            try await place.expect("SELECT 1", at: address, is: "1")
            await server.stop()
        }
    }

    @Test func `is not misled by a process id that another program has today`() async throws {
        try await withPlace { place in
            let first = place.server()
            _ = try await first.start()
            let victim = try #require(Postmaster.running(on: place.data))
            kill(victim.pid, SIGKILL)
            try await place.waitUntil { Postmaster.processes(on: place.data).isEmpty }
            // A living process of the very user PostgreSQL runs as, which PostgreSQL itself would take for its server.
            let user = try PostgresUser.choose(existingOwner: nil, asked: nil)
            let other = try ChildProcess.spawn(user.prefix() + ["/bin/sleep", "60"], output: .nowhere)
            defer {
                kill(other, SIGKILL)
                var status: Int32 = 0
                waitpid(other, &status, 0)
            }
            var file = try String(contentsOfFile: "\(place.data)/postmaster.pid", encoding: .utf8)
            file.replace("\(victim.pid)", with: "\(other)")
            try file.write(toFile: "\(place.data)/postmaster.pid", atomically: false, encoding: .utf8)
            let second = place.server()
            let address = try await second.start()
            try await place.expect("SELECT 1", at: address, is: "1")
            #expect(kill(other, 0) == 0)
            await second.stop()
            await first.stop()
        }
    }

    @Test func `goes on while another process uses it and stops with the last`() async throws {
        try await withPlace { place in
            let first = place.server()
            let second = place.server()
            async let startedFirst = first.start()
            async let startedSecond = second.start()
            let (one, two) = try await (startedFirst, startedSecond)
            #expect(one.pid == two.pid)
            await first.stop()
            try await place.expect("SELECT 1", at: two, is: "1")
            await second.stop()
            #expect(Postmaster.running(on: place.data) == nil)
        }
    }

    @Test func `stops exactly once when all leave at the same time`() async throws {
        try await withPlace { place in
            let servers = (0..<4).map { _ in place.server() }
            for server in servers { _ = try await server.start() }
            await withTaskGroup { group in
                for server in servers { group.addTask { await server.stop() } }
            }
            try await place.waitUntil { Postmaster.running(on: place.data) == nil }
        }
    }

    @Test func `begins anew when an earlier first start was cut short`() async throws {
        try await withPlace { place in
            let folder = try PostgresFolder.prepare(asked: place.folder, mayMove: false, runAs: nil)
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/data.new/base",
                withIntermediateDirectories: true
            )
            let server = place.server()
            let address = try await server.start()
            try await place.expect("SELECT 1", at: address, is: "1")
            #expect(access("\(folder.path)/data.new", F_OK) != 0)
            await server.stop()
        }
    }

    @Test func `puts its socket below tmp when the path of its folder is too long for one`() async throws {
        try await withPlace(name: String(repeating: "long", count: 30)) { place in
            let server = place.server()
            let address = try await server.start()
            #expect(address.socketFolder.hasPrefix("/tmp/citygate-"))
            try await place.expect("SELECT 1", at: address, is: "1")
            await server.stop()
            try FileManager.default.removeItem(atPath: address.socketFolder)
        }
    }

    @Test func `stops after the services that were started after it`() async throws {
        try await withPlace { place in
            let server = place.server()
            let address = try await server.start()
            let witness = LastRequest(place: place, address: address)
            let group = ServiceGroup(
                configuration: .init(
                    services: [
                        .init(service: server),
                        .init(service: witness, successTerminationBehavior: .gracefullyShutdownGroup),
                    ],
                    logger: place.logger
                )
            )
            async let running: Void = group.run()
            await group.triggerGracefulShutdown()
            try await running
            #expect(await witness.wasServed)
            #expect(Postmaster.running(on: place.data) == nil)
        }
    }
}

/// A service that takes its time to end and needs the database until then.
private actor LastRequest: Service {
    private let place: Place
    private let address: PrivatePostgres.Address
    private(set) var wasServed = false

    init(place: Place, address: PrivatePostgres.Address) {
        self.place = place
        self.address = address
    }

    func run() async throws {
        try? await gracefulShutdown()
        try await Task.sleep(for: .milliseconds(300))
        wasServed = try await place.answer("SELECT 1", at: address) == "1"
    }
}
