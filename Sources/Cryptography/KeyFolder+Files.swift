import FoundationEssentials

// The single steps of the key folder's operations; all that write run under its lock.

extension KeyFolder {
    func manifest() throws(KeyFolderError) -> KeyManifest {
        try KeyManifest(directory.read(KeyManifest.file), path: directory.file(KeyManifest.file))
    }

    func write(_ manifest: KeyManifest) throws(KeyFolderError) {
        try directory.write(KeyManifest.file, manifest.bytes)
    }

    func write(_ secrets: KeySecrets) throws(KeyFolderError) {
        let bytes = try native { () throws(CryptographyError) in
            try SecretsFile.encode(secrets, passphrase: passphrase)
        }
        try directory.write(SecretsFile.name, bytes)
    }

    func write(_ key: SigningKey) throws(KeyFolderError) {
        let pem = try native { () throws(CryptographyError) in try key.pem(passphrase: passphrase) }
        try directory.write(key.kid + ".pem", pem.reveal())
    }

    /// Reads a private key and holds it against what the list says of it.
    func signingKey(_ record: KeyRecord) throws(KeyFolderError) -> SigningKey {
        let path = directory.file(record.file)
        let pem = try directory.read(record.file)
        let key: SigningKey
        do {
            key = try SigningKey(pem: pem, passphrase: passphrase, algorithm: record.algorithm, kid: record.kid)
        } catch .wrongPassphrase {
            throw .wrongPassphrase(path: path)
        } catch .libraryFailure(let operation) {
            throw .cryptography(.libraryFailure(operation: operation))
        } catch {
            throw .malformed(path: path, rule: "\(error)")
        }
        guard key.publicJWK == record.publicJWK else {
            throw .malformed(path: path, rule: "it is another key than \(KeyManifest.file) lists")
        }
        return key
    }

    /// Reads the list, lets `body` change it, and puts the new one in place; nothing is written when `body` throws.
    func changing<T>(_ body: (inout KeyManifest) throws(KeyFolderError) -> T) throws(KeyFolderError) -> T {
        try directory.check()
        return try directory.exclusively { () throws(KeyFolderError) in
            var manifest = try manifest()
            sweep(manifest)
            let result = try body(&manifest)
            try write(manifest)
            return result
        }
    }

    /// Removes what a crash left: unfinished writes, and keys that were made or removed without the list knowing them.
    private func sweep(_ manifest: KeyManifest) {
        directory.sweep()
        let listed = Set(manifest.keys.map(\.file))
        for name in directory.names() where !listed.contains(name) {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1] == "pem", SigningKey.isRandomKid(parts[0]) else { continue }
            try? directory.remove(name)
        }
    }

    @discardableResult
    func addNext(
        _ algorithm: SignatureAlgorithm,
        rsaBits: Int,
        now: Date,
        to manifest: inout KeyManifest
    ) throws(KeyFolderError) -> KeyRecord {
        let key = try native { () throws(CryptographyError) in try SigningKey.generate(algorithm, rsaBits: rsaBits) }
        try write(key)
        let record = KeyRecord(key, state: .next, createdAt: now, activatedAt: nil)
        manifest.keys.append(record)
        return record
    }

    func activate(
        _ kid: String,
        now: Date,
        overlap: TimeInterval,
        in manifest: inout KeyManifest
    ) throws(KeyFolderError) -> KeyRecord {
        let record = try manifest.record(kid)
        guard record.state == .next else { throw .wrongState(kid: kid, state: record.state, wanted: .next) }
        // A key that cannot be opened must not become the one that signs.
        _ = try signingKey(record)
        let now = now.wholeSeconds
        for former in manifest.current(record.algorithm) {
            manifest.change(former.kid) { key in
                key.state = .retiring
                key.retireAt = now.addingTimeInterval(max(overlap, 0)).wholeSeconds
            }
        }
        manifest.change(kid) { key in
            key.state = .current
            key.activatedAt = now
        }
        return try manifest.record(kid)
    }

    /// New keys, made side by side, as RSA takes its time.
    static func generate(
        _ algorithms: [SignatureAlgorithm],
        rsaBits: Int
    ) throws(KeyFolderError) -> [SigningKey] {
        let made = ParallelThreads.map(algorithms) { algorithm in
            Result { () throws(CryptographyError) in try SigningKey.generate(algorithm, rsaBits: rsaBits) }
        }
        var keys: [SigningKey] = []
        for result in made {
            keys.append(try Self.native { () throws(CryptographyError) in try result.get() })
        }
        return keys
    }

    private func native<T>(_ body: () throws(CryptographyError) -> T) throws(KeyFolderError) -> T {
        try Self.native(body)
    }

    private static func native<T>(_ body: () throws(CryptographyError) -> T) throws(KeyFolderError) -> T {
        do { return try body() } catch { throw .cryptography(error) }
    }
}

extension KeyRecord {
    /// The record of a new key.
    init(_ key: SigningKey, state: KeyState, createdAt: Date, activatedAt: Date?) {
        self.init(
            kid: key.kid,
            algorithm: key.algorithm,
            state: state,
            createdAt: createdAt.wholeSeconds,
            activatedAt: activatedAt?.wholeSeconds,
            retireAt: nil,
            publicJWK: key.publicJWK
        )
    }
}

extension Date {
    /// The date without its fraction of a second, as the list stores it.
    fileprivate var wholeSeconds: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
