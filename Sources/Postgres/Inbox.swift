import CLibPQ
import Glibc
import Synchronization

/// What callers on any thread ask of the reactor's thread.
enum Command: Sendable {
    case read(Call)
    /// A write, or a statement, commit or rollback of a transaction.
    case leased(Call)
    case cancel(Call)
    case subscribe(Subscription)
    case unsubscribe(Subscription)
    case resolved([String: [String]])
    case shutDown(limit: UInt64, whenDone: @Sendable () -> Void)
}

/// The way into the reactor: a queue under a lock, and an eventfd that is rung only when the reactor sleeps.
final class Inbox: Sendable {
    private struct State {
        var commands: [Command] = []
        var sleeping = false
        var closed = false
    }

    private let state = Mutex(State())
    let bell: Int32

    init(bell: Int32) {
        self.bell = bell
    }

    deinit {
        Glibc.close(bell)
    }

    /// Puts a command in.
    ///
    /// - Returns: `false` when the reactor has ended and will never look.
    func post(_ command: Command) -> Bool {
        let (accepted, ring) = state.withLock { state -> (Bool, Bool) in
            if state.closed { return (false, false) }
            state.commands.append(command)
            defer { state.sleeping = false }
            return (true, state.sleeping)
        }
        if ring {
            var one: UInt64 = 1
            _ = Glibc.write(bell, &one, 8)
        }
        return accepted
    }

    /// Swaps all commands out; with none, notes that the reactor goes to sleep and must be rung.
    func take(into commands: inout [Command]) {
        state.withLock { state in
            swap(&state.commands, &commands)
            state.sleeping = commands.isEmpty
        }
    }

    /// Refuses everything from now on and hands out what was left.
    func close() -> [Command] {
        state.withLock { state in
            state.closed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}
