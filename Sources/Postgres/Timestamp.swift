/// PostgreSQL's instants: microseconds since 2000-01-01 00:00:00 UTC.
enum Timestamp {
    /// 366 days, 2000 being a leap year.
    static let secondsFrom2000To2001 = 31_622_400.0
    /// The server's range (294276 AD) in microseconds; the lower end is 4714 BC.
    private static let latest: Int64 = 9_223_371_331_199_999_999
    private static let earliest: Int64 = -211_813_488_000_000_000

    static func clamped(_ microseconds: Double) -> Int64 {
        if microseconds.isNaN { return 0 }
        if microseconds >= Double(latest) { return latest }
        return microseconds <= Double(earliest) ? earliest : Int64(microseconds.rounded())
    }

    /// Reads `2026-11-24 11:12:00.123456+00`; the fraction is optional, the offset may be `+hh`, `+hh:mm` or `+hh:mm:ss`.
    static func microseconds(iso text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DigitReader(text: text)
        guard let year = reader.number(4...6), reader.skip("-"), let month = reader.number(2...2), reader.skip("-"),
            let day = reader.number(2...2), (1...12).contains(month), (1...31).contains(day),
            reader.skip(" "), let clock = reader.clock(), let fraction = reader.fraction(),
            let offset = reader.offset(),
            reader.atEnd
        else { return nil }
        let seconds = Int64(days(year, month, day)) * 86_400 + Int64(clock - offset)
        return seconds * 1_000_000 + Int64(fraction)
    }

    /// Days from 2000-01-01 in the proleptic Gregorian calendar (years of 400-year eras counted from March).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }
}

/// Reads fixed forms out of bytes, front to back.
private struct DigitReader {
    let text: UnsafeRawBufferPointer
    var index = 0

    var atEnd: Bool { index == text.count }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    mutating func number(_ width: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while index < text.count, count < width.upperBound {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int(digit)
            count += 1
            index += 1
        }
        return count >= width.lowerBound ? value : nil
    }

    /// `hh:mm:ss` in seconds.
    mutating func clock() -> Int? {
        guard let hour = number(2...2), skip(":"), let minute = number(2...2), skip(":"), let second = number(2...2),
            hour <= 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// An optional `.` and 1 to 6 digits, in microseconds.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        let start = index
        guard var value = number(1...6) else { return nil }
        for _ in 0..<(6 - (index - start)) { value *= 10 }
        return value
    }

    /// The offset from UTC in seconds, positive east.
    mutating func offset() -> Int? {
        let west = index < text.count && text[index] == UInt8(ascii: "-")
        guard west ? skip("-") : skip("+"), let hour = number(2...2) else { return nil }
        var value = hour * 3600
        if skip(":") {
            guard let minute = number(2...2) else { return nil }
            value += minute * 60
            if skip(":") {
                guard let second = number(2...2) else { return nil }
                value += second
            }
        }
        return west ? -value : value
    }
}
