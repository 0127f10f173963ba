import Cryptography
import FoundationEssentials
import Glibc

/// The folder of a private PostgreSQL: `data` (what `initdb` makes), `run` (the socket), `postgres.log`, and two lock files.
///
/// The folder belongs to the user PostgreSQL runs as and is closed to all others (0700), so that nobody else reaches the socket.
struct PostgresFolder: Sendable {
    /// The role the server uses; owns its database and nothing else.
    static let role = "citygate"
    /// The superuser, for repair and for tests.
    static let administrator = "administrator"
    /// The database.
    static let database = "citygate"
    /// A socket's path must be shorter than this, in bytes (`sun_path`).
    private static let longestSocketPath = 107

    /// What may stand in the folder.
    private static let ourNames: Set<String> = [
        "data", "data.new", "run", "postgres.log", "postgres.log.1", "start.lock", "owners.lock",
    ]

    let path: String
    let user: PostgresUser
    /// The folder of the socket: `run`, or one below `/tmp` when that path would be too long.
    let socketFolder: String

    var data: String { "\(path)/data" }
    var log: String { "\(path)/postgres.log" }
    var startLock: String { "\(path)/start.lock" }
    var ownersLock: String { "\(path)/owners.lock" }

    /// Chooses place and user, and makes the folders.
    ///
    /// - Parameters:
    ///   - asked: Where it shall be.
    ///   - mayMove: Whether, when we are root and PostgreSQL's user cannot reach that place (a checkout below `/root`, say), a folder of its own
    ///     below `/var/lib/citygate` may be taken instead.
    ///   - runAs: The user that is asked for, should we be root.
    /// - Returns: The folder, there and closed to others.
    /// - Throws: ``PrivatePostgresFault`` when the place cannot be used.
    static func prepare(asked: String, mayMove: Bool, runAs: String?) throws(PrivatePostgresFault) -> PostgresFolder {
        var path = absolute(asked)
        var user = try PostgresUser.choose(existingOwner: owner(of: path), asked: runAs)
        if let obstacle = user.obstacle(to: path) {
            guard mayMove, geteuid() == 0 else {
                throw PrivatePostgresFault(
                    "PostgreSQL would run as \(user.name), who may not pass \(obstacle); choose another folder (postgres.folder)"
                )
            }
            let digest = Digest.sha256([UInt8](path.utf8)).prefix(6).map { hexadecimal($0) }.joined()
            path = "/var/lib/citygate/postgres-\(digest)"
            user = try PostgresUser.choose(existingOwner: owner(of: path), asked: runAs)
        }
        try makeParents(of: path)
        try makePrivate(path, for: user)
        var socketFolder = "\(path)/run"
        if "\(socketFolder)/.s.PGSQL.5432".utf8.count >= longestSocketPath {
            let digest = Digest.sha256([UInt8](path.utf8)).prefix(8).map { hexadecimal($0) }.joined()
            socketFolder = "/tmp/citygate-\(digest)"
        }
        try makePrivate(socketFolder, for: user)
        return PostgresFolder(path: path, user: user, socketFolder: socketFolder)
    }

    /// The version that wrote the data; nil when there is none yet.
    func dataMajor() -> Int? {
        guard let text = try? OperatorFile.text(at: "\(data)/PG_VERSION", longest: 64) else { return nil }
        return wholeNumber(text.prefix { $0.isASCII && $0.isNumber })
    }

