import Cryptography

/// What the machine reaches without a server: signing and password hashing alone.
enum BenchCeilings {
    /// Signatures a second of one thread.
    static func signing(_ algorithm: SignatureAlgorithm, seconds: Double) throws -> Double {
        let key = try SigningKey.generate(algorithm)
        let message = Random.bytes(400)
        for _ in 0..<20 { _ = try key.sign(message) }
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            for _ in 0..<10 { _ = try key.sign(message) }
            count += 10
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    /// Password verifications a second by as many threads as the server uses, always fully busy.
    static func passwords(seconds: Double, workers: Int) async throws -> Double {
        let hasher = PasswordHasher(peppers: [1: Secret(Random.bytes(32))], workers: workers)
        let record = try await hasher.hash("Citygate-2026")
        let start = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<(workers * 2) {
                group.addTask {
                    var done = 0
                    while ContinuousClock.now - start < .seconds(seconds) {
                        _ = try await hasher.verify("Citygate-2026", against: record)
                        done += 1
                    }
                    return done
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }
}
