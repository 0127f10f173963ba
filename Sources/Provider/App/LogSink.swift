import Glibc
import Synchronization

/// Where log lines go: a file descriptor that is never waited for.
///
/// A line is written by one `write(2)` when the descriptor takes it at once (`poll(2)` says so, and a pipe that is ready takes 4,096 bytes).
/// Otherwise it waits in a bounded buffer for the next line's turn; when that is full, lines are dropped and counted, and the count is logged. A
/// reader that stalls, a full disk or a stopped terminal therefore never delays a request.
final class LogSink: Sendable {
    /// The longest line, in bytes: what a pipe takes whole (`PIPE_BUF`).
    static let longestLine = 4096
    private static let longestBacklog = 256 << 10

    private struct State {
        var backlog: [UInt8] = []
        var dropped = 0
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    /// Standard error.
    static let standardError = LogSink(descriptor: STDERR_FILENO)

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes one line, at most ``longestLine`` bytes with its line end.
    func write(_ line: [UInt8]) {
        state.withLock { state in
            if !state.backlog.isEmpty { drain(&state) }
            if state.backlog.isEmpty {
                if state.dropped > 0, put(Self.notice(state.dropped)[...]) > 0 { state.dropped = 0 }
                let written = put(line[...])
                if written < line.count { keep(line[written...], &state) }
            } else {
                keep(line[...], &state)
            }
        }
    }

    /// Writes what waits, for at most `patience`; for the end of the process.
    func flush(patience: Duration = .seconds(1)) {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            let isDone = state.withLock { state in
                drain(&state)
                return state.backlog.isEmpty
            }
            if isDone { return }
            usleep(5000)
        }
    }

    private func keep(_ bytes: ArraySlice<UInt8>, _ state: inout State) {
        if state.backlog.count + bytes.count <= Self.longestBacklog {
            state.backlog += bytes
        } else {
            state.dropped += 1
        }
    }

    private func drain(_ state: inout State) {
        var done = 0
        while done < state.backlog.count {
            let written = put(state.backlog[done..<min(done + Self.longestLine, state.backlog.count)])
            if written == 0 { break }
            done += written
        }
        state.backlog.removeFirst(done)
    }

    /// Bytes the descriptor took without waiting; all, some or none.
    private func put(_ bytes: ArraySlice<UInt8>) -> Int {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&request, 1, 0) == 1, request.revents & Int16(POLLOUT) != 0 else { return 0 }
        return bytes.withUnsafeBytes { max(0, Glibc.write(descriptor, $0.baseAddress, $0.count)) }
    }

    private static func notice(_ count: Int) -> [UInt8] {
        let time = WallClock.text(WallClock.now())
        return [UInt8](#"{"ts":"\#(time)","level":"warning","msg":"log lines were dropped","count":\#(count)}"#.utf8)
            + [0x0A]
    }
}
