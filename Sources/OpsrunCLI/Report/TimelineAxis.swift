internal import Values

/// Time to place: the times in which a process had the run, side by side and to scale; the times between them, in which it
/// stood still, are drawn as a gap of one width, however long they were.
struct TimelineAxis {
    struct Piece {
        var start: Int64
        var end: Int64
        var left: Double
        var right: Double
    }

    static let gapWidth = 26.0
    private(set) var pieces: [Piece] = []

    init(_ segments: [RunReport.Segment], left: Double, right: Double) {
        // Many short lives of a run would leave no room: the first ones and the last ones are shown.
        let times = segments.map {
            (start: $0.start.milliseconds, end: max($0.end.milliseconds, $0.start.milliseconds))
        }
        let gaps = Double(max(0, times.count - 1)) * Self.gapWidth
        let gapWidth = gaps > (right - left) / 2 ? (right - left) / 2 / Double(max(1, times.count - 1)) : Self.gapWidth
        let room = right - left - Double(max(0, times.count - 1)) * gapWidth
        let total = times.reduce(0.0) { $0 + Self.length($1.start, $1.end) }
        var place = left
        for time in times {
            let width = room * Self.length(time.start, time.end) / max(total, 1)
            pieces.append(Piece(start: time.start, end: time.end, left: place, right: place + width))
            place += width + gapWidth
        }
    }

    /// Never zero: a run of no time is a point that still has a place.
    private static func length(_ start: Int64, _ end: Int64) -> Double { max(1, Double(end) - Double(start)) }

    func place(_ time: Timestamp) -> Double {
        let moment = time.milliseconds
        guard let first = pieces.first else { return 0 }
        var last = first
        for piece in pieces {
            if moment < piece.start { return piece.start == first.start ? piece.left : last.right }
            if moment <= piece.end {
                let part = (Double(moment) - Double(piece.start)) / Self.length(piece.start, piece.end)
                return piece.left + part * (piece.right - piece.left)
            }
            last = piece
        }
        return last.right
    }

    /// Between two marks, in milliseconds.
    private static let steps: [Int64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000,
        604_800_000, 2_592_000_000,
    ]

    /// Round times of the clock, not nearer than `spacing` to each other; with seconds or without.
    func marks(spacing: Double) -> [(place: Double, label: String)] {
        var marks: [(place: Double, label: String)] = []
        let width = pieces.reduce(0.0) { $0 + $1.right - $1.left }
        let total = pieces.reduce(0.0) { $0 + Self.length($1.start, $1.end) }
        guard width > 0 else { return [] }
        let step = Self.steps.first { Double($0) / total * width >= spacing } ?? Self.steps[Self.steps.count - 1]
        var nearest = -Double.infinity
        for piece in pieces {
            var moment = (piece.start + step - 1) / step * step
            while moment <= piece.end, marks.count < 200 {
                let place = place(Timestamp(milliseconds: moment))
                if place - nearest >= spacing * 0.8 {
                    marks.append((place, Self.label(moment, step: step)))
                    nearest = place
                }
                moment += step
            }
        }
        return marks
    }

    private static func label(_ moment: Int64, step: Int64) -> String {
        let text = Timestamp(milliseconds: moment).description
        if step >= 86_400_000 { return String(text.prefix(10)) }
        let clock = text.dropFirst(11)
        return step >= 60_000
            ? String(clock.prefix(5)) : step >= 1000 ? String(clock.prefix(8)) : String(clock.prefix(12))
    }
}
