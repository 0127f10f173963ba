import Glibc
import Synchronization
import Testing

@testable import Cryptography

@Suite struct `The hashing threads` {
    @Test func `turn away what comes when the queue is full`() async throws {
        let gate = Gate()
        let threads = HashingThreads(count: 2, queueLimit: 3, maximumWait: .seconds(60))
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 { group.addTask { await done(threads) { gate.wait() } } }
            await gate.reached(2)
            for _ in 0..<10 { group.addTask { await done(threads) {} } }
            // The seven too many are turned away while the threads are still held.
            var refused = 0
            while refused < 7, let result = await group.next() { refused += result ? 0 : 1 }
            gate.open()
            return await group.reduce(into: [Bool](repeating: false, count: refused)) { $0.append($1) }
        }
        #expect(results.filter { $0 }.count == 5)
        #expect(results.filter { !$0 }.count == 7)
        threads.stop()
    }

    @Test func `turn away what has waited too long, and go on`() async throws {
        let gate = Gate()
        let threads = HashingThreads(count: 1, queueLimit: 10, maximumWait: .milliseconds(20))
        await withTaskGroup(of: Bool.self) { group in
            // The first may wait for its thread to start, so it tries until it runs.
            group.addTask {
                while !(await done(threads) { gate.wait() }) {}; return true
            }
            await gate.reached(1)
            let late = Task { await done(threads) {} }
            while threads.waitingCount < 1 { await Task.yield() }
            usleep(40_000)
            gate.open()
            #expect(await late.value == false)
            await group.waitForAll()
        }
        var ran = false
        while !ran { ran = await done(threads) {} }
        threads.stop()
    }

    @Test func `answer busy to everybody when they stop`() async throws {
        let gate = Gate()
        let threads = HashingThreads(count: 1, queueLimit: 10, maximumWait: .seconds(60))
        let held = Task { await done(threads) { gate.wait() } }
        await gate.reached(1)
        let queued = Task { await done(threads) {} }
        while threads.waitingCount < 1 { await Task.yield() }
        threads.stop()
        #expect(await queued.value == false)
        gate.open()
        #expect(await held.value)
        #expect(await done(threads) {} == false)
    }

    @Test func `give memory back after each hash`() async throws {
        let hasher = PasswordHasher(peppers: [:], workers: 1)
        _ = try await hasher.hash("warm")
        let before = try residentPages()
        for _ in 0..<3 { _ = try await hasher.hash("x") }
        let grown = (try residentPages() - before) * 4096
        // Other suites run beside this one; one kept hash would be 19 MiB on top of all.
        #expect(grown < 200 << 20)
    }

    private func residentPages() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        try #require(fgets(&line, 200, file) != nil)
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}

/// Whether the work ran; false when the threads were busy.
private func done(_ threads: HashingThreads, _ work: @escaping @Sendable () -> Void) async -> Bool {
    do {
        _ = try await threads.run { () throws(PasswordHasherError) in
            work()
            return []
        }
        return true
    } catch {
        return false
    }
}

/// Holds work back until it is opened.
final class Gate: Sendable {
    private let opened = Atomic(false)
    let waiting = Atomic(0)

    func wait() {
        waiting.add(1, ordering: .sequentiallyConsistent)
        while !opened.load(ordering: .sequentiallyConsistent) { usleep(200) }
    }

    func open() { opened.store(true, ordering: .sequentiallyConsistent) }

    func reached(_ count: Int) async {
        while waiting.load(ordering: .sequentiallyConsistent) < count { await Task.yield() }
    }
}
