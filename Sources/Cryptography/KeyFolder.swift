public import FoundationEssentials

/// The folder that holds the signing keys and the symmetric secrets.
///
/// `keyring.json` lists the signing keys, each has a PKCS#8 PEM file `<kid>.pem`, and `secrets.json` holds the rest. The
/// folder has mode 0700 and the files 0600; anything that others could read is refused. Writes are atomic and survive a
/// crash; a lock keeps processes apart. Owns: files, states of keys. Never: the clock, which the caller brings, and the
/// decision when to rotate.
public struct KeyFolder: Sendable {
    /// The folder.
    public let path: String

    let directory: PrivateDirectory
    let passphrase: Secret<[UInt8]>?

    /// Names a folder; nothing is touched yet.
    /// - Parameters:
    ///   - path: the folder, for example `Keys`.
    ///   - passphrase: the bytes of a passphrase or of a key file, without a trailing line end; what is written is
    ///     encrypted with it. Nil writes in clear, which is for a sandbox.
    public init(path: String, passphrase: Secret<[UInt8]>? = nil) {
        self.path = path
        self.passphrase = passphrase
        directory = PrivateDirectory(path: path)
    }

    /// Whether the folder holds a key ring; says nothing about its state.
    public var exists: Bool { directory.exists(KeyManifest.file) }

    // MARK: Creating

    /// Makes the folder with a current and a next key for each algorithm, and the secrets; leaves one that is complete
    /// as it is. Two processes may call it at once: one makes, the other waits and finds.
    /// - Parameters:
    ///   - algorithms: what to make keys for.
    ///   - rsaBits: size of RSA keys, 2,048 to 8,192.
    ///   - now: the time of creation and activation.
    /// - Returns: whether this call made it.
    /// - Throws: ``KeyFolderError``.
    @discardableResult
    public func create(
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.allCases,
        rsaBits: Int = 2048,
        now: Date
    ) throws(KeyFolderError) -> Bool {
        try directory.make()
        // A folder that holds nothing secret yet, such as the one a clone of the repository brings, becomes ours alone.
        if !exists, !directory.exists(SecretsFile.name) { try directory.shut() }
        try directory.check()
        return try directory.exclusively { () throws(KeyFolderError) in
            guard !exists else { return false }
            directory.sweep()
            // Secrets that are already there open data that is already there: they are never written over.
            if !directory.exists(SecretsFile.name) { try write(.generate()) }
            let states = algorithms.flatMap { algorithm in
                [KeyState.current, .next].map { (algorithm: algorithm, state: $0) }
            }
            let keys = try Self.generate(states.map(\.algorithm), rsaBits: rsaBits)
            var manifest = KeyManifest()
            for (key, wanted) in zip(keys, states) {
                try write(key)
                manifest.keys.append(
                    KeyRecord(
                        key,
                        state: wanted.state,
                        createdAt: now,
                        activatedAt: wanted.state == .current ? now : nil
                    )
                )
            }
            // The list comes last: a crash before it leaves a folder that the next call completes.
            try write(manifest)
            return true
        }
    }

    // MARK: Reading

    /// Checks the modes and owners of the folder and of every file that belongs to it.
    /// - Throws: ``KeyFolderError`` for the first that is not private.
    public func check() throws(KeyFolderError) {
        try directory.check()
        try directory.sharing { () throws(KeyFolderError) in
            let manifest = try manifest()
            for record in manifest.keys { _ = try directory.read(record.file) }
            _ = try directory.read(SecretsFile.name)
        }
    }

    /// The signing keys in the order of their making.
    /// - Throws: ``KeyFolderError``.
    public func keys() throws(KeyFolderError) -> [KeyRecord] {
        try directory.check()
        return try manifest().keys
    }

    /// The symmetric secrets.
    /// - Throws: ``KeyFolderError``, `wrongPassphrase` when they are sealed with another passphrase.
    public func secrets() throws(KeyFolderError) -> KeySecrets {
        try directory.check()
        let bytes = try directory.read(SecretsFile.name)
        return try SecretsFile.decode(bytes, passphrase: passphrase, path: directory.file(SecretsFile.name))
    }

    /// Whether every private key and the secrets are encrypted, as production needs.
    /// - Throws: ``KeyFolderError``.
    public func isEncrypted() throws(KeyFolderError) -> Bool {
        try directory.check()
        guard SecretsFile.isSealed(try directory.read(SecretsFile.name)) else { return false }
        for record in try manifest().keys {
            guard PrivateKeyPEM.isEncrypted(try directory.read(record.file)) else { return false }
        }
        return true
    }

    /// The retiring keys whose time has come; ``retire(_:)`` removes them.
    /// - Parameter now: the present.
    /// - Returns: those with `retireAt` at or before `now`.
    /// - Throws: ``KeyFolderError``.
    public func dueForRemoval(now: Date) throws(KeyFolderError) -> [KeyRecord] {
        try keys().filter { record in
            guard record.state == .retiring, let retireAt = record.retireAt else { return false }
            return retireAt <= now
        }
    }

