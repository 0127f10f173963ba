import Glibc

/// The user of the system the private PostgreSQL runs as. PostgreSQL refuses to run as root.
struct PostgresUser: Sendable, Equatable {
    let name: String
    let uid: uid_t
    let gid: gid_t
    private let groups: [gid_t]

    /// The user for a folder: we ourselves; or, when we are root, the owner of what is there, the user that is asked for, `postgres`, or `nobody`.
    static func choose(
        existingOwner: uid_t?,
        asked: String?,
        isRoot: Bool = geteuid() == 0
    ) throws(PrivatePostgresFault) -> PostgresUser {
        guard isRoot else {
            guard let user = PostgresUser(uid: geteuid()) else {
                throw PrivatePostgresFault(
                    "user id \(geteuid()) has no name on this machine; PostgreSQL needs one (an entry in /etc/passwd)"
                )
            }
            return user
        }
        if let existingOwner, existingOwner != 0, let user = PostgresUser(uid: existingOwner) { return user }
        if let asked {
            guard let user = PostgresUser(name: asked) else {
                throw PrivatePostgresFault("there is no user “\(asked)” (postgres.run_as)")
            }
            guard user.uid != 0 else {
                throw PrivatePostgresFault("PostgreSQL refuses to run as root (postgres.run_as)")
            }
            return user
        }
        if let user = PostgresUser(name: "postgres") ?? PostgresUser(name: "nobody") { return user }
        throw PrivatePostgresFault(
            "PostgreSQL refuses to run as root, and there is no user “postgres” to run it as; name one in postgres.run_as"
        )
    }

    init?(name: String) {
        guard let entry = getpwnam(name) else { return nil }
        self.init(entry.pointee)
    }

    init?(uid: uid_t) {
        guard let entry = getpwuid(uid) else { return nil }
        self.init(entry.pointee)
    }

    private init(_ entry: passwd) {
        name = String(cString: entry.pw_name)
        uid = entry.pw_uid
        gid = entry.pw_gid
        var groups = [gid_t](repeating: 0, count: 256)
        var count = Int32(groups.count)
        getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count)
        self.groups = Array(groups.prefix(Int(max(0, min(count, 256)))))
    }

    /// The words that go before a command so that it runs as this user.
    func prefix() throws(PrivatePostgresFault) -> [String] {
        guard uid != geteuid() else { return [] }
        guard let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: isProgram) else {
            throw PrivatePostgresFault("setpriv is not installed; it is in the Debian package util-linux")
        }
        return [setpriv, "--reuid=\(uid)", "--regid=\(gid)", "--init-groups", "--no-new-privs", "--"]
    }

    /// The first folder on the way to `path`, itself included, that this user may not pass; nil when the way is free. What does not exist yet
    /// is no hindrance.
    func obstacle(to path: String) -> String? {
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            var status = stat()
            guard stat(folder, &status) == 0 else { return nil }
            let bit: mode_t = status.st_uid == uid ? S_IXUSR : groups.contains(status.st_gid) ? S_IXGRP : S_IXOTH
            if status.st_mode & bit == 0 { return folder }
        }
        return nil
    }
}
