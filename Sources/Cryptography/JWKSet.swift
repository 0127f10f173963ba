/// A set of public keys (RFC 7517 §5).
public struct JWKSet: Sendable, Equatable {
    /// The keys, in their order.
    public let keys: [JWK]

    /// How many keys a set may hold when it is read.
    public static let largest = 100

    /// A set of these keys.
    public init(_ keys: [JWK]) {
        self.keys = keys
    }

    /// Reads a set; keys that are of other types or break a rule are left out, as RFC 7517 §5 asks.
    /// - Parameter json: an object with the member `keys`.
    /// - Throws: ``CryptographyError/malformedKey(_:)`` when `keys` is no array of objects, or has more than
    ///   ``largest`` of them.
    public init(json: JSON) throws(CryptographyError) {
        guard let entries = json["keys"]?.array else { throw .malformedKey("keys is not an array") }
        guard entries.count <= Self.largest else { throw .malformedKey("more than \(Self.largest) keys") }
        guard entries.allSatisfy({ $0.object != nil }) else { throw .malformedKey("a key is not an object") }
        keys = entries.compactMap { try? JWK(json: $0) }
    }

    /// The set as it is published.
    public var json: JSON { .object([("keys", .array(keys.map(\.json)))]) }

    /// The keys that belong to one of these algorithms.
    ///
    /// Some relying parties give up on a whole set that holds a kind of key they do not know, so what is published to
    /// everybody should leave out private profiles.
    public func restricted(to algorithms: some Sequence<SignatureAlgorithm>) -> JWKSet {
        let wanted = Set(algorithms)
        return JWKSet(keys.filter { !wanted.isDisjoint(with: $0.algorithms) })
    }

    /// The keys that may have made a signature: those with that `kid` when one is given, that fit the algorithm.
    public func candidates(kid: String?, algorithm: SignatureAlgorithm) -> [JWK] {
        keys.filter { key in
            key.algorithms.contains(algorithm) && (kid == nil || key.kid == kid)
        }
    }
}
