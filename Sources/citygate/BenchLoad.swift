import Glibc

/// What one connection of the load generator says next.
enum BenchStep {
    case send(BenchRequest)
    /// The round is done; the next one begins at once.
    case finished
}

/// A conversation that one connection repeats. A value of its own for each connection.
protocol BenchScript {
    /// What to do after an answer to the request before; without one, a round begins.
    /// - Throws: when the answer is not the expected one.
    mutating func next(after answer: BenchAnswer?) throws(BenchFault) -> BenchStep
}

/// What one measurement found.
struct BenchLoadResult {
    /// Rounds that ended within the time.
    var rounds = 0
    /// The same with those before it, while the server warmed up.
    var allRounds = 0
    /// Seconds.
    var seconds = 0.0
    var failures = 0
    var firstFailure: String?
    /// Microseconds of each round.
    var latencies: [Int] = []

    var perSecond: Double { seconds > 0 ? Double(rounds) / seconds : 0 }

    static func += (left: inout BenchLoadResult, right: BenchLoadResult) {
        left.rounds += right.rounds
        left.allRounds += right.allRounds
        left.seconds += right.seconds
        left.failures += right.failures
        left.firstFailure = left.firstFailure ?? right.firstFailure
        left.latencies += right.latencies
    }

    /// Milliseconds.
    func percentile(_ share: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        let sorted = latencies.sorted()
        return Double(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]) / 1000
    }
}

/// The load generator: one thread, blocking sockets behind `poll`, HTTP/1.1 with keep-alive, one request in flight on each
/// connection. It does next to nothing itself, so that the server beside it gets the machine. Between two samples its connections rest, with
/// an answer waiting on each.
final class BenchLoad {
    private let port: Int
    private let talks: [Talk]
    private var polled: [pollfd] = []
    private var result = BenchLoadResult()
    private var hasBegun = false

    /// A connection with its conversation; a class because an array cannot hold what cannot be copied.
    private final class Talk {
        private(set) var socket: BenchSocket
        var script: any BenchScript
        var inbox: [UInt8] = []
        var begun = ContinuousClock.now

        init(_ script: any BenchScript, port: Int) throws(BenchFault) {
            self.script = script
            socket = try BenchSocket(port: port)
            inbox.reserveCapacity(32 << 10)
        }

        func reconnect(port: Int) throws(BenchFault) {
            socket = try BenchSocket(port: port)
            inbox.removeAll(keepingCapacity: true)
        }
    }

    /// Opens a connection for every script.
    /// - Throws: when nobody listens there.
    init(_ scripts: [any BenchScript], port: Int) throws(BenchFault) {
        self.port = port
        var talks: [Talk] = []
        for script in scripts { talks.append(try Talk(script, port: port)) }
        self.talks = talks
    }

    /// Goes on with every script over its connection.
    /// - Parameter seconds: how long is measured; a fifth of it is spent before, so that caches and pools are warm.
    /// - Returns: figures of the measured time alone.
    /// - Throws: when the server goes away or nothing succeeds.
    func sample(seconds: Double) throws(BenchFault) -> BenchLoadResult {
        result = BenchLoadResult()
        if !hasBegun { for talk in talks { try begin(talk) } }
        hasBegun = true
        try loop(until: ContinuousClock.now + .seconds(seconds / 5))
        result = BenchLoadResult(allRounds: result.rounds)
        let start = ContinuousClock.now
        try loop(until: start + .seconds(seconds))
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        result.allRounds += result.rounds
        guard result.rounds > 0 else {
            throw BenchFault("nothing succeeded; first failure: \(result.firstFailure ?? "no answer in time")")
        }
        return result
    }

    private func loop(until end: ContinuousClock.Instant) throws(BenchFault) {
        polled = talks.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
        while true {
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            guard left > 0 else { return }
            guard poll(&polled, nfds_t(polled.count), Int32(left.rounded(.up))) > 0 else { continue }
            for index in polled.indices where polled[index].revents != 0 {
                try advance(talks[index])
                polled[index].fd = talks[index].socket.descriptor
            }
        }
    }

    private func advance(_ talk: Talk) throws(BenchFault) {
        do throws(BenchFault) {
            try talk.socket.receive(into: &talk.inbox)
            guard let answer = try BenchAnswer(taking: &talk.inbox) else { return }
            switch try talk.script.next(after: answer) {
            case .send(let request): try talk.socket.send(request.bytes)
            case .finished:
                result.rounds += 1
                result.latencies.append(Int((ContinuousClock.now - talk.begun) / .microseconds(1)))
                try begin(talk)
            }
        } catch {
            result.failures += 1
            if result.firstFailure == nil { result.firstFailure = error.description }
            guard result.failures < 1000 else {
                throw BenchFault("1000 failures; the first: \(result.firstFailure ?? "")")
            }
            try talk.reconnect(port: port)
            try begin(talk)
        }
    }

    private func begin(_ talk: Talk) throws(BenchFault) {
        talk.begun = ContinuousClock.now
        guard case .send(let request) = try talk.script.next(after: nil) else {
            throw BenchFault("a conversation without a request")
        }
        try talk.socket.send(request.bytes)
    }
}
