/// A public key in JSON form (RFC 7517): RSA, P-256, Ed25519, or SM2 in the private profile (`EC`, `crv` `SM2`).
///
/// The key is parsed once, when the value is made; copies share it, and verifying many signatures costs no parsing.
public struct JWK: Sendable, Equatable {
    /// The key's name in its set.
    public let kid: String?
    /// The one algorithm the key is meant for, when it says so (RFC 7517 §4.4).
    public let alg: String?
    /// What the key is for (RFC 7517 §4.2): only absent or `sig` lets it verify.
    public let use: String?

    let material: PublicMaterial
    private let operations: Operations

    /// The operations of a key, shared by the copies of the value.
    private final class Operations: Sendable {
        let byAlgorithm: [SignatureAlgorithm: SignatureOperation]

        init(_ key: NativeKey, _ type: KeyType) {
            let fitting = SignatureAlgorithm.allCases.filter { $0.keyType == type }
            byAlgorithm = Dictionary(
                uniqueKeysWithValues: fitting.map { ($0, SignatureOperation($0, key: key, direction: .verify)) }
            )
        }
    }

    /// Wraps a key that libcrypto already holds.
    init(native: NativeKey, kid: String?, alg: String?, use: String?) throws(CryptographyError) {
        guard let material = native.publicMaterial else { throw .malformedKey("a type of key that is not used here") }
        self.material = material
        self.kid = kid
        self.alg = alg
        self.use = use
        operations = Operations(native, material.keyType)
    }

    /// Reads a public key, strictly.
    ///
    /// Numbers are canonical base64url of the right length; RSA has 2,048 to 8,192 bits and an odd exponent of 3 to
    /// 2^32 − 1; a point lies on its curve and is not of small order. A private or symmetric member is refused: whoever
    /// sends one has lost the key. Members that are not known here are ignored (RFC 7517 §4).
    /// - Parameter json: the JSON object.
    /// - Throws: ``CryptographyError/malformedKey(_:)`` with the rule that was broken.
    public init(json: JSON) throws(CryptographyError) {
        guard let members = json.object else { throw .malformedKey("not a JSON object") }
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] where members[name] != nil {
            throw .malformedKey("carries the private member \(name)")
        }
        let reader = JWKReader(members)
        material = try reader.publicMaterial()
        kid = try reader.optionalText("kid", limit: 256)
        alg = try reader.optionalText("alg", limit: 64)
        use = try reader.optionalText("use", limit: 64)
        if let allowed = members["key_ops"] {
            guard let names = allowed.strings, names.contains("verify") else {
                throw .malformedKey("key_ops does not allow verify")
            }
        }
        guard let native = NativeKey.make(material) else { throw .malformedKey("the point is not on the curve") }
        operations = Operations(native, material.keyType)
    }

    /// The public members, `kty` first, ready for a JWK set.
    public var json: JSON {
        var members: [(String, JSON?)] = []
        switch material {
        case .rsa(let modulus, let exponent):
            members = [("kty", "RSA"), ("n", .base64URL(modulus)), ("e", .base64URL(exponent))]
        case .p256(let x, let y):
            members = [("kty", "EC"), ("crv", "P-256"), ("x", .base64URL(x)), ("y", .base64URL(y))]
        case .sm2(let x, let y):
            members = [("kty", "EC"), ("crv", "SM2"), ("x", .base64URL(x)), ("y", .base64URL(y))]
        case .ed25519(let x):
            members = [("kty", "OKP"), ("crv", "Ed25519"), ("x", .base64URL(x))]
        }
        members += [
            ("kid", kid.map { .string($0) }), ("use", use.map { .string($0) }), ("alg", alg.map { .string($0) }),
        ]
        return .object(members)
    }

    /// The thumbprint (RFC 7638 §3): base64url of SHA-256 over the required members in lexicographic order.
    public var thumbprint: String {
        let text =
            switch material {
            case .rsa(let modulus, let exponent):
                #"{"e":"\#(Base64URL.encode(exponent))","kty":"RSA","n":"\#(Base64URL.encode(modulus))"}"#
            case .p256(let x, let y):
                #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
            case .sm2(let x, let y):
                #"{"crv":"SM2","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
            case .ed25519(let x):
                #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(x))"}"#
            }
        return Base64URL.encode(Digest.sha256(text.utf8))
    }

    /// The algorithms this key may verify: those of its type, narrowed by `alg` and `use`.
    public var algorithms: [SignatureAlgorithm] {
        SignatureAlgorithm.allCases.filter { allows($0) }
    }

    /// Whether `signature` is one over `message` by this key and exactly this algorithm.
    ///
    /// False, never an error, for an algorithm that does not belong to the key (RFC 8725 §3.1) and for anything that
    /// is not a signature.
    /// - Parameters:
    ///   - signature: in JOSE form: r ‖ s for the curves.
    ///   - message: the signed bytes.
    ///   - algorithm: what the verifier expects, not what a message says of itself.
    /// - Returns: true for a right signature and nothing else.
    public func verify(signature: [UInt8], message: [UInt8], algorithm: SignatureAlgorithm) -> Bool {
        guard allows(algorithm), let operation = operations.byAlgorithm[algorithm] else { return false }
        return operation.verify(signature, message)
    }

    /// Whether both are the same key with the same name and purpose.
    public static func == (left: JWK, right: JWK) -> Bool {
        left.material == right.material && left.kid == right.kid && left.alg == right.alg && left.use == right.use
    }

    private func allows(_ algorithm: SignatureAlgorithm) -> Bool {
        algorithm.keyType == material.keyType
            && (alg == nil || alg == algorithm.rawValue)
            && (use == nil || use == "sig")
    }
}

extension JSON {
    /// Bytes as a base64url text.
    static func base64URL(_ bytes: [UInt8]) -> JSON { .string(Base64URL.encode(bytes)) }
}
