import Glibc

/// A folder whose files nobody else may read: modes are checked at each reading, writes survive a crash, and a lock keeps
/// processes apart.
struct PrivateDirectory: Sendable {
    let path: String

    func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    // MARK: Checks

    /// Refuses the folder when it is missing, open to others, or somebody else's.
    func check() throws(KeyFolderError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ENOTDIR: throw .wrongKind(path: path, wanted: "folder")
            default: throw fault(path, "open it")
            }
        }
        defer { close(descriptor) }
        _ = try status(descriptor, path, wanted: "700")
    }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    /// Reads a whole file of at most 1 MiB after checking its mode and owner.
    func read(_ name: String) throws(KeyFolderError) -> [UInt8] {
        let path = file(name)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : fault(path, "open it")
        }
        defer { close(descriptor) }
        let status = try status(descriptor, path, wanted: "600")
        guard status.st_mode & S_IFMT == S_IFREG else { throw .wrongKind(path: path, wanted: "file") }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(path, "read it") }
            guard count > 0 else { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= 1 << 20 else { throw .malformed(path: path, rule: "it has at most 1 MiB") }
        }
    }

    /// What tells one version of a file from the next without reading it.
    struct Stamp: Sendable, Equatable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    /// The stamp of a file, or nil when it cannot be looked at.
    func stamp(_ name: String) -> Stamp? {
        var status = stat()
        guard stat(file(name), &status) == 0 else { return nil }
        return Stamp(
            device: UInt(status.st_dev),
            inode: UInt(status.st_ino),
            size: Int(status.st_size),
            seconds: Int(status.st_ctim.tv_sec),
            nanoseconds: Int(status.st_ctim.tv_nsec)
        )
    }

    private func status(
        _ descriptor: Int32,
        _ path: String,
        wanted: String
    ) throws(KeyFolderError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault(path, "look at it") }
        let user = geteuid()
        guard status.st_uid == user || status.st_uid == 0 else {
            throw .foreignOwner(path: path, owner: Int(status.st_uid), user: Int(user))
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw .exposed(path: path, mode: mode, wanted: wanted)
        }
        return status
    }

    // MARK: Writing

    /// Makes the folder with mode 0700, unless it is there.
    func make() throws(KeyFolderError) {
        guard mkdir(path, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw fault(path, "make the folder") }
    }

    /// Takes everybody else's rights to the folder away. Not for one that holds secrets: those may have been read already.
    func shut() throws(KeyFolderError) {
        guard chmod(path, 0o700) == 0 else { throw fault(path, "set the mode of") }
    }

    /// Puts `content` in the place of a file, mode 0600, so that after a crash either the old or the new one is there.
    func write(_ name: String, _ content: [UInt8]) throws(KeyFolderError) {
        let path = file(name)
        let temporary = file(".\(name).\(Hexadecimal.encode(Random.bytes(8))).tmp")
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fault(temporary, "make it") }
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let saved = written == content.count && fsync(descriptor) == 0
        let problem = saved ? nil : fault(temporary, "write it")
        close(descriptor)
        if let problem {
            unlink(temporary)
            throw problem
        }
        guard rename(temporary, path) == 0 else {
            let problem = fault(path, "put it in place")
            unlink(temporary)
            throw problem
        }
        try synchronize()
    }

    /// Removes a file; one that is not there is no fault.
    func remove(_ name: String) throws(KeyFolderError) {
        guard unlink(file(name)) == 0 || errno == ENOENT else { throw fault(file(name), "remove it") }
        try synchronize()
    }

    /// Removes what a crash left of unfinished writes. Only under the lock.
    func sweep() {
        for name in names() where name.hasPrefix(".") && name.hasSuffix(".tmp") { unlink(file(name)) }
    }

    /// The names in the folder, in no order; none when it cannot be read.
    func names() -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { buffer in
                    String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names
    }

    private func synchronize() throws(KeyFolderError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw fault(path, "open it") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(path, "write it to disk") }
    }

    // MARK: Lock

    private static let lockName = ".lock"

    /// Runs `body` while no other process or thread writes; waits for its turn.
    func exclusively<T>(_ body: () throws(KeyFolderError) -> T) throws(KeyFolderError) -> T {
        let path = file(Self.lockName)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fault(path, "open it") }
        defer { close(descriptor) }
        try lock(descriptor, LOCK_EX)
        return try body()
    }

    /// Runs `body` while no process writes. Without a lock file (a read-only copy) there is nobody to wait for.
    func sharing<T>(_ body: () throws(KeyFolderError) -> T) throws(KeyFolderError) -> T {
        let descriptor = open(file(Self.lockName), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        try lock(descriptor, LOCK_SH)
        return try body()
    }

    /// The lock ends when the descriptor is closed, also by a crash.
    private func lock(_ descriptor: Int32, _ kind: Int32) throws(KeyFolderError) {
        while flock(descriptor, kind) != 0 {
            guard errno == EINTR else { throw fault(file(Self.lockName), "lock it") }
        }
    }

    private func fault(_ path: String, _ operation: String) -> KeyFolderError {
        .system(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}
