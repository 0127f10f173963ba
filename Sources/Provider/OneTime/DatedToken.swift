import Cryptography
import FoundationEssentials

/// An opaque token that carries the day of its expiry beside 256 random bits.
///
/// The day leads a lookup to one partition; it is no secret and is covered by the hash that is stored.
struct DatedToken: Sendable {
    let day: Day
    /// What the holder presents: 46 base64url characters.
    let value: Secret<String>

    /// A new token for something that ends at `expiry`.
    init(expiry: Date) { self.init(day: Day(of: expiry)) }

    /// A new token of a day.
    init(day: Day) {
        let number = UInt16(clamping: day.number)
        let bytes = [UInt8(number >> 8), UInt8(number & 0xFF)] + Random.bytes(32)
        self.day = Day(number: Int(number))
        value = Secret(Base64URL.encode(bytes))
    }

    /// A token as somebody presents it; nil when it cannot be one of ours.
    init?(presented: String) {
        guard presented.utf8.count == 46, let bytes = Base64URL.decode(presented), bytes.count == 34 else { return nil }
        day = Day(number: Int(bytes[0]) << 8 | Int(bytes[1]))
        value = Secret(presented)
    }

    /// What is stored: SHA-256 under a type prefix, so that a token of one kind is never one of another.
    func hash(as type: String) -> [UInt8] { OpaqueToken.hash(value.reveal(), type: type) }
}
