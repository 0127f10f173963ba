import Glibc

/// The log of the private PostgreSQL: one file PostgreSQL appends to, and the one before it.
struct PostgresLog: Sendable {
    let path: String
    let user: PostgresUser
    /// The size at which the log is moved aside, in bytes.
    let largest: Int

    /// Opens the log for a child to append to. The caller closes it.
    func open() throws(PrivatePostgresFault) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("\(path) cannot be opened") }
        if geteuid() == 0 { _ = fchown(descriptor, user.uid, user.gid) }
        return descriptor
    }

    /// Copies a log that has grown too large to `….1` and empties it, while PostgreSQL goes on appending. A line written in between is lost.
    func rotateIfLarge() {
        var status = stat()
        guard lstat(path, &status) == 0, Int(status.st_size) > largest, status.st_mode & S_IFMT == S_IFREG else {
            return
        }
        let source = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { return }
        defer { close(source) }
        unlink("\(path).1")
        let target = Glibc.open("\(path).1", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if target >= 0 {
            // The end of it is what matters, should it have grown beyond all bounds.
            var offset = max(0, Int(status.st_size) - largest)
            while offset < Int(status.st_size) {
                let copied = sendfile(target, source, &offset, Int(status.st_size) - offset)
                if copied <= 0 { break }
            }
            if geteuid() == 0 { _ = fchown(target, user.uid, user.gid) }
            close(target)
        }
        _ = ftruncate(source, 0)
    }

    /// The last line at level FATAL or PANIC among the last 4 KiB, without its time; for a fault's sentence.
    func lastFatal() -> String? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - 4096), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        for line in text.split(separator: "\n").reversed() {
            for level in ["FATAL:", "PANIC:"] {
                if let range = line.firstRange(of: level) {
                    return String(line[range.upperBound...].drop { $0 == " " })
                }
            }
        }
        return nil
    }
}
