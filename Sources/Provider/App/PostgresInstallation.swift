import Glibc

/// The programs of PostgreSQL on this machine.
struct PostgresInstallation: Sendable, Equatable {
    /// The folder that holds `postgres` and `initdb`.
    let folder: String
    /// The major version, such as 15.
    let major: Int

    /// The oldest version the server runs on.
    static let oldestMajor = 14

    var postgres: String { "\(folder)/postgres" }
    var initdb: String { "\(folder)/initdb" }

    /// Finds an installation: the folder that is asked for; else what Debian installs, `pg_config` names or the `PATH` holds.
    ///
    /// - Parameters:
    ///   - asked: A folder; nothing else is looked at when it is given.
    ///   - dataMajor: The version that wrote the data, which alone can read it; nil takes the newest there is.
    ///   - searchPath: The `PATH` to look through last.
    /// - Returns: The installation to use.
    /// - Throws: ``PrivatePostgresFault`` that names the package to install.
    static func find(
        asked: String?,
        dataMajor: Int?,
        searchPath: String
    ) async throws(PrivatePostgresFault) -> PostgresInstallation {
        var found: [PostgresInstallation] = []
        if let asked {
            guard let installation = await at(asked) else {
                throw PrivatePostgresFault("\(asked) does not hold postgres and initdb (postgres.binaries)")
            }
            found = [installation]
        } else {
            for folder in debianFolders() { if let installation = await at(folder) { found.append(installation) } }
            if !found.contains(where: { dataMajor == nil ? $0.major >= oldestMajor : $0.major == dataMajor }) {
                for folder in await otherFolders(searchPath) {
                    if let installation = await at(folder) { found.append(installation) }
                }
            }
        }
        if let dataMajor {
            if let match = found.first(where: { $0.major == dataMajor }) { return match }
            let others = found.isEmpty ? "" : " (found: \(found.map { String($0.major) }.joined(separator: ", ")))"
            throw PrivatePostgresFault(
                "the data was written by PostgreSQL \(dataMajor), which is not installed\(others); install the Debian package "
                    + "postgresql-\(dataMajor), or move the data with pg_upgrade"
            )
        }
        guard let newest = found.filter({ $0.major >= oldestMajor }).max(by: { $0.major < $1.major }) else {
            let others = found.isEmpty ? "" : " of version \(oldestMajor) or newer"
            throw PrivatePostgresFault(
                "no PostgreSQL server\(others) is installed; install the Debian package postgresql, name its folder in "
                    + "postgres.binaries, or set DATABASE_URL"
            )
        }
        return newest
    }

    private static func debianFolders() -> [String] {
        folderNames(in: "/usr/lib/postgresql").map { "/usr/lib/postgresql/\($0)/bin" }
    }

    private static func otherFolders(_ searchPath: String) async -> [String] {
        let path = searchPath.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        var folders = path
        if let program = path.map({ "\($0)/pg_config" }).first(where: isProgram),
            let answer = try? await ChildProcess.run([program, "--bindir"], deadline: .seconds(5)), answer.end.isSuccess
        {
            folders.insert(contentsOf: answer.output.split(separator: "\n").map(String.init), at: 0)
        }
        return folders
    }

    private static func at(_ folder: String) async -> PostgresInstallation? {
        guard isProgram("\(folder)/postgres"), isProgram("\(folder)/initdb") else { return nil }
        let parts = folder.split(separator: "/")
        if parts.count > 1, parts.last == "bin", let major = wholeNumber(parts[parts.count - 2]) {
            return PostgresInstallation(folder: folder, major: major)
        }
        // “postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)”
        guard let answer = try? await ChildProcess.run(["\(folder)/postgres", "-V"], deadline: .seconds(5)),
            let version = answer.output.split(separator: " ").first(where: {
                $0.first?.isASCII == true && $0.first?.isNumber == true
            }),
            let major = version.split(separator: ".").first.flatMap({ wholeNumber($0) })
        else { return nil }
        return PostgresInstallation(folder: folder, major: major)
    }
}

/// Whether we may run the program at `path`.
func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 }

/// The names in a folder, without `.` and `..`; empty when it cannot be read.
func folderNames(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
