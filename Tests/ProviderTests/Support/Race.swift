import Glibc
import Testing

/// Runs the same thing many times at once.
func race<Value: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for number in 0..<count { group.addTask { try await body(number) } }
        var values: [Value] = []
        for try await value in group { values.append(value) }
        return values
    }
}

/// Blocks the thread, as a resolver of the C library does.
func sleepBlocking(seconds: UInt32) { _ = Glibc.sleep(seconds) }

/// Waits until something holds, a second at most.
func eventually(
    within limit: Duration = .seconds(1),
    _ condition: @Sendable () async throws -> Bool,
    location: SourceLocation = #_sourceLocation
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await condition(), "not within \(limit)", sourceLocation: location)
}
