/// The ten digits as strokes of a pen, so that the picture needs no font. A digit stands in a box one unit wide and one
/// unit high, y downwards; each stroke is a smooth curve through its points (Catmull-Rom), a straight line if two.
enum CaptchaStrokes {
    typealias Point = SIMD2<Double>

    /// The strokes of a digit 0…9.
    static func strokes(of digit: Int) -> [[Point]] { digits[digit] }

    private static let digits: [[[Point]]] = [
        [
            [
                [0.5, 0], [0.16, 0.14], [0.06, 0.5], [0.16, 0.86], [0.5, 1], [0.84, 0.86], [0.94, 0.5], [0.84, 0.14],
                [0.5, 0],
            ]
        ],
        [[[0.2, 0.26], [0.56, 0]], [[0.56, 0], [0.56, 1]], [[0.22, 1], [0.9, 1]]],
        [
            [
                [0.1, 0.27], [0.24, 0.06], [0.5, 0], [0.8, 0.09], [0.86, 0.32], [0.7, 0.56], [0.36, 0.82], [0.08, 1],
            ],
            [[0.08, 1], [0.94, 1]],
        ],
        [
            [[0.1, 0.14], [0.3, 0.01], [0.58, 0], [0.82, 0.12], [0.82, 0.32], [0.64, 0.44], [0.38, 0.47]],
            [[0.38, 0.47], [0.7, 0.5], [0.92, 0.68], [0.84, 0.91], [0.56, 1], [0.28, 0.98], [0.06, 0.84]],
        ],
        [[[0.7, 1], [0.7, 0]], [[0.7, 0], [0.03, 0.7]], [[0.03, 0.7], [0.98, 0.7]]],
        [
            [[0.86, 0], [0.22, 0]], [[0.22, 0], [0.14, 0.45]],
            [
                [0.14, 0.45], [0.42, 0.36], [0.74, 0.42], [0.92, 0.67], [0.8, 0.91], [0.5, 1], [0.24, 0.97],
                [0.05, 0.84],
            ],
        ],
        [
            [
                [0.82, 0.08], [0.56, 0], [0.28, 0.16], [0.1, 0.52], [0.14, 0.84], [0.46, 1], [0.8, 0.92], [0.91, 0.69],
                [0.78, 0.48], [0.5, 0.42], [0.24, 0.51], [0.1, 0.7],
            ]
        ],
        [[[0.06, 0], [0.94, 0]], [[0.94, 0], [0.68, 0.34], [0.5, 0.68], [0.42, 1]]],
        [
            [
                [0.5, 0.46], [0.2, 0.36], [0.14, 0.14], [0.5, 0], [0.86, 0.14], [0.8, 0.36], [0.5, 0.46], [0.12, 0.64],
                [0.1, 0.88], [0.5, 1], [0.9, 0.88], [0.88, 0.64], [0.5, 0.46],
            ]
        ],
        [
            [
                [0.18, 0.92], [0.44, 1], [0.72, 0.84], [0.9, 0.48], [0.86, 0.16], [0.54, 0], [0.2, 0.08], [0.09, 0.31],
                [0.22, 0.52], [0.5, 0.58], [0.76, 0.49], [0.9, 0.3],
            ]
        ],
    ]

    /// Points along a stroke, close enough to look like a line under a round pen.
    static func path(_ points: [Point], samples: Int) -> [Point] {
        guard points.count > 1 else { return points }
        var path: [Point] = []
        path.reserveCapacity((points.count - 1) * samples + 1)
        for index in 0..<(points.count - 1) {
            let (from, to) = (points[index], points[index + 1])
            let before = index > 0 ? points[index - 1] : from
            let after = index + 2 < points.count ? points[index + 2] : to
            for step in 0..<samples {
                path.append(between(before, from, to, after, at: Double(step) / Double(samples)))
            }
        }
        path.append(points[points.count - 1])
        return path
    }

    private static func between(_ before: Point, _ from: Point, _ to: Point, _ after: Point, at t: Double) -> Point {
        let first = 0.5 * (to - before)
        let second = before - 2.5 * from + 2 * to - 0.5 * after
        let third = 0.5 * (after - before) + 1.5 * (from - to)
        return from + t * (first + t * (second + t * third))
    }
}
