/// A moment as the citizen reads it: `14:30`, with the day in front when it is not today.
struct ClockTime: Sendable, Equatable {
    let text: String

    /// - Parameters:
    ///   - moment: seconds since 1970 of the moment meant.
    ///   - now: seconds since 1970, to tell whether the moment is today.
    ///   - offset: seconds east of Greenwich of the city's clock.
    init(_ moment: Int64, now: Int64, offset: Int64 = 8 * 3600) {
        let (day, second) = ClockTime.split(moment + offset)
        let (today, _) = ClockTime.split(now + offset)
        let clock = "\(second / 3600):" + ClockTime.two(second / 60 % 60)
        let hour = second / 3600 < 10 ? "0" + clock : clock
        guard day != today else {
            text = hour
            return
        }
        let date = ClockTime.civil(day)
        text = "\(date.month)月\(date.day)日 " + hour
    }

    /// A moment with its full date as people here write it: `2026年11月22日 14:30`.
    static func full(_ moment: Int64, offset: Int64 = 8 * 3600) -> String {
        let (day, second) = split(moment + offset)
        let date = civil(day)
        return "\(date.year)年\(date.month)月\(date.day)日 " + two(second / 3600) + ":" + two(second / 60 % 60)
    }

    private static func split(_ seconds: Int64) -> (day: Int64, second: Int64) {
        let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        return (day, seconds - day * 86400)
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Days since 1970-01-01 to a Gregorian date (the usual era arithmetic, valid for every day a clock can show).
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }
}
