import CGD
import Glibc

/// Draws the graphic captcha: four digits, each turned, leaned and scaled by chance on a waved line, under arcs and dots
/// of the same ink. Twice the pixels of its place on the page (120×44, in 长辈模式 180×66), so that it is sharp on any glass.
///
/// One image belongs to one call; nothing of libgd is shared (no font cache), so any thread may draw.
enum CaptchaPicture {
    /// The plane that everything is thought on; the image is this times a scale.
    private static let width = 240.0
    private static let height = 88.0

    /// A PNG of `answer` by the system's chance. Costs about 2 ms of processor: keep it off the event loop.
    /// - Returns: Nil if `answer` is not one to six digits, or libgd has no memory.
    static func png(_ answer: String, isLarge: Bool = false) -> [UInt8]? {
        var generator = SystemRandomNumberGenerator()
        return png(answer, isLarge: isLarge, using: &generator)
    }

    /// The same by chance from elsewhere, for tests.
    static func png(_ answer: String, isLarge: Bool, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        let digits = answer.utf8.map { Int($0) - 48 }
        guard (1...6).contains(digits.count), digits.allSatisfy((0...9).contains) else { return nil }
        let scale = isLarge ? 1.5 : 1
        guard let image = gdImageCreate(Int32(width * scale), Int32(height * scale)) else { return nil }
        defer { gdImageDestroy(image) }
        // The first colour allocated is the ground of a palette image.
        _ = Canvas.colour(in: image, 248...255, 246...252, 240...250, using: &generator)
        let ink = Canvas.dark(in: image, using: &generator)
        let canvas = Canvas(image: image, scale: scale, ink: ink, wave: Wave(using: &generator))
        canvas.paleCurves(3, using: &generator)
        let slot = (width - 24) / Double(digits.count)
        for (index, digit) in digits.enumerated() {
            canvas.write(digit, in: 12 + slot * Double(index), width: slot, using: &generator)
        }
        canvas.inkCurves(2, using: &generator)
        canvas.dots(90, using: &generator)
        return canvas.png()
    }

    /// The slow wave that everything is drawn on.
    private struct Wave {
        let amplitude, length, phase: Double

        init(using generator: inout some RandomNumberGenerator) {
            amplitude = .random(in: 2.5...4.5, using: &generator)
            length = .random(in: 70...120, using: &generator)
            phase = .random(in: 0...(2 * .pi), using: &generator)
        }

        func shifted(_ point: CaptchaStrokes.Point) -> CaptchaStrokes.Point {
            let lift = amplitude * sin(point.x / length * 2 * .pi + phase)
            let lean = amplitude * 0.7 * sin(point.y / length * 3 * .pi + phase * 1.7)
            return [point.x + lean, point.y + lift]
        }
    }

    private struct Canvas {
        let image: gdImagePtr
        let scale: Double
        /// One ink for digits, curves and dots: colours must not tell them apart.
        let ink: Int32
        let wave: Wave

        /// One digit in its slot of the line.
        func write(
            _ digit: Int,
            in left: Double,
            width slot: Double,
            using generator: inout some RandomNumberGenerator
        ) {
            let size: CaptchaStrokes.Point = [
                .random(in: 30...38, using: &generator), .random(in: 48...58, using: &generator),
            ]
            let centre: CaptchaStrokes.Point = [
                left + slot / 2 + .random(in: -7...7, using: &generator), 44 + .random(in: -6...6, using: &generator),
            ]
            let angle = Double.random(in: -0.32...0.32, using: &generator)
            let slant = Double.random(in: -0.25...0.25, using: &generator)
            let pen = Double.random(in: 6...8, using: &generator)
            for stroke in CaptchaStrokes.strokes(of: digit) {
                for point in CaptchaStrokes.path(stroke, samples: stroke.count == 2 ? 34 : 14) {
                    let unit = (point - 0.5) * size
                    let leaned: CaptchaStrokes.Point = [unit.x - unit.y * slant, unit.y]
                    let turned: CaptchaStrokes.Point = [
                        leaned.x * cos(angle) - leaned.y * sin(angle), leaned.x * sin(angle) + leaned.y * cos(angle),
                    ]
                    dot(wave.shifted(centre + turned), pen, ink)
                }
            }
        }

        /// Broad pale curves from edge to edge, under the digits.
        func paleCurves(_ count: Int, using generator: inout some RandomNumberGenerator) {
            for _ in 0..<count {
                let pale = Canvas.colour(in: image, 205...232, 205...228, 200...226, using: &generator)
                curve(5, pale, using: &generator)
            }
        }

        /// Curves of the digits' ink across them.
        func inkCurves(_ count: Int, using generator: inout some RandomNumberGenerator) {
            for _ in 0..<count { curve(.random(in: 2...3, using: &generator), ink, using: &generator) }
        }

        func dots(_ count: Int, using generator: inout some RandomNumberGenerator) {
            for _ in 0..<count {
                let point: CaptchaStrokes.Point = [
                    .random(in: 0..<width, using: &generator), .random(in: 0..<height, using: &generator),
                ]
                dot(point, .random(in: 2...3, using: &generator), ink)
            }
        }

        /// The picture as PNG, or nil without memory.
        func png() -> [UInt8]? {
            var size: Int32 = 0
            guard let data = gdImagePngPtrEx(image, &size, 4) else { return nil }
            defer { gdFree(data) }
            return [UInt8](UnsafeRawBufferPointer(start: data, count: Int(size)))
        }

        private func curve(_ pen: Double, _ colour: Int32, using generator: inout some RandomNumberGenerator) {
            let points = (0..<4).map { index in
                CaptchaStrokes.Point(Double(index) * 84 - 6, .random(in: 10...78, using: &generator))
            }
            for point in CaptchaStrokes.path(points, samples: 90) { dot(point, pen, colour) }
        }

        private func dot(_ point: CaptchaStrokes.Point, _ diameter: Double, _ colour: Int32) {
            let (x, y) = (Int32((point.x * scale).rounded()), Int32((point.y * scale).rounded()))
            let width = Int32((diameter * scale).rounded())
            gdImageFilledEllipse(image, x, y, width, width, colour)
        }

        /// An ink with at least 4.5:1 on the ground: one channel may be half bright, the others are dark.
        static func dark(in image: gdImagePtr, using generator: inout some RandomNumberGenerator) -> Int32 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: colour(in: image, 110...165, 15...50, 15...55, using: &generator)
            case 1: colour(in: image, 10...45, 50...90, 20...70, using: &generator)
            default: colour(in: image, 15...55, 25...70, 90...150, using: &generator)
            }
        }

        static func colour(
            in image: gdImagePtr,
            _ red: ClosedRange<Int32>,
            _ green: ClosedRange<Int32>,
            _ blue: ClosedRange<Int32>,
            using generator: inout some RandomNumberGenerator
        ) -> Int32 {
            gdImageColorAllocate(
                image,
                .random(in: red, using: &generator),
                .random(in: green, using: &generator),
                .random(in: blue, using: &generator)
            )
        }
    }
}
