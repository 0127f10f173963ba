import Synchronization

/// The signing keys of a running server: which one signs by an algorithm, and which ones verify.
///
/// Reads come from an immutable snapshot; a change of the folder by another process is noticed by ``reloadIfChanged()``.
public final class KeyRing: Sendable {
    private struct Snapshot: Sendable {
        var current: [SignatureAlgorithm: SigningKey] = [:]
        var verification: [String: JWK] = [:]
        var published = JWKSet([])
        var records: [KeyRecord] = []
        var stamp: PrivateDirectory.Stamp?
    }

    private let folder: KeyFolder?
    private let snapshot: Mutex<Snapshot>

    /// Loads the keys of a folder: the private half of those that sign, the public half of all.
    /// - Parameter folder: checked for modes and owners on the way.
    /// - Throws: ``KeyFolderError``.
    public init(folder: KeyFolder) throws(KeyFolderError) {
        self.folder = folder
        snapshot = Mutex(try Self.load(folder, keeping: [:]))
    }

    /// A ring in memory, which never changes.
    /// - Parameter keys: with their states; of two current keys for one algorithm the later counts.
    public init(keys: [(key: SigningKey, state: KeyState)]) {
        folder = nil
        var content = Snapshot()
        for (key, state) in keys {
            if state == .current { content.current[key.algorithm] = key }
            content.verification[key.kid] = key.publicJWK
        }
        content.published = JWKSet(keys.map(\.key.publicJWK))
        snapshot = Mutex(content)
    }

    /// The key that signs by an algorithm.
    /// - Throws: ``CryptographyError/noCurrentKey(_:)``.
    public func current(for algorithm: SignatureAlgorithm) throws(CryptographyError) -> SigningKey {
        guard let key = snapshot.withLock({ $0.current[algorithm] }) else { throw .noCurrentKey(algorithm) }
        return key
    }

    /// The algorithms that have a key to sign with.
    public var algorithms: [SignatureAlgorithm] {
        let current = snapshot.withLock { $0.current }
        return SignatureAlgorithm.allCases.filter { current[$0] != nil }
    }

    /// The public half of a key in any state, by its name.
    public func verificationKey(kid: String) -> JWK? {
        snapshot.withLock { $0.verification[kid] }
    }

    /// Whether one of these keys, retiring ones included, made the signature.
    public func hasSigned(_ jws: ParsedJWS) -> Bool {
        guard let key = jws.kid.flatMap({ verificationKey(kid: $0) }) else { return false }
        return jws.isSigned(by: key)
    }

    /// The keys to publish: next, current and retiring.
    public var published: JWKSet {
        snapshot.withLock { $0.published }
    }

    /// What the folder says of its keys; empty for a ring in memory.
    public var records: [KeyRecord] {
        snapshot.withLock { $0.records }
    }

    /// Loads the folder again if its list is another one than before; costs one `stat` otherwise.
    /// - Returns: whether anything was loaded.
    /// - Throws: ``KeyFolderError``; the keys stay as they were then.
    @discardableResult
    public func reloadIfChanged() throws(KeyFolderError) -> Bool {
        guard let folder else { return false }
        let (stamp, held) = snapshot.withLock { ($0.stamp, $0.current) }
        guard folder.directory.stamp(KeyManifest.file) != stamp else { return false }
        let byName = Dictionary(held.values.map { ($0.kid, $0) }, uniquingKeysWith: { first, _ in first })
        let fresh = try Self.load(folder, keeping: byName)
        snapshot.withLock { $0 = fresh }
        return true
    }

    /// Keys that are already open are kept, so that a reload does not derive their passphrase again.
    private static func load(
        _ folder: KeyFolder,
        keeping held: [String: SigningKey]
    ) throws(KeyFolderError) -> Snapshot {
        try folder.directory.check()
        return try folder.directory.sharing { () throws(KeyFolderError) in
            var content = Snapshot()
            content.stamp = folder.directory.stamp(KeyManifest.file)
            content.records = try folder.manifest().keys
            let signing = content.records.filter { $0.state == .current }
            let opened = ParallelThreads.map(signing) { record in
                Result { () throws(KeyFolderError) in
                    if let key = held[record.kid], key.publicJWK == record.publicJWK { return key }
                    return try folder.signingKey(record)
                }
            }
            for result in opened {
                let key = try result.get()
                content.current[key.algorithm] = key
            }
            for record in content.records { content.verification[record.kid] = record.publicJWK }
            content.published = JWKSet(content.records.map(\.publicJWK))
            return content
        }
    }
}
