/// Argon2id (RFC 9106) behind a bulkhead: threads of its own and a bounded queue, so that a flood of logins delays other
/// logins and nothing else.
///
/// Before Argon2id the password goes through HMAC-SHA-256 under a *pepper*, a key that the database does not hold.
/// Owns: parameters, records, threads. Never: rules for passwords, accounts, throttles.
public final class PasswordHasher: Sendable {
    /// The cost of one hash.
    public struct Parameters: Sendable, Equatable {
        /// Memory in KiB, 8 × lanes to 1,048,576.
        public let memory: Int
        /// Passes over the memory, 1 to 64.
        public let iterations: Int
        /// Lanes, 1 to 16; they are computed one after the other.
        public let lanes: Int

        /// 19,456 KiB, 2 passes, 1 lane: what OWASP names as the least.
        public static let standard = Parameters(unchecked: 19_456, 2, 1)

        /// Checks the bounds; nil outside of them.
        public init?(memory: Int, iterations: Int, lanes: Int) {
            guard (1...16).contains(lanes), (1...64).contains(iterations),
                (8 * lanes...1_048_576).contains(memory)
            else { return nil }
            self.init(unchecked: memory, iterations, lanes)
        }

        private init(unchecked memory: Int, _ iterations: Int, _ lanes: Int) {
            self.memory = memory
            self.iterations = iterations
            self.lanes = lanes
        }
    }

    /// The answer to a comparison.
    public enum Verification: Sendable, Equatable {
        /// The password is right; hash it anew when parameters or pepper have risen since.
        case matches(needsRehash: Bool)
        /// The password is wrong, or there was no record.
        case differs
    }

    /// The greatest size of a password in bytes of UTF-8; longer ones cost time before they are refused.
    public static let longestPassword = 1024

    /// The cost of new hashes.
    public let parameters: Parameters
    private let peppers: [Int: Secret<[UInt8]>]
    private let pepperVersion: Int?
    let threads: HashingThreads
    /// Stands for the record of an account that does not exist; its tag is never compared.
    private let dummySalt = Random.bytes(16)

    /// Starts the threads; they end with the hasher.
    /// - Parameters:
    ///   - parameters: the cost of new hashes.
    ///   - peppers: keys by version, 1 and up; new hashes use the highest. Without any there is no pepper.
    ///   - workers: threads, which is also how many hashes run at once; by default one a core.
    ///   - queueLimit: passwords that may wait.
    ///   - maximumWait: how long one may wait before it is given up.
    public init(
        parameters: Parameters = .standard,
        peppers: [Int: Secret<[UInt8]>],
        workers: Int? = nil,
        queueLimit: Int = 64,
        maximumWait: Duration = .seconds(1)
    ) {
        self.parameters = parameters
        self.peppers = peppers
        pepperVersion = peppers.keys.max()
        threads = HashingThreads(
            count: max(workers ?? HashingThreads.cores, 1),
            queueLimit: max(queueLimit, 0),
            maximumWait: maximumWait
        )
    }

    deinit {
        threads.stop()
    }

    /// How many passwords wait for a thread at this moment; a gauge for whoever watches the server.
    public var waiting: Int { threads.waitingCount }

    /// Hashes a new password.
    /// - Parameter password: at most ``longestPassword`` bytes; taken as it is, without normalisation.
    /// - Returns: the PHC string to store.
    /// - Throws: ``PasswordHasherError``.
    public func hash(_ password: String) async throws(PasswordHasherError) -> String {
        let salt = Random.bytes(16)
        let tag = try await tag(password, parameters, pepperVersion, salt: salt, size: 32)
        return PasswordRecord(parameters: parameters, pepperVersion: pepperVersion, salt: salt, tag: tag).text
    }

    /// Compares a password with a stored record.
    ///
    /// Without a record the same work is done under the present parameters, so that the time does not tell whether the
    /// account exists.
    /// - Parameters:
    ///   - password: what was typed.
    ///   - record: the stored PHC string, or nil when there is no such account.
    /// - Returns: whether they belong together, and whether to hash anew.
    /// - Throws: ``PasswordHasherError``; `busy` says nothing about the password.
    public func verify(
        _ password: String,
        against record: String?
    ) async throws(PasswordHasherError) -> Verification {
        guard let record else {
            _ = try await tag(password, parameters, pepperVersion, salt: dummySalt, size: 32)
            return .differs
        }
        guard let stored = PasswordRecord(record) else { throw .malformedRecord }
        let computed = try await tag(
            password,
            stored.parameters,
            stored.pepperVersion,
            salt: stored.salt,
            size: stored.tag.count
        )
        guard ConstantTime.equal(computed, stored.tag) else { return .differs }
        return .matches(needsRehash: needsRehash(stored))
    }

    /// Whether a record was made with less memory, fewer passes, an older pepper or a shorter salt or tag than a new one
    /// would be; true for a record that is not one of ours.
    public func needsRehash(_ record: String) -> Bool {
        PasswordRecord(record).map { needsRehash($0) } ?? true
    }

    private func needsRehash(_ record: PasswordRecord) -> Bool {
        record.parameters.memory < parameters.memory || record.parameters.iterations < parameters.iterations
            || (record.pepperVersion ?? 0) < (pepperVersion ?? 0) || record.salt.count < 16 || record.tag.count < 32
    }

    private func tag(
        _ password: String,
        _ parameters: Parameters,
        _ version: Int?,
        salt: [UInt8],
        size: Int
    ) async throws(PasswordHasherError) -> [UInt8] {
        let bytes = Array(password.utf8)
        guard bytes.count <= Self.longestPassword else { throw .passwordTooLong }
        var input = bytes
        if let version {
            guard let pepper = peppers[version] else { throw .unknownPepper(version: version) }
            input = HMAC.sha256(key: pepper.reveal(), bytes)
        }
        let work = Argon2id(parameters: parameters, salt: salt, size: size)
        return try await threads.run { [input] () throws(PasswordHasherError) in try work.hash(input) }
    }
}
