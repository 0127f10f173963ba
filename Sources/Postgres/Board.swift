import Glibc
import Synchronization

/// Counts of a `Database`, for readiness checks and metrics.
public struct DatabaseMetrics: Sendable, Equatable {
    /// One lane of connections.
    public struct Lane: Sendable, Equatable {
        /// Connections that are open.
        public var open = 0
        /// Connections that are being opened.
        public var opening = 0
        /// Callers that have a connection, or a share of one.
        public var inUse = 0
        /// Callers that wait for a connection.
        public var waiting = 0
    }

    /// The shared connections for reads.
    public var reads = Lane()
    /// The exclusive connections for transactions and durable writes.
    public var writes = Lane()
    /// Whether the connection for notifications is up; `false` also when nobody asked for any.
    public var isListening = false
}

/// Where the reactor posts its counts for others to read.
final class Board: Sendable {
    private let metrics = Mutex(DatabaseMetrics())

    var snapshot: DatabaseMetrics { metrics.withLock { $0 } }

    func publish(reads: DatabaseMetrics.Lane, writes: DatabaseMetrics.Lane, listening: Bool) {
        metrics.withLock { $0 = DatabaseMetrics(reads: reads, writes: writes, isListening: listening) }
    }
}

extension PoolState.Counts {
    var lane: DatabaseMetrics.Lane { .init(open: open, opening: opening, inUse: leases, waiting: waiting) }
}

/// Nanoseconds of the clock that never jumps.
func monotonic() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
