/// An amount of data, in bytes.
package struct ByteCount: Sendable, Hashable, Comparable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.count < right.count }
}

extension ByteCount {
    private static let units: [(suffix: String, factor: Int64)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// Reads `512`, `10MiB`, `1.5 GB`; nil for anything else, for negatives and beyond 64 bits.
    package init?(_ text: String) {
        let text = text.filter { $0 != " " }
        let unit = Self.units.first { text.hasSuffix($0.suffix) } ?? ("", 1)
        let number = text.dropLast(unit.suffix.count)
        if let whole = Int64(number), whole >= 0 {
            let (product, overflow) = whole.multipliedReportingOverflow(by: unit.factor)
            guard !overflow else { return nil }
            self.init(product)
        } else {
            guard let first = number.first, first.isASCII, first.isNumber, let part = Double(number), part >= 0 else {
                return nil
            }
            // Half a byte is a unit that was forgotten.
            guard unit.factor > 1 || part == part.rounded() else { return nil }
            guard let count = Int64(exactly: (part * Double(unit.factor)).rounded()) else { return nil }
            self.init(count)
        }
    }
}

extension ByteCount: CustomStringConvertible {
    /// The exact shortest form in binary units: `10MiB`, `1536KiB`, `100B`.
    package var description: String {
        var unit = (suffix: "B", factor: Int64(1))
        for candidate in Self.units.prefix(5) where count != 0 && count % candidate.factor == 0 { unit = candidate }
        return "\(count / unit.factor)\(unit.suffix)"
    }
}
