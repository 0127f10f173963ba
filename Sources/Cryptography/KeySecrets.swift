/// What the symmetric secrets of the key folder are for.
public enum SecretPurpose: String, Sendable, CaseIterable {
    /// Wraps the data keys that encrypt personal fields.
    case kek
    /// Keys the blind indexes.
    case index
    /// Goes over a password before it is hashed.
    case pepper
    /// Derives the keys of short-lived codes, cookies and forms.
    case token
}

/// One secret with its former versions, each of 32 bytes.
public struct VersionedSecret: Sendable {
    /// Every version that may still be met, from 1 up.
    public let versions: [Int: Secret<[UInt8]>]
    /// The version that is used for what is new.
    public let currentVersion: Int
    /// The bytes of that version.
    public let current: Secret<[UInt8]>

    /// Takes the highest version as the current one; nil without any.
    init?(_ versions: [Int: Secret<[UInt8]>]) {
        guard let newest = versions.max(by: { $0.key < $1.key }) else { return nil }
        self.versions = versions
        currentVersion = newest.key
        current = newest.value
    }

    /// The bytes of one version, or nil when it is gone.
    public subscript(version: Int) -> Secret<[UInt8]>? { versions[version] }
}

/// The symmetric secrets of the key folder.
public struct KeySecrets: Sendable {
    /// Wraps the data keys that encrypt personal fields.
    public let kek: VersionedSecret
    /// Keys the blind indexes.
    public let index: VersionedSecret
    /// Goes over a password before it is hashed: the `peppers` of ``PasswordHasher``.
    public let pepper: VersionedSecret
    /// Derives the keys of short-lived codes, cookies and forms.
    public let token: VersionedSecret

    /// The secret for a purpose.
    public subscript(purpose: SecretPurpose) -> VersionedSecret {
        switch purpose {
        case .kek: kek
        case .index: index
        case .pepper: pepper
        case .token: token
        }
    }

    /// New random secrets, version 1 of each.
    static func generate() -> KeySecrets {
        KeySecrets(kek: fresh(), index: fresh(), pepper: fresh(), token: fresh())
    }

    /// The same secrets with one more version for a purpose.
    func adding(_ purpose: SecretPurpose) -> KeySecrets {
        func next(_ each: SecretPurpose) -> VersionedSecret {
            guard each == purpose else { return self[each] }
            var versions = self[each].versions
            versions[self[each].currentVersion + 1] = Secret(Random.bytes(32))
            return VersionedSecret(versions) ?? self[each]
        }
        return KeySecrets(kek: next(.kek), index: next(.index), pepper: next(.pepper), token: next(.token))
    }

    private init(kek: VersionedSecret, index: VersionedSecret, pepper: VersionedSecret, token: VersionedSecret) {
        (self.kek, self.index, self.pepper, self.token) = (kek, index, pepper, token)
    }

    private static func fresh() -> VersionedSecret { VersionedSecret(version: 1, Secret(Random.bytes(32))) }

    // MARK: Text

    /// `{"kek":[{"version":1,"key":"…"}],…}`
    var json: JSON {
        .object(
            SecretPurpose.allCases.map { purpose in
                let versions = self[purpose].versions.sorted { $0.key < $1.key }
                let entries = versions.map { version, key in
                    JSON.object([("version", .integer(Int64(version))), ("key", .base64URL(key.reveal()))])
                }
                return (purpose.rawValue, .array(entries))
            }
        )
    }

    /// Reads what ``json`` gives; nil when a purpose is missing, a version is not positive or occurs twice, or a key has
    /// not 32 bytes.
    init?(json: JSON) {
        var read: [SecretPurpose: VersionedSecret] = [:]
        for purpose in SecretPurpose.allCases {
            var versions: [Int: Secret<[UInt8]>] = [:]
            for entry in json[purpose.rawValue]?.array ?? [] {
                guard let version = entry["version"]?.int, (1...1_000_000).contains(version),
                    let key = entry["key"]?.string.flatMap({ Base64URL.decode($0) }), key.count == 32,
                    versions.updateValue(Secret(key), forKey: Int(version)) == nil
                else { return nil }
            }
            read[purpose] = VersionedSecret(versions)
        }
        guard let kek = read[.kek], let index = read[.index], let pepper = read[.pepper], let token = read[.token]
        else { return nil }
        self.init(kek: kek, index: index, pepper: pepper, token: token)
    }
}

extension VersionedSecret {
    /// A secret with a single version.
    init(version: Int, _ key: Secret<[UInt8]>) {
        versions = [version: key]
        currentVersion = version
        current = key
    }
}
