import Testing

@testable import Provider

/// SplitMix64: the same picture for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct `Captcha picture` {
    @Test func `is a PNG of twice its place on the page, and larger in care mode`() throws {
        #expect(try size(of: #require(CaptchaPicture.png("7391"))) == [240, 88])
        #expect(try size(of: #require(CaptchaPicture.png("7391", isLarge: true))) == [360, 132])
    }

    @Test func `never looks the same twice`() {
        #expect(CaptchaPicture.png("7391") != CaptchaPicture.png("7391"))
    }

    @Test func `is the same for the same chance, and another for another answer`() {
        func picture(_ answer: String) -> [UInt8]? {
            var generator = SeededGenerator(state: 7)
            return CaptchaPicture.png(answer, isLarge: false, using: &generator)
        }
        #expect(picture("0123") == picture("0123"))
        #expect(picture("0123") != picture("0124"))
    }

    @Test(arguments: ["", "12a4", "１２３４", "1234567", "-123", "12 4"])
    func `draws digits only`(answer: String) {
        #expect(CaptchaPicture.png(answer) == nil)
        #expect(CaptchaAudio.wav(answer) == nil)
    }

    @Test func `all digits stay inside the frame, by any chance`() {
        for seed in 0..<300 {
            var generator = SeededGenerator(state: UInt64(seed))
            let answer = String((Int.random(in: 10_000...19_999, using: &generator))).dropFirst()
            #expect(CaptchaPicture.png(String(answer), isLarge: false, using: &generator) != nil)
        }
    }

    @Test func `is drawn by many threads at once`() async {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { CaptchaPicture.png("2580") != nil } }
            for await drawn in group { #expect(drawn) }
        }
    }

    /// Width and height of the PNG's header (RFC 2083 §4.1.1).
    private func size(of png: [UInt8]) -> [Int] {
        guard png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), png.count > 24 else { return [] }
        return [16, 20].map { start in png[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
    }
}

@Suite struct `Spoken captcha` {
    @Test func `is a WAV of 8 kHz whose length fits its four digits`() throws {
        let wav = try #require(CaptchaAudio.wav("7391"))
        #expect(wav.starts(with: "RIFF".utf8))
        #expect(Array(wav[8..<16]) == Array("WAVEfmt ".utf8))
        let seconds = Double(wav.count - 44) / 2 / Double(CaptchaAudio.rate)
        #expect((2...6).contains(seconds), "\(seconds)")
        #expect(number(wav, at: 4) == wav.count - 8)
        #expect(number(wav, at: 40) == wav.count - 44)
    }

    @Test(arguments: 0...9)
    func `each digit is spoken loud enough, and none is another`(digit: Int) throws {
        var generator = SeededGenerator(state: 3)
        let wav = try #require(CaptchaAudio.wav(String(digit), using: &generator))
        let samples = stride(from: 44, to: wav.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(wav[$0]) | UInt16(wav[$0 + 1]) << 8)
        }
        let peak = samples.map { abs(Int($0)) }.max() ?? 0
        #expect((8_000...32_767).contains(peak), "\(peak)")
        for other in 0...9 where other != digit {
            var generator = SeededGenerator(state: 3)
            #expect(CaptchaAudio.wav(String(other), using: &generator) != wav)
        }
    }

    private func number(_ bytes: [UInt8], at index: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    }
}
