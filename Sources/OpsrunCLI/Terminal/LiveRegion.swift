/// Lines at the bottom of a terminal that are replaced in place: what to write so that text scrolls above them.
package struct LiveRegion: Sendable {
    /// At most so many redraws a second.
    package static let interval = Duration.milliseconds(100)

    private var drawn: [String] = []

    package init() {}

    /// Erases the region, writes `scrolled` (whole lines) above it and draws it again. Empty when nothing would change.
    package mutating func update(scrolled: String, region: [String]) -> String {
        guard !scrolled.isEmpty || region != drawn else { return "" }
        var text = erase()
        text += scrolled
        text += region.map { $0 + "\n" }.joined()
        drawn = region
        return text
    }

    /// Leaves no trace of the region.
    package mutating func clear() -> String {
        defer { drawn = [] }
        return erase()
    }

    /// Up to the region's first line, and everything below is erased.
    private func erase() -> String { drawn.isEmpty ? "" : "\u{1B}[\(drawn.count)A\r\u{1B}[J" }
}