    // MARK: Changing

    /// Makes a key in state `next`.
    /// - Parameters:
    ///   - algorithm: what it will sign by.
    ///   - rsaBits: size of an RSA key, 2,048 to 8,192.
    ///   - now: the time of its making.
    /// - Returns: its record.
    /// - Throws: ``KeyFolderError``.
    @discardableResult
    public func generate(
        _ algorithm: SignatureAlgorithm,
        rsaBits: Int = 2048,
        now: Date
    ) throws(KeyFolderError) -> KeyRecord {
        try changing { (manifest) throws(KeyFolderError) in
            try addNext(algorithm, rsaBits: rsaBits, now: now, to: &manifest)
        }
    }

    /// Lets a key in waiting sign; the key that signed so far becomes retiring.
    /// - Parameters:
    ///   - kid: a key in state `next`.
    ///   - now: the time of the change.
    ///   - overlap: seconds that the former key stays published: the life of the longest token, and a day.
    /// - Returns: the record of the new current key.
    /// - Throws: ``KeyFolderError``; `wrongState` for a key that is not `next`.
    @discardableResult
    public func activate(
        _ kid: String,
        now: Date,
        overlap: TimeInterval
    ) throws(KeyFolderError) -> KeyRecord {
        try changing { (manifest) throws(KeyFolderError) in
            try activate(kid, now: now, overlap: overlap, in: &manifest)
        }
    }

    /// Removes a key: it is published no more and its file is deleted. Its name is never used again.
    /// - Parameter kid: a key in any state but the only current one of its algorithm.
    /// - Throws: ``KeyFolderError``; `lastCurrent` for the only key that signs.
    public func retire(_ kid: String) throws(KeyFolderError) {
        let removed = try changing { (manifest) throws(KeyFolderError) in
            let record = try manifest.record(kid)
            if record.state == .current, manifest.current(record.algorithm).count < 2 {
                throw .lastCurrent(kid: kid, algorithm: record.algorithm)
            }
            manifest.keys.removeAll { $0.kid == kid }
            manifest.removed.append(kid)
            return record
        }
        // After the list: a crash in between leaves a file that nothing names.
        try directory.remove(removed.file)
    }

    /// Moves on: the key in waiting signs, the current one retires, and a new one waits.
    ///
    /// Where none waits, one is made and signs at once, unpublished before: relying parties must fetch it first.
    /// - Parameters:
    ///   - algorithm: which to rotate; nil rotates each algorithm that the folder has keys for.
    ///   - rsaBits: size of new RSA keys, 2,048 to 8,192.
    ///   - now: the time of the change.
    ///   - overlap: seconds that the former keys stay published.
    /// - Returns: the records of the keys that now sign.
    /// - Throws: ``KeyFolderError``; nothing has changed then.
    @discardableResult
    public func rotate(
        _ algorithm: SignatureAlgorithm? = nil,
        rsaBits: Int = 2048,
        now: Date,
        overlap: TimeInterval
    ) throws(KeyFolderError) -> [KeyRecord] {
        try changing { (manifest) throws(KeyFolderError) in
            let held = SignatureAlgorithm.allCases.filter { each in manifest.keys.contains { $0.algorithm == each } }
            var active: [KeyRecord] = []
            for algorithm in algorithm.map({ [$0] }) ?? held {
                var waiting = manifest.next(algorithm)
                if waiting == nil {
                    waiting = try addNext(algorithm, rsaBits: rsaBits, now: now, to: &manifest)
                }
                guard let waiting else { continue }
                active.append(try activate(waiting.kid, now: now, overlap: overlap, in: &manifest))
                try addNext(algorithm, rsaBits: rsaBits, now: now, to: &manifest)
            }
            return active
        }
    }

    /// Adds a version of a secret; former versions stay for what was made with them.
    /// - Parameter purpose: which secret.
    /// - Returns: the new version.
    /// - Throws: ``KeyFolderError``.
    @discardableResult
    public func addSecret(_ purpose: SecretPurpose) throws(KeyFolderError) -> Int {
        try directory.check()
        return try directory.exclusively { () throws(KeyFolderError) in
            let secrets = try secrets().adding(purpose)
            try write(secrets)
            return secrets[purpose].currentVersion
        }
    }

    /// Encrypts with the passphrase whatever still lies in clear. Repeatable: a crash leaves files that can all be read.
    /// - Throws: ``KeyFolderError``; `noPassphrase` when the folder was named without one.
    public func encrypt() throws(KeyFolderError) {
        guard passphrase != nil else { throw .noPassphrase(path: path) }
        try directory.check()
        try directory.exclusively { () throws(KeyFolderError) in
            for record in try manifest().keys where !PrivateKeyPEM.isEncrypted(try directory.read(record.file)) {
                try write(try signingKey(record))
            }
            if !SecretsFile.isSealed(try directory.read(SecretsFile.name)) { try write(try secrets()) }
        }
    }
}
