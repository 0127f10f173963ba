import Cryptography
import OAuth

/// What makes of a user code the two forms in which it is kept: one to find it by, and one that only this server opens again to show it.
struct UserCodeKeys: Sendable {
    /// Of the keyed hash.
    let hashing: Secret<[UInt8]>
    /// Of the sealed copy that waits with a browser.
    let sealing: Secret<[UInt8]>

    /// A code of its own, from new random bytes.
    static func random() -> UserCode {
        while true {
            if let code = UserCode(random: Random.bytes(16)) { return code }
        }
    }

    func hash(_ code: UserCode) -> [UInt8] {
        HMAC.sha256(key: hashing.reveal(), Array("user_code|\(code.letters)".utf8))
    }

    func seal(_ code: UserCode) throws -> String {
        Base64URL.encode(try AESGCM.seal(Array(code.letters.utf8), key: sealing.reveal(), aad: Self.place))
    }

    func open(_ sealed: String) -> UserCode? {
        guard let bytes = Base64URL.decode(sealed),
            let letters = try? AESGCM.open(bytes, key: sealing.reveal(), aad: Self.place)
        else { return nil }
        return UserCode(typed: String(decoding: letters, as: UTF8.self))
    }

    private static let place = Array("user_code".utf8)
}
