import Cryptography

/// The captcha for people who cannot see the picture (journeys C1): the digits spoken one by one, with pauses, pace and a
/// soft noise by chance. A WAV file, 8 kHz, 16 bits, mono: about 3 s and 55 KB.
enum CaptchaAudio {
    /// Samples a second.
    static let rate = 8000

    /// - Returns: Nil if `answer` is not one to six digits.
    static func wav(_ answer: String) -> [UInt8]? {
        var generator = SystemRandomNumberGenerator()
        return wav(answer, using: &generator)
    }

    /// The same by chance from elsewhere, for tests.
    static func wav(_ answer: String, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        let digits = answer.utf8.map { Int($0) - 48 }
        guard (1...6).contains(digits.count), digits.allSatisfy((0...9).contains) else { return nil }
        var samples = silence(seconds: .random(in: 0.2...0.4, using: &generator))
        for digit in digits {
            let pace = Double.random(in: 0.9...1.08, using: &generator)
            samples += paced(recordings[digit], by: pace)
            samples += silence(seconds: .random(in: 0.3...0.5, using: &generator))
        }
        for index in samples.indices {
            samples[index] = Int16(clamping: Int(samples[index]) + Int.random(in: -260...260, using: &generator))
        }
        return file(samples)
    }

    /// The recordings as linear samples, decoded once.
    private static let recordings: [[Int16]] = CaptchaRecording.base64.map { text in
        (Base64.decode(text) ?? []).map(linear)
    }

    /// One µ-law byte as a linear sample (ITU-T G.711 §3).
    private static func linear(_ byte: UInt8) -> Int16 {
        let code = Int(~byte)
        let magnitude = ((code & 0x0F) << 3 + 0x84) << (code >> 4 & 7) - 0x84
        return Int16(clamping: code & 0x80 == 0 ? magnitude : -magnitude)
    }

    /// Faster and higher or slower and lower, by linear interpolation.
    private static func paced(_ samples: [Int16], by pace: Double) -> [Int16] {
        guard samples.count > 1 else { return samples }
        return (0..<Int(Double(samples.count - 1) / pace)).map { index in
            let place = Double(index) * pace
            let whole = Int(place)
            let share = place - Double(whole)
            return Int16(Double(samples[whole]) * (1 - share) + Double(samples[whole + 1]) * share)
        }
    }

    private static func silence(seconds: Double) -> [Int16] {
        [Int16](repeating: 0, count: Int(seconds * Double(rate)))
    }

    /// RIFF WAVE, PCM.
    private static func file(_ samples: [Int16]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(44 + samples.count * 2)
        func append(_ number: UInt32, _ size: Int) {
            for shift in 0..<size { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt32(shift)))) }
        }
        let size = UInt32(samples.count * 2)
        bytes += Array("RIFF".utf8)
        append(36 + size, 4)
        bytes += Array("WAVEfmt ".utf8)
        append(16, 4)
        append(1, 2)
        append(1, 2)
        append(UInt32(rate), 4)
        append(UInt32(rate * 2), 4)
        append(2, 2)
        append(16, 2)
        bytes += Array("data".utf8)
        append(size, 4)
        for sample in samples { append(UInt32(UInt16(bitPattern: sample)), 2) }
        return bytes
    }
}
