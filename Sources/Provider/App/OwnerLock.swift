import Glibc

/// An advisory lock on a file (`flock(2)`), which ends with the process however the process ends. Never inherited by children.
final class OwnerLock: Sendable {
    enum Kind: Sendable {
        case shared, exclusive

        fileprivate var operation: Int32 {
            switch self {
            case .shared: LOCK_SH
            case .exclusive: LOCK_EX
            }
        }
    }

    private let descriptor: Int32

    /// Opens the lock file, creating it for `owner` (0600); takes no lock yet.
    init(path: String, owner: PostgresUser) throws(PrivatePostgresFault) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("\(path) cannot be opened") }
        if geteuid() == 0 { _ = fchown(descriptor, owner.uid, owner.gid) }
    }

    deinit { close(descriptor) }

    /// Takes the lock, or turns the one held into `kind`; false when another holds it. Failing to turn it gives up the one held.
    func tryLock(_ kind: Kind) -> Bool { flock(descriptor, kind.operation | LOCK_NB) == 0 }

    /// Takes the lock within `patience`.
    func lock(_ kind: Kind, patience: Duration) async -> Bool {
        let end = ContinuousClock.now + patience
        while !tryLock(kind) {
            guard ContinuousClock.now < end else { return false }
            await uninterruptedSleep(.milliseconds(10))
        }
        return true
    }

    func unlock() { flock(descriptor, LOCK_UN) }
}
