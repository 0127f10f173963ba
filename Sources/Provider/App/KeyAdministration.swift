public import Cryptography
import FoundationEssentials

/// What an operator does to the keys; each act is one change of the key folder, which a running server notices by itself.
public struct KeyAdministration: Sendable {
    private let folder: KeyFolder
    private let configuration: Configuration

    /// The keys of an installation. Nothing is touched yet.
    ///
    /// - Parameter configuration: Names the folder, the passphrase and the times of overlap.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        folder = configuration.keyFolder
    }

    /// All keys, with their states.
    ///
    /// - Returns: The records in the order of their making.
    /// - Throws: `KeyFolderError`.
    public func list() throws -> [KeyRecord] { try folder.keys() }

    /// Makes the folder with keys for every algorithm when there is none; else makes one key that waits.
    ///
    /// - Parameter algorithm: What the key signs by; nil only makes the folder, and is refused when there is one.
    /// - Returns: The keys that were made.
    /// - Throws: `KeyFolderError`; ``StartFault`` when nothing is left to do.
    public func generate(_ algorithm: SignatureAlgorithm?) throws -> [KeyRecord] {
        let bits = configuration.signing.rsaBits
        if !folder.exists {
            try folder.create(rsaBits: bits, now: Date())
            return try folder.keys()
        }
        guard let algorithm else {
            throw StartFault("\(folder.path) has keys already. Name an algorithm to make one more: --algorithm ES256")
        }
        return [try folder.generate(algorithm, rsaBits: bits, now: Date())]
    }

    /// Whether a key has signed for so long that it should be replaced.
    ///
    /// - Parameter key: A key of this installation.
    /// - Returns: True for a key that signs and is older than `signing.rotate_every`.
    public func isDue(_ key: KeyRecord) -> Bool {
        guard key.state == .current, let since = key.activatedAt else { return false }
        return -since.timeIntervalSinceNow > TimeInterval(configuration.signing.rotateEvery.components.seconds)
    }

    /// Lets a waiting key sign.
    ///
    /// - Parameters:
    ///   - kid: The key.
    ///   - atOnce: For an emergency: also when relying parties may not have seen the key yet.
    /// - Returns: The key that signs now.
    /// - Throws: `KeyFolderError`; ``Diagnosis`` for a key that has not been published for long enough.
    public func activate(_ kid: String, atOnce: Bool = false) throws -> KeyRecord {
        if !atOnce { try refuseUnseen(try folder.keys().filter { $0.kid == kid }) }
        return try folder.activate(kid, now: Date(), overlap: overlap)
    }

    /// Removes a key.
    ///
    /// - Parameter kid: The key.
    /// - Throws: `KeyFolderError`.
    public func retire(_ kid: String) throws { try folder.retire(kid) }

    /// Lets the waiting keys sign and makes new ones that wait.
    ///
    /// - Parameters:
    ///   - algorithm: Only this one; nil rotates all.
    ///   - atOnce: As in ``activate(_:atOnce:)``.
    /// - Returns: The keys that sign now.
    /// - Throws: `KeyFolderError`; ``Diagnosis`` for a key that has not been published for long enough.
    public func rotate(_ algorithm: SignatureAlgorithm?, atOnce: Bool = false) throws -> [KeyRecord] {
        if !atOnce {
            let waiting = try folder.keys().filter {
                $0.state == .next && (algorithm == nil || $0.algorithm == algorithm)
            }
            // Of several that wait, the first made is the next to sign.
            try refuseUnseen(SignatureAlgorithm.allCases.compactMap { each in waiting.first { $0.algorithm == each } })
        }
        return try folder.rotate(algorithm, rsaBits: configuration.signing.rsaBits, now: Date(), overlap: overlap)
    }

    private func refuseUnseen(_ keys: [KeyRecord]) throws {
        let wait = TimeInterval(configuration.signing.publishBefore.components.seconds)
        for key in keys where -key.createdAt.timeIntervalSinceNow < wait {
            throw Diagnosis(
                .refused,
                "Key \(key.kid) has been published for less than \(DurationText.print(configuration.signing.publishBefore)) "
                    + "(signing.publish_before): relying parties may not know it yet. In an emergency: --at-once."
            )
        }
    }

    /// Seconds a key stays published after it has signed last: the longest token's life, and what the operator adds.
    private var overlap: TimeInterval {
        let longest = max(configuration.lifetimes.accessToken, configuration.lifetimes.idToken)
        return TimeInterval((longest + configuration.signing.retireAfter).components.seconds)
    }
}

extension Configuration {
    /// The folder of keys and secrets, with its passphrase.
    var keyFolder: KeyFolder {
        KeyFolder(path: keys.folder, passphrase: keys.passphrase.map { Secret(Array($0.reveal().utf8)) })
    }
}
