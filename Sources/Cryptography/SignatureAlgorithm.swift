/// The signature algorithms of this product, by their names in a JOSE header (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// `none` and the symmetric algorithms are not members, so a header that names them selects nothing.
public enum SignatureAlgorithm: String, Sendable, CaseIterable, Hashable {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    case RS256
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and 32 bytes of salt (RFC 7518 §3.5).
    case PS256
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    case ES256
    /// Ed25519 (RFC 8037 §3.1); Ed448 is not offered under this name.
    case EdDSA
    /// SM2 with SM3 (GB/T 32918.2-2016). A private profile, since IANA has no entry: signature R ‖ S of 64 bytes,
    /// distinguishing identifier `1234567812345678`. Only for parties that have agreed on it.
    case SM2

    /// The kind of key that the algorithm works with, and no other (RFC 8725 §3.1).
    var keyType: KeyType {
        switch self {
        case .RS256, .PS256: .rsa
        case .ES256: .p256
        case .EdDSA: .ed25519
        case .SM2: .sm2
        }
    }
}

/// The kinds of key: JWK `kty` and, where there is one, `crv`.
enum KeyType: Sendable, Equatable {
    case rsa, p256, sm2, ed25519
}
