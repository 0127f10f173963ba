import Cryptography
import Synchronization

/// What this process found out about tokens and need not find out again. Bounded: it keeps what was met lately and forgets the
/// rest. A token is known by its digest; its text is not kept.
final class TokenMemory<Value: Sendable>: Sendable {
    /// The SHA-256 of a token.
    struct Name: Hashable, Sendable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        init(of token: String) {
            let digest = Digest.sha256(token.utf8)
            func word(_ index: Int) -> UInt64 {
                digest[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) }
            }
            words = (word(0), word(1), word(2), word(3))
        }

        static func == (left: Name, right: Name) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) {
            // A digest is evenly spread already, and nobody can choose two with one beginning.
            hasher.combine(words.0)
        }
    }

    struct Entry: Sendable {
        let value: Value
        /// The key that signed the token; nil for one that no key signed.
        let keyID: String?
    }

    /// Two generations: what is met moves to the young one; when that is full it becomes the old one, and the old one goes.
    private struct Generations {
        var young: [Name: Entry] = [:]
        var old: [Name: Entry] = [:]
    }

    /// A lock of its own for every part, so that processors do not wait for each other.
    private final class Shard: Sendable {
        let generations = Mutex(Generations())
    }

    private let shards: [Shard]
    private let limit: Int

    /// - Parameters:
    ///   - capacity: the most tokens remembered.
    ///   - count: the number of locks.
    init(capacity: Int, shards count: Int = 8) {
        shards = (0..<max(count, 1)).map { _ in Shard() }
        limit = max(capacity / 2 / shards.count, 1)
    }

    func find(_ name: Name) -> Entry? {
        shard(of: name).generations.withLock { held in
            if let entry = held.young[name] { return entry }
            guard let entry = held.old.removeValue(forKey: name) else { return nil }
            insert(name, entry, into: &held)
            return entry
        }
    }

    func remember(_ name: Name, _ entry: Entry) {
        shard(of: name).generations.withLock { insert(name, entry, into: &$0) }
    }

    func forget(_ name: Name) {
        shard(of: name).generations.withLock {
            $0.young[name] = nil
            $0.old[name] = nil
        }
    }

    /// How many tokens are remembered.
    var count: Int { shards.reduce(0) { $0 + $1.generations.withLock { $0.young.count + $0.old.count } } }

    private func insert(_ name: Name, _ entry: Entry, into held: inout Generations) {
        if held.young.count >= limit {
            held.old = held.young
            held.young = [:]
        }
        held.young[name] = entry
    }

    private func shard(of name: Name) -> Shard { shards[Int(name.words.3 % UInt64(shards.count))] }
}
