import Cryptography
import Glibc

/// What a figure is compared with: the yardsticks one round needs, one after the other.
struct BenchCeiling {
    let yardsticks: [BenchYardstick]
    /// The share of the ceiling that is aimed at.
    var aim: Double?
    /// Their samples between those of the figure.
    var tallies: [BenchYardstick: BenchTally] = [:]

    init(_ yardsticks: BenchYardstick..., aim: Double? = nil) {
        self.yardsticks = yardsticks
        self.aim = aim
    }

    /// The most that could be reached, per second; nil where a yardstick is missing.
    var perSecond: Double? {
        var seconds = 0.0
        for yardstick in yardsticks {
            guard let rate = tallies[yardstick]?.perSecond, rate > 0 else { return nil }
            seconds += 1 / rate
        }
        return seconds > 0 ? 1 / seconds : nil
    }

    /// Key of the ratio in the JSON output.
    var key: String { yardsticks.map(\.rawValue).joined(separator: "+") }

    /// Such as `57 % of bare POST of a form, 17,368 (aim 50 %)`.
    func words(of rate: Double) -> String? {
        guard let perSecond else { return nil }
        let goal = aim.map { " (aim \(BenchReport.number($0 * 100)) %)" } ?? ""
        return
            "\(BenchReport.number(rate / perSecond * 100)) % of \(yardsticks.map(\.words).joined(separator: " and ")), "
            + BenchReport.number(perSecond) + goal
    }
}

/// One line of the table.
struct BenchFigure {
    let key: String
    let words: String
    let perSecond: Double
    var load: BenchLoadResult?
    /// Processor microseconds for each round: of the server, or of whoever did it, and of the server's PostgreSQL.
    var microseconds: Double?
    var postgresMicroseconds: Double?
    var ceilings: [BenchCeiling] = []

    init(key: String, words: String, perSecond: Double) {
        self.key = key
        self.words = words
        self.perSecond = perSecond
    }

    /// A line of a yardstick itself.
    init(_ yardstick: BenchYardstick, _ tally: BenchTally) {
        self.init(key: yardstick.rawValue, words: yardstick.words, perSecond: tally.perSecond)
        microseconds = tally.microseconds
    }

    var json: JSON {
        var object = JSONObject()
        object["per_second"] = .double(Self.rounded(perSecond))
        if let load {
            object["p50_ms"] = .double(Self.rounded(load.percentile(0.5)))
            object["p99_ms"] = .double(Self.rounded(load.percentile(0.99)))
            object["failures"] = .integer(Int64(load.failures))
            object["first_failure"] = load.firstFailure.map { .string($0) }
        }
        object["cpu_us"] = microseconds.map { .double(Self.rounded($0)) }
        object["postgres_cpu_us"] = postgresMicroseconds.map { .double(Self.rounded($0)) }
        var ratios = JSONObject()
        var aims = JSONObject()
        for ceiling in ceilings {
            guard let most = ceiling.perSecond else { continue }
            ratios[ceiling.key] = .double(Self.rounded(perSecond / most))
            aims[ceiling.key] = ceiling.aim.map { .double($0) }
        }
        if !ratios.isEmpty { object["ratios"] = .object(ratios) }
        if !aims.isEmpty { object["aims"] = .object(aims) }
        return .object(object)
    }

    var cells: [String] {
        [
            words, BenchReport.number(perSecond), load.map { BenchReport.number($0.percentile(0.5), digits: 1) } ?? "",
            load.map { BenchReport.number($0.percentile(0.99), digits: 1) } ?? "",
            microseconds.map { BenchReport.number($0) } ?? "",
            postgresMicroseconds.map { BenchReport.number($0) } ?? "",
            ceilings.compactMap { $0.words(of: perSecond) }.joined(separator: "; "),
        ]
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

/// All figures of one run.
struct BenchReport {
    var figures: [BenchFigure] = []
    var startMilliseconds = 0.0
    /// Bytes, before and after the load.
    var idleMemory = 0
    var loadedMemory = 0
    let seconds: Double
    let connections: Int
    let cores: BenchCores

    static var isOptimised: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    var json: JSON {
        var measured = JSONObject()
        for figure in figures { measured[figure.key] = figure.json }
        return [
            "build": Self.isOptimised ? "release" : "debug",
            "cores": .integer(Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), "seconds": .double(seconds),
            "connections": .integer(Int64(connections)), "pinned": .bool(cores.server != nil),
            "start_to_ready_ms": .double(startMilliseconds.rounded()),
            "idle_memory_bytes": .integer(Int64(idleMemory)), "memory_after_load_bytes": .integer(Int64(loadedMemory)),
            "measurements": .object(measured),
        ]
    }

    /// The table for people, in Markdown.
    var text: String {
        let head = [
            "", "per second", "p50 ms", "p99 ms", "CPU µs", "PostgreSQL CPU µs", "of its ceiling in the same run",
        ]
        let rows = [head] + figures.map(\.cells)
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            row.enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || column == head.count - 1 ? cell + blanks : blanks + cell
            }.joined(separator: " | ")
        }
        let rule = head.indices.map { column in
            let isText = column == 0 || column == head.count - 1
            return String(repeating: "-", count: widths[column] - (isText ? 0 : 1)) + (isText ? "" : ":")
        }
        lines.insert(rule.joined(separator: " | "), at: 1)
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return """
            Citygate, \(Self.isOptimised ? "release" : "debug (figures of an optimised build are far better)") build, \
            \(count) cores: \(cores.words); \(connections) connections, \(seconds) s each in \(BenchRun.samples) samples \
            between those of the ceilings

            \(lines.map { "| \($0) |" }.joined(separator: "\n"))

            start to ready, initialised store   \(Self.number(startMilliseconds)) ms
            memory of the server, idle          \(Self.number(Double(idleMemory) / 1_048_576, digits: 1)) MiB
            memory of the server, after load    \(Self.number(Double(loadedMemory) / 1_048_576, digits: 1)) MiB\(failures)
            """
    }

    /// Rounds that failed while the others went on; a run without any says nothing.
    private var failures: String {
        figures.map { figure in
            guard let load = figure.load, load.failures > 0 else { return "" }
            return "\nfailures: \(load.failures) of \(figure.words): \(load.firstFailure ?? "")"
        }.joined()
    }

    /// A number with thousands separated, as 12,345.6.
    static func number(_ value: Double, digits: Int = 0) -> String {
        guard value.isFinite else { return "–" }
        let scale = digits == 0 ? 1.0 : 10.0
        let (whole, rest) = Int64((value * scale).rounded()).quotientAndRemainder(dividingBy: Int64(scale))
        var text = ""
        for (index, digit) in String(whole.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed()) + (digits == 0 ? "" : ".\(rest.magnitude)")
    }
}
