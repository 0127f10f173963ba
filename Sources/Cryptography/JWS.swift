/// JSON Web Signatures in compact form (RFC 7515 §3.1).
public enum JWS {
    /// Signs a payload.
    ///
    /// The header holds `alg` and `kid` of the key, and `typ` when given (RFC 8725 §3.11).
    /// - Parameters:
    ///   - type: the `typ` header, for example `at+jwt`; nil leaves it away.
    ///   - payload: the bytes to sign, as a rule the JSON of the claims.
    ///   - key: the key and, with it, the algorithm.
    /// - Returns: header.payload.signature.
    /// - Throws: ``CryptographyError`` when libcrypto cannot sign.
    public static func sign(
        type: String?,
        payload: [UInt8],
        key: SigningKey
    ) throws(CryptographyError) -> String {
        let header = JSON.object([
            ("typ", type.map { .string($0) }), ("alg", .string(key.algorithm.rawValue)), ("kid", .string(key.kid)),
        ])
        let signed = Base64URL.encode(header.bytes) + "." + Base64URL.encode(payload)
        let signature = try key.sign(Array(signed.utf8))
        return signed + "." + Base64URL.encode(signature)
    }

    /// Takes a compact JWS apart without believing anything in it.
    /// - Parameters:
    ///   - compact: three base64url parts with two dots.
    ///   - limit: the greatest accepted size in bytes.
    /// - Returns: the parts, unproved.
    /// - Throws: ``CryptographyError/malformedJWS(_:)`` for a wrong form, a header that is not a strict JSON object,
    ///   a missing `alg`, a `kid` or `typ` that is no text, and any critical extension (`crit`, RFC 7515 §4.1.11),
    ///   since none is understood here.
    public static func parse(_ compact: String, limit: Int = 16_384) throws(CryptographyError) -> ParsedJWS {
        let bytes = Array(compact.utf8)
        guard bytes.count <= limit else { throw .malformedJWS("longer than \(limit) bytes") }
        let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else { throw .malformedJWS("not three parts") }
        guard let headerBytes = Base64URL.decode(bytes[..<dots[0]]),
            let payload = Base64URL.decode(bytes[(dots[0] + 1)..<dots[1]]),
            let signature = Base64URL.decode(bytes[(dots[1] + 1)...])
        else { throw .malformedJWS("a part is not base64url") }
        guard let header = try? JSON(parsing: headerBytes, depth: 8), header.object != nil else {
            throw .malformedJWS("the header is not a JSON object")
        }
        guard let alg = header["alg"]?.string else { throw .malformedJWS("no alg") }
        guard header["crit"] == nil else { throw .malformedJWS("critical extensions are not understood") }
        for name in ["kid", "typ"] {
            if let value = header[name], value.string == nil { throw .malformedJWS("\(name) is not a text") }
        }
        return ParsedJWS(
            header: header,
            alg: alg,
            kid: header["kid"]?.string,
            type: header["typ"]?.string,
            payload: payload,
            signingInput: Array(bytes[..<dots[1]]),
            signature: signature
        )
    }
}

/// The parts of a compact JWS, none of them proved yet.
public struct ParsedJWS: Sendable, Equatable {
    /// The protected header.
    public let header: JSON
    /// The `alg` that the message claims; ``algorithm`` is nil when it is not one of ours.
    public let alg: String
    /// The `kid` that the message names.
    public let kid: String?
    /// The `typ` that the message claims.
    public let type: String?
    /// The payload as bytes.
    public let payload: [UInt8]
    /// What the signature covers: header, dot and payload as they stood.
    public let signingInput: [UInt8]
    /// The signature as bytes.
    public let signature: [UInt8]

    /// The claimed algorithm, when it is an asymmetric one of ours; `none` and `HS256` give nil.
    public var algorithm: SignatureAlgorithm? { SignatureAlgorithm(rawValue: alg) }

    /// The payload as a JSON object, or nil.
    public var claims: JSONObject? { (try? JSON(parsing: payload))?.object }

    /// Whether the signature is right by this key; false too when the algorithm does not belong to the key.
    public func isSigned(by key: JWK) -> Bool {
        guard let algorithm else { return false }
        return key.verify(signature: signature, message: signingInput, algorithm: algorithm)
    }

    /// Whether one of the keys of the set made the signature: those with the named `kid`, or all that fit when the
    /// message names none.
    public func isSigned(byOneOf keys: JWKSet) -> Bool {
        guard let algorithm else { return false }
        return keys.candidates(kid: kid, algorithm: algorithm).contains { isSigned(by: $0) }
    }

    /// Whether the message says HS256 and carries the right code for this shared secret (RFC 7518 §3.2).
    /// - Parameter secret: at least 32 bytes; with fewer the answer is false.
    /// - Returns: true for the right code and nothing else.
    public func isAuthenticatedHS256(secret: Secret<[UInt8]>) -> Bool {
        guard alg == "HS256", secret.reveal().count >= 32 else { return false }
        return HMAC.isValidSHA256(signature, key: secret.reveal(), signingInput)
    }
}
