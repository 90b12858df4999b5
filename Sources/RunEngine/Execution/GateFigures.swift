package import Values

/// The numbers that a gate's looks counted, thinned so that the journal shows how they moved and stays small.
///
/// A look whose verdict, reasons or progress are new is kept anyway. Of the others, where only figures moved, the first
/// `dense` are kept, then every second of as many, then every fourth: what a day of looks adds grows with its logarithm.
package struct GateFigures {
    /// Figures of one look; the first ones of the result.
    static let most = 8
    /// Longer names are no names of fields.
    private static let longestName = 64
    /// Looks that are kept for their figures before they are thinned, and between two thinnings.
    static let dense = 60

    private var last = ValueMap()
    private var moved = 0
    private var kept = 0
    /// The look that was noted last is one to keep.
    private(set) var isWorthKeeping = false

    /// The figures of a look, nil for one that failed. `isKept`: it is kept whatever they say.
    mutating func note(_ fields: ValueMap?, isKept: Bool) -> ValueMap {
        isWorthKeeping = false
        guard let fields else { return ValueMap() }
        let figures = Self.figures(of: fields)
        if isKept {
            last = figures
        } else if figures != last {
            let stride = 1 << min(kept / Self.dense, 30)
            isWorthKeeping = moved % stride == 0
            moved += 1
            if isWorthKeeping {
                kept += 1
                last = figures
            }
        }
        return figures
    }

    /// Whole and finite numbers at the top of a result, durations in seconds; `progress` has a place of its own.
    package static func figures(of fields: ValueMap) -> ValueMap {
        var figures = ValueMap()
        for (name, value) in fields where name != "progress" && name.utf8.count <= longestName {
            guard figures.count < most else { break }
            switch value {
            case .int: figures[name] = value
            case .float(let number) where number.isFinite: figures[name] = value
            case .duration(let duration): figures[name] = .float(Double(duration.milliseconds) / 1000)
            default: continue
            }
        }
        return figures
    }
}
