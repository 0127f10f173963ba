/// Finds the word a person meant.
enum NearMiss {
    /// The candidate nearest to `word`, if it is near enough to be worth naming; ties go to the first in alphabetical order.
    static func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(2, word.utf8.count / 3)
        let scored = candidates.map { (distance: distance(word, $0), candidate: $0) }.filter { $0.distance <= limit }
        return scored.min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?.candidate
    }

    /// Edits between two words: insertion, deletion, substitution and exchange of neighbours each count one.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let same = left[row] == right[column]
                var best = min(current[column] + 1, last[column + 1] + 1, last[column] + (same ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = last
            last = current
        }
        return last[right.count]
    }
}
