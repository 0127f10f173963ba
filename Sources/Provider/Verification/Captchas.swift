// Verification
// Owns: proofs a person gives inside a form: the graphic captcha, its picture, its spoken form and the calculation that may
// stand in its place; codes by SMS with their limits, the gateway to the vendor; tables `sms_message`, `sms_code`, `sms_budget`.
// Hands off: storing and spending captchas to OneTime; the fields on the page to Web; whose number it is to Accounts.
// Never: an answer in a page, a cookie or a URL; a second check of the same picture; a number in the clear in a table; a message
// that was not counted before it was sent.

import Cryptography
import FoundationEssentials

/// Graphic captchas (journeys.md C1): four digits, bound to browser and purpose, spent by one check, right or wrong.
///
/// A captcha is friction: every limit of the product holds against somebody who solves all of them (trust.md 2).
struct Captchas: Sendable {
    let oneTime: OneTime
    /// Seals the answer inside the stored row.
    let key: Secret<[UInt8]>
    /// Seconds a picture may be answered.
    let lifetime: Int
    /// Zero bits the hash of a 无障碍验证 begins with (pages.md K8); 8 to 24. Each captcha keeps those it was issued with.
    let proofBits: Int
    /// Sandbox only: every picture has this answer.
    let fixedAnswer: String?

    /// What a form was bound to when its picture was drawn.
    enum Purpose: String, Sendable {
        case signIn = "sign-in"
        case smsSignIn = "sms-sign-in"
        case register
        case recover
        case recoverVerify = "recover-verify"
    }

    enum Outcome: Sendable { case right, wrong, expired }

    /// A new captcha.
    func issue(_ purpose: Purpose, browser: BrowserIdentity) async throws -> CaptchaChallenge {
        let answer = fixedAnswer ?? Self.randomAnswer()
        let sealed = try AESGCM.seal(Array(answer.utf8), key: key.reveal(), aad: Self.aad)
        let token = try await oneTime.issue(
            .captcha,
            lifetime: lifetime,
            binding: Self.binding(purpose, browser),
            payload: ["answer": .string(Base64URL.encode(sealed)), "bits": .integer(Int64(proofBits))]
        )
        return CaptchaChallenge(id: token.value.reveal(), purpose: purpose.rawValue, proofBits: proofBits)
    }

    /// A live captcha as a page shows it again.
    func challenge(id: String, _ purpose: Purpose) async throws -> CaptchaChallenge? {
        try await oneTime.peek(.captcha, id).map {
            CaptchaChallenge(id: id, purpose: purpose.rawValue, proofBits: bits($0))
        }
    }

    /// The captcha a page shows: the one it showed before, if that is live, else a new one.
    func challenge(id: String?, proof: String, _ purpose: Purpose, browser: BrowserIdentity) async throws
        -> CaptchaChallenge
    {
        if let id, var live = try await challenge(id: id, purpose) {
            live.proof = proof
            return live
        }
        return try await issue(purpose, browser: browser)
    }

    /// Checks an answer and spends the captcha in the same statement, whatever comes out. If there is a `proof`, the number
    /// that 无障碍验证 found, it is judged and the answer is not.
    func check(
        _ answer: String,
        proof: String = "",
        id: String?,
        _ purpose: Purpose,
        browser: BrowserIdentity
    ) async throws -> Outcome {
        guard let id, let payload = try await oneTime.spend(.captcha, id, binding: Self.binding(purpose, browser)),
            let expected = try opened(payload)
        else { return .expired }
        if !proof.isEmpty { return CaptchaProof(proof)?.isWorth(bits(payload), of: id) == true ? .right : .wrong }
        return ConstantTime.equal(Array(expected.utf8), Array(Self.folded(answer).utf8)) ? .right : .wrong
    }

    /// The answer of a live captcha, for drawing and speaking it (and for the sandbox's contract).
    func answer(id: String) async throws -> String? {
        try await oneTime.peek(.captcha, id).flatMap(opened)
    }

    private func opened(_ payload: JSON) throws -> String? {
        guard let text = payload["answer"]?.string, let sealed = Base64URL.decode(text) else { return nil }
        return String(decoding: try AESGCM.open(sealed, key: key.reveal(), aad: Self.aad), as: UTF8.self)
    }

    private func bits(_ payload: JSON) -> Int { payload["bits"]?.int.map(Int.init) ?? proofBits }

    private static let aad = Array("one_time|captcha|answer".utf8)

    private static func binding(_ purpose: Purpose, _ browser: BrowserIdentity) -> [UInt8] {
        Digest.sha256(browser.hash + Array(purpose.rawValue.utf8))
    }

    private static func randomAnswer() -> String {
        // 250 is the largest multiple of ten in a byte: no digit is likelier than another.
        var digits: [UInt8] = []
        while digits.count < 4 {
            for byte in Random.bytes(8) where byte < 250 && digits.count < 4 { digits.append(0x30 + byte % 10) }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Full-width digits, as Chinese input methods type them, count as digits; spaces do not count.
    private static func folded(_ answer: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in answer.unicodeScalars.prefix(16) where scalar != " " && scalar != "\u{3000}" {
            let isFullWidth = (0xFF10...0xFF19).contains(scalar.value)
            scalars.append(isFullWidth ? Unicode.Scalar(UInt8(scalar.value - 0xFF10 + 0x30)) : scalar)
        }
        return String(scalars)
    }
}
