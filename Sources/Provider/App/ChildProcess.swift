import Glibc

/// Starts programs with nothing of ours in their hands: no descriptor but the standard three, a small environment, a session of their own
/// (so that Ctrl-C at the terminal reaches us and not them).
enum ChildProcess {
    /// Where a child's standard output and error go.
    enum Output {
        /// An open descriptor, which stays ours to close.
        case descriptor(Int32)
        case nowhere
    }

    /// `POSIX_SPAWN_SETSID` of glibc, which its headers show to GNU sources only.
    private static let newSession: Int16 = 0x80
    /// The environment of every child: nothing that is set for us is meant for them.
    private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", "LC_ALL=C", "TZ=UTC"]

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    /// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34, behind the same wall.
    private static let closeFrom: CloseFrom? = {
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return nil }
        return unsafeBitCast(symbol, to: CloseFrom.self)
    }()

    /// Starts `arguments[0]`, an absolute path, and returns its process id. The caller reaps it.
    static func spawn(
        _ arguments: [String],
        input: Int32? = nil,
        output: Output,
        environment extra: [String] = []
    ) throws(PrivatePostgresFault) -> pid_t {
        guard let program = arguments.first else { throw PrivatePostgresFault("no program to start") }
        guard let closeFrom else { throw PrivatePostgresFault("the C library is older than glibc 2.34") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        switch output {
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
        case .nowhere: posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        _ = closeFrom(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

        var pid = pid_t()
        let code = withCStrings(arguments) { arguments in
            withCStrings(environment + extra) { environment in
                posix_spawn(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw .system("\(program) cannot be started", code) }
        return pid
    }

    /// How a child ended.
    struct End: Sendable, Equatable {
        let status: Int32
        /// Whether it ended by itself with exit code 0.
        var isSuccess: Bool { status == 0 }
    }

    /// Reaps `pid` if it has ended; nil while it runs. A child that somebody else has reaped counts as ended.
    static func reap(_ pid: pid_t) -> End? {
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, WNOHANG)
            if result == pid { return End(status: status) }
            if result == 0 { return nil }
            if errno != EINTR { return End(status: -1) }
        }
    }

    /// Runs a program to its end and returns what it wrote, at most what a pipe holds (64 KiB). Ends it after `deadline`.
    static func run(
        _ arguments: [String],
        input: String = "",
        deadline: Duration
    ) async throws(PrivatePostgresFault) -> (end: End, output: String) {
        let (outputEnd, childOutput) = try makePipe()
        let (childInput, inputEnd) = try makePipe()
        defer { close(outputEnd) }
        let pid = try spawn(arguments, feeding: input, through: (childInput, inputEnd), into: childOutput)
        let last = ContinuousClock.now + deadline
        while true {
            if let end = reap(pid) { return (end, read(outputEnd)) }
            if ContinuousClock.now > last { kill(-pid, SIGKILL) }
            await uninterruptedSleep(.milliseconds(5))
        }
    }

    /// Starts a child with `input` waiting for it in a pipe, and closes our copies of its ends.
    private static func spawn(
        _ arguments: [String],
        feeding input: String,
        through pipe: (reading: Int32, writing: Int32),
        into output: Int32
    ) throws(PrivatePostgresFault) -> pid_t {
        defer { for descriptor in [pipe.writing, pipe.reading, output] { close(descriptor) } }
        // A pipe holds far more than this, so nobody waits; and its other end is still open here, so there is no SIGPIPE.
        var text = [UInt8](input.utf8.prefix(4096))
        _ = write(pipe.writing, &text, text.count)
        return try spawn(arguments, input: pipe.reading, output: .descriptor(output))
    }

    private static func read(_ descriptor: Int32) -> String {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private static func makePipe() throws(PrivatePostgresFault) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

/// Sleeps its full time, whether or not the task is cancelled: for work that must be finished once begun.
func uninterruptedSleep(_ duration: Duration) async {
    await Task.detached { try? await Task.sleep(for: duration) }.value
}
