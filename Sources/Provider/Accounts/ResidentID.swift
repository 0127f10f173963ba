import Cryptography

/// Numbers of resident identity cards (GB 11643-1999; domain.md 7.1).
enum ResidentID {
    /// The check character of the first seventeen digits: weights 7 9 10 5 8 4 2 …, sum modulo 11.
    static func checkCharacter(of digits: some Sequence<UInt8>) -> UInt8 {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(digits, weights).reduce(0) { $0 + (Int($1.0) - 0x30) * $1.1 }
        return Array("10X98765432".utf8)[sum % 11]
    }

    /// An invented number for an invented person: a region that cannot belong to anybody, a valid check character, and
    /// always the same for the same name.
    static func synthetic(for name: String) -> String {
        let hash = Digest.sha256(Array("citygate.synthetic|\(name)".utf8))
        let day = 1 + Int(hash[0]) % 28
        let month = 1 + Int(hash[1]) % 12
        let year = 1950 + Int(hash[2]) % 50
        let sequence = Int(hash[3]) << 8 | Int(hash[4])
        let digits = "350101\(year)" + padded(month, 2) + padded(day, 2) + padded(sequence % 1000, 3)
        return digits + String(decoding: [checkCharacter(of: digits.utf8)], as: UTF8.self)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
