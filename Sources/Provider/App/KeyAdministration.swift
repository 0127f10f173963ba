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

    /// Lets a waiting key sign.
    ///
    /// - Parameter kid: The key.
    /// - Returns: The key that signs now.
    /// - Throws: `KeyFolderError`.
    public func activate(_ kid: String) throws -> KeyRecord {
        try folder.activate(kid, now: Date(), overlap: overlap)
    }

    /// Removes a key.
    ///
    /// - Parameter kid: The key.
    /// - Throws: `KeyFolderError`.
    public func retire(_ kid: String) throws { try folder.retire(kid) }

    /// Lets the waiting keys sign and makes new ones that wait.
    ///
    /// - Parameter algorithm: Only this one; nil rotates all.
    /// - Returns: The keys that sign now.
    /// - Throws: `KeyFolderError`.
    public func rotate(_ algorithm: SignatureAlgorithm?) throws -> [KeyRecord] {
        try folder.rotate(algorithm, rsaBits: configuration.signing.rsaBits, now: Date(), overlap: overlap)
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
