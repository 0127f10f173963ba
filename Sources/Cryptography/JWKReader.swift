/// Reads the members of one JWK by the rules of RFC 7518 §6 and RFC 8037 §2.
struct JWKReader {
    private let members: JSONObject

    init(_ members: JSONObject) {
        self.members = members
    }

    /// The public numbers, checked as far as that needs no curve arithmetic.
    func publicMaterial() throws(CryptographyError) -> PublicMaterial {
        switch (members["kty"]?.string, members["crv"]?.string) {
        case ("RSA", _): try rsa()
        case ("EC", "P-256"): .p256(x: try bytes("x", count: 32), y: try bytes("y", count: 32))
        case ("EC", "SM2"): .sm2(x: try bytes("x", count: 32), y: try bytes("y", count: 32))
        case ("OKP", "Ed25519"): .ed25519(x: try ed25519())
        default: throw .malformedKey("kty or crv is not one of those used here")
        }
    }

    private func rsa() throws(CryptographyError) -> PublicMaterial {
        let modulus = try number("n")
        let exponent = try number("e")
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 8)
        guard (2048...8192).contains(bits) else { throw .malformedKey("RSA has 2048 to 8192 bits") }
        guard let last = modulus.last, last & 1 == 1 else { throw .malformedKey("an RSA modulus is odd") }
        guard exponent.count <= 4, let low = exponent.last, low & 1 == 1, exponent != [1] else {
            throw .malformedKey("an RSA exponent is odd, at least 3 and has at most 32 bits")
        }
        return .rsa(modulus: modulus, exponent: exponent)
    }

    private func ed25519() throws(CryptographyError) -> [UInt8] {
        let x = try bytes("x", count: 32)
        guard Edwards25519.isAcceptable(x) else { throw .malformedKey("the point is not on the curve") }
        return x
    }

    /// A text that may be absent.
    func optionalText(_ name: String, limit: Int) throws(CryptographyError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string, text.utf8.count <= limit else {
            throw .malformedKey("\(name) is not a text of at most \(limit) bytes")
        }
        return text
    }

    /// A member of exactly `count` bytes; leading zeros belong to it (RFC 7518 §6.2.1.2).
    func bytes(_ name: String, count: Int) throws(CryptographyError) -> [UInt8] {
        guard let text = members[name]?.string, let bytes = Base64URL.decode(text), bytes.count == count else {
            throw .malformedKey("\(name) is not base64url of \(count) bytes")
        }
        return bytes
    }

    /// A positive number in as few bytes as possible (RFC 7518 §2, Base64urlUInt); at most 8,192 bits.
    func number(_ name: String) throws(CryptographyError) -> [UInt8] {
        guard let text = members[name]?.string, text.utf8.count <= 1366, let bytes = Base64URL.decode(text),
            let first = bytes.first, first != 0
        else { throw .malformedKey("\(name) is not a base64url number without leading zeros") }
        return bytes
    }
}