    /// A connection string of libpq in keyword form.
    func connectionString(role: String = PostgresFolder.role, database: String = PostgresFolder.database) -> String {
        func quoted(_ text: String) -> String {
            "'" + text.replacing(#"\"#, with: #"\\"#).replacing("'", with: #"\'"#) + "'"
        }
        return "host=\(quoted(socketFolder)) port=5432 user=\(quoted(role)) dbname=\(quoted(database))"
    }

    // MARK: First start

    /// Makes the data with `initdb` under another name, creates role and database, and renames it when all is on disk. What an earlier attempt
    /// left is removed.
    func initialize(with installation: PostgresInstallation) async throws(PrivatePostgresFault) {
        let fresh = "\(path)/data.new"
        try? FileManager.default.removeItem(atPath: fresh)
        let prefix = try user.prefix()
        let initdb = [
            installation.initdb, "--pgdata=\(fresh)", "--username=\(Self.administrator)", "--auth=peer",
            "--encoding=UTF8",
            "--locale=C", "--data-checksums", "--no-instructions",
        ]
        let made = try await ChildProcess.run(prefix + initdb, deadline: .seconds(120))
        guard made.end.isSuccess else {
            throw PrivatePostgresFault("initdb could not make \(fresh): \(Self.lastLine(of: made.output))")
        }
        let statements = """
            CREATE ROLE \(Self.role) LOGIN;
            CREATE DATABASE \(Self.database) OWNER \(Self.role) TEMPLATE template0;

            """
        let single = prefix + [installation.postgres, "--single", "-D", fresh, "postgres"]
        let filled = try await ChildProcess.run(single, input: statements, deadline: .seconds(120))
        guard filled.end.isSuccess, !filled.output.contains("ERROR:"), !filled.output.contains("FATAL:") else {
            throw PrivatePostgresFault("the new database could not be filled: \(Self.lastLine(of: filled.output))")
        }
        guard rename(fresh, data) == 0 else { throw .system("\(fresh) cannot be renamed") }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        fsync(descriptor)
        close(descriptor)
    }

    /// Writes a file into the data folder, for PostgreSQL's user, whole or not at all; leaves it alone when it says the same already.
    func write(_ text: String, to name: String) throws(PrivatePostgresFault) {
        let target = "\(data)/\(name)"
        if let there = try? OperatorFile.text(at: target, longest: 1 << 20), there == text { return }
        let temporary = "\(target).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("\(temporary) cannot be written") }
        defer { close(descriptor) }
        var bytes = [UInt8](text.utf8)
        guard Glibc.write(descriptor, &bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw .system("\(temporary) cannot be written")
        }
        if geteuid() == 0 { _ = fchown(descriptor, user.uid, user.gid) }
        guard rename(temporary, target) == 0 else { throw .system("\(target) cannot be replaced") }
    }

    // MARK: Folders

    private static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func owner(of path: String) -> uid_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }

    private static func makeParents(of path: String) throws(PrivatePostgresFault) {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if mkdir(folder, 0o711) == 0 {
                // Whatever the umask says: PostgreSQL's user must be able to pass.
                _ = chmod(folder, 0o711)
            } else if errno != EEXIST {
                throw .system("the folder \(folder) cannot be made")
            }
        }
    }

    /// Makes a folder that only `user` (and root) may enter, or sees to it that the one there is such a folder.
    private static func makePrivate(_ path: String, for user: PostgresUser) throws(PrivatePostgresFault) {
        if mkdir(path, 0o700) == 0 {
            if geteuid() == 0 { _ = lchown(path, user.uid, user.gid) }
        } else if errno != EEXIST {
            throw .system("the folder \(path) cannot be made")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .system("the folder \(path) cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw PrivatePostgresFault("\(path) is in the way: it is not a folder")
        }
        let isWrong = status.st_uid != user.uid || status.st_mode & 0o077 != 0
        if isWrong, status.st_uid == geteuid() {
            // A folder that holds something else is not ours to close and give away.
            guard folderNames(in: path).allSatisfy({ $0.hasPrefix(".s.PGSQL") || ourNames.contains($0) }) else {
                throw PrivatePostgresFault(
                    "the folder \(path) holds other things; choose one of its own (postgres.folder)"
                )
            }
            if geteuid() == 0 { _ = lchown(path, user.uid, user.gid) }
        }
        guard status.st_uid == user.uid || geteuid() == 0 && status.st_uid == 0 else {
            throw PrivatePostgresFault("the folder \(path) belongs to another user than \(user.name)")
        }
        if status.st_mode & 0o077 != 0 {
            guard chmod(path, 0o700) == 0 else { throw .system("the folder \(path) cannot be closed to others") }
        }
    }

    private static func lastLine(of output: String) -> String {
        output.split(separator: "\n").last { !$0.isEmpty }.map(String.init) ?? "it said nothing"
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
