import Cryptography
import Testing

/// Bytes of hexadecimal digits in a test vector.
func hex(_ digits: String) throws -> [UInt8] {
    try #require(Hexadecimal.decode(digits))
}

/// The bytes of a text.
func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A repeatable sequence of numbers (SplitMix64), so that a failing case can be run again.
struct Sequence64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }
}

/// Changed forms of a valid input: every truncation, bit flips, and random cuts, copies and insertions.
func mutations(of input: [UInt8], seed: UInt64, count: Int) -> [[UInt8]] {
    var sequence = Sequence64(seed: seed)
    let step = max(1, input.count / 200)
    var results = stride(from: 0, to: input.count, by: step).map { Array(input[..<$0]) }
    for _ in 0..<count {
        var bytes = input
        for _ in 0...sequence.below(3) {
            let at = sequence.below(bytes.count)
            switch sequence.below(5) {
            case 0: if !bytes.isEmpty { bytes[at] ^= 1 << UInt8(sequence.below(8)) }
            case 1: if !bytes.isEmpty { bytes[at] = UInt8(truncatingIfNeeded: sequence.next()) }
            case 2: if !bytes.isEmpty { bytes.remove(at: at) }
            case 3: bytes.insert(UInt8(truncatingIfNeeded: sequence.next()), at: at)
            default:
                let end = min(bytes.count, at + sequence.below(20))
                bytes.insert(contentsOf: bytes[at..<end], at: sequence.below(bytes.count))
            }
        }
        results.append(bytes)
    }
    return results
}
