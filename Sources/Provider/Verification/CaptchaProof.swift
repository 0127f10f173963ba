import Cryptography

/// 无障碍验证 (pages.md K8): a number that took some looking for, given in place of a captcha's answer. Nobody has to see or
/// hear anything for it. Like the picture it is friction, no limit: a machine finds it as well as a browser does.
struct CaptchaProof: Sendable {
    private let nonce: String

    /// A number as it was sent; nil unless it is 1 to 16 decimal digits.
    init?(_ presented: String) {
        guard (1...16).contains(presented.utf8.count), presented.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        nonce = presented
    }

    /// Whether the hash over this captcha's id and the number begins with so many zero bits.
    func isWorth(_ bits: Int, of captchaID: String) -> Bool {
        Self.leadingZeroBits(Digest.sha256(Array("citygate-pow|\(captchaID)|\(nonce)".utf8))) >= bits
    }

    private static func leadingZeroBits(_ hash: [UInt8]) -> Int {
        let zeros = hash.prefix { $0 == 0 }.count
        return zeros * 8 + (zeros < hash.count ? hash[zeros].leadingZeroBitCount : 0)
    }
}
