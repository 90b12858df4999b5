extension Duration {
    /// Whole milliseconds, towards zero, clamped to 64 bits.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }

    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads `90s`, `1h30m`, `1.5s`, `250ms`, `2d`; units descend and appear once. Nil for anything else, a bare number
    /// and a sign included.
    package init?(text: String) {
        var rest = text[...]
        var total: Int64 = 0
        var smallest = Int64.max
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let unit = Self.units.first(where: { $0.suffix == name }), unit.milliseconds < smallest,
                let first = number.first, first != ".", number.last != ".", let amount = Double(number),
                let part = Int64(exactly: (amount * Double(unit.milliseconds)).rounded())
            else { return nil }
            smallest = unit.milliseconds
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        }
        self = .milliseconds(total)
    }

    /// The exact form that reads back: `1h30m`, `1m30s`, `250ms`, `0s`.
    package var text: String {
        var rest = milliseconds.magnitude
        guard rest > 0 else { return "0s" }
        var parts = milliseconds < 0 ? "-" : ""
        for unit in Self.units where rest >= UInt64(unit.milliseconds) {
            parts += "\(rest / UInt64(unit.milliseconds))\(unit.suffix)"
            rest %= UInt64(unit.milliseconds)
        }
        return parts
    }

    /// What was measured, for people: a second and more without its milliseconds.
    package var wholeSeconds: Duration {
        let total = milliseconds
        return total.magnitude < 1000 ? self : .seconds(total / 1000)
    }
}
