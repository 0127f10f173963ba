import FoundationEssentials
import Glibc
import Logging
import Testing

@testable import Provider

@Suite struct `A private PostgreSQL that cannot start` {
    @Test func `names the Debian package when no server is installed`() async throws {
        await expectFault("install the Debian package postgresql-9") { () async throws(PrivatePostgresFault) in
            try await PostgresInstallation.find(asked: nil, dataMajor: 9, searchPath: "/nowhere")
        }
        await expectFault("/nowhere does not hold postgres and initdb") { () async throws(PrivatePostgresFault) in
            try await PostgresInstallation.find(asked: "/nowhere", dataMajor: nil, searchPath: "")
        }
    }

    @Test func `leaves a folder alone that holds something else`() async throws {
        try await withPlace { place in
            mkdir(place.folder, 0o755)
            try "precious".write(toFile: "\(place.folder)/letter.txt", atomically: false, encoding: .utf8)
            await expectRefusal(
                of: place.server(),
                "the folder \(place.folder) holds other things; choose one of its own"
            )
            var status = stat()
            #expect(stat(place.folder, &status) == 0 && status.st_mode & 0o777 == 0o755 && status.st_uid == geteuid())
        }
    }

    @Test func `is not put where a file or a link is`() async throws {
        try await withPlace { place in
            symlink("/etc", place.folder)
            await expectRefusal(of: place.server(), "is not a folder")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `says which folder its user may not pass`() async throws {
        try await withPlace { place in
            chmod(place.root, 0o700)
            await expectRefusal(of: place.server(), "would run as postgres, who may not pass \(place.root)")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `moves to a folder of its own when it was not told where to live`()
        async throws
    {
        try await withPlace { place in
            chmod(place.root, 0o700)
            let server = place.server { $0.mayMove = true }
            let address = try await server.start()
            #expect(address.socketFolder.hasPrefix("/var/lib/citygate/postgres-"))
            try await place.expect("SELECT 1", at: address, is: "1")
            await server.stop()
            try FileManager.default.removeItem(atPath: String(address.socketFolder.dropLast("/run".count)))
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `refuses to run as root or as nobody known`() async throws {
        try await withPlace { place in
            await expectRefusal(
                of: place.server { $0.runAs = "root" },
                "PostgreSQL refuses to run as root (postgres.run_as)"
            )
            await expectRefusal(of: place.server { $0.runAs = "no-such-user" }, "there is no user “no-such-user”")
        }
    }

    @Test func `says what PostgreSQL said, and holds nothing back for others afterwards`() async throws {
        try await withPlace { place in
            let first = place.server()
            _ = try await first.start()
            await first.stop()
            let local = "\(place.data)/local.conf"
            try "no_such_setting = 1\n".write(toFile: local, atomically: false, encoding: .utf8)
            await expectRefusal(of: place.server(), "PostgreSQL does not start: configuration file")
            try "".write(toFile: local, atomically: false, encoding: .utf8)
            let second = place.server()
            let address = try await second.start()
            try await place.expect("SELECT 1", at: address, is: "1")
            await second.stop()
        }
    }

    @Test func `of data of another version names the version`() async throws {
        try await withPlace { place in
            let folder = try PostgresFolder.prepare(asked: place.folder, mayMove: false, runAs: nil)
            mkdir(folder.data, 0o700)
            try "9\n".write(toFile: "\(folder.data)/PG_VERSION", atomically: false, encoding: .utf8)
            await expectRefusal(of: place.server(), "the data was written by PostgreSQL 9, which is not installed")
        }
    }

    /// Records an issue unless the server refuses to start with words that hold `words`.
    private func expectRefusal(
        of server: PrivatePostgres,
        _ words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await expectFault(words, sourceLocation: sourceLocation) { () async throws(PrivatePostgresFault) in
            try await server.start()
        }
    }

    private func expectFault<Value>(
        _ words: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws(PrivatePostgresFault) -> Value
    ) async {
        do throws(PrivatePostgresFault) {
            _ = try await body()
            Issue.record("nothing was refused", sourceLocation: sourceLocation)
        } catch {
            #expect(error.description.contains(words), sourceLocation: sourceLocation)
        }
    }
}

@Suite struct `The log of a private PostgreSQL` {
    @Test func `is moved aside when it has grown too large, while PostgreSQL goes on writing`() throws {
        try withFolder { folder in
            let user = try PostgresUser.choose(existingOwner: nil, asked: nil)
            let log = PostgresLog(path: "\(folder)/postgres.log", user: user, largest: 1000)
            let descriptor = try log.open()
            defer { close(descriptor) }
            let line = [UInt8]("2026-11-24 LOG:  a line of forty bytes or so\n".utf8)
            for _ in 0..<10 { write(descriptor, line, line.count) }
            log.rotateIfLarge()
            #expect(access("\(log.path).1", F_OK) != 0)
            for _ in 0..<30 { write(descriptor, line, line.count) }
            log.rotateIfLarge()
            write(descriptor, line, line.count)
            #expect(try String(contentsOfFile: log.path, encoding: .utf8).utf8.count == line.count)
            let aside = try String(contentsOfFile: "\(log.path).1", encoding: .utf8)
            #expect((900...1000).contains(aside.utf8.count) && aside.hasSuffix("or so\n"))
            #expect(log.lastFatal() == nil)
            let fatal = [UInt8]("2026-11-24 FATAL:  the reason\n2026-11-24 LOG:  bye\n".utf8)
            write(descriptor, fatal, fatal.count)
            #expect(log.lastFatal() == "the reason")
        }
    }
}
