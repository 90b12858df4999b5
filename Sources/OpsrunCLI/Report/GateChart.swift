internal import RunEngine
internal import Values

/// What one gate saw over time, as curves: what it counted on one scale, what it measured beside that on scales of their own.
struct GateChart {
    private static let width = 520.0
    private static let height = 104.0
    private static let left = 46.0
    private static let right = 512.0
    private static let top = 8.0
    private static let bottom = 84.0
    /// Curves of one drawing.
    private static let mostCurves = 4

    struct Curve {
        var name: String
        /// As many as there are looks; nil where it was not measured.
        var values: [Double?]
    }

    let looks: [RunReport.Look]
    private let start: Int64
    private let end: Int64

    /// `looks` in the order of their times.
    init(_ looks: [RunReport.Look], start: Timestamp, end: Timestamp) {
        self.looks = looks
        self.start = start.milliseconds
        self.end = max(end.milliseconds, start.milliseconds + 1)
    }

    /// What is worth drawing: counts that ever were something, then other figures that moved; the progress, which only says
    /// that something comes closer, where there is nothing else.
    func drawings() -> [[Curve]] {
        var names: [String] = []
        for look in looks { for name in look.figures.keys where !names.contains(name) { names.append(name) } }
        let curves = names.map { name in
            Curve(name: Self.words(name), values: looks.map { $0.figures[name].flatMap(RunReport.number) })
        }
        let isCount = names.map { $0.hasSuffix("_count") }
        let counts = zip(curves, isCount).filter { $0.1 && $0.0.values.contains { ($0 ?? 0) != 0 } }.map(\.0)
        let others = zip(curves, isCount).filter { !$0.1 && Self.moves($0.0.values) }.map(\.0)
        var drawings: [[Curve]] = []
        var different: [Curve] = []
        for curve in counts where !different.contains(where: { $0.values == curve.values }) { different.append(curve) }
        if !different.isEmpty { drawings.append(Array(different.prefix(Self.mostCurves))) }
        drawings += others.prefix(2).map { [$0] }
        let progress = Curve(name: "progress", values: looks.map(\.progress))
        if drawings.isEmpty, Self.moves(progress.values) { drawings.append([progress]) }
        return drawings
    }

    private static func moves(_ values: [Double?]) -> Bool { Set(values.compactMap(\.self)).count > 1 }

    static func words(_ name: String) -> String {
        let base = name.hasSuffix("_count") ? String(name.dropLast(6)) : name
        return String(base.map { $0 == "_" ? " " : $0 })
    }

    // MARK: Drawing

    private func x(_ time: Int64) -> Double {
        let part = (Double(time) - Double(start)) / (Double(end) - Double(start))
        return Self.left + min(max(part, 0), 1) * (Self.right - Self.left)
    }

    func svg(_ curves: [Curve]) -> String {
        let values = curves.flatMap { $0.values.compactMap(\.self) }
        guard let greatest = values.max(), let least = values.min() else { return "" }
        // Counts are read against nothing; a byte count or an offset against where it began.
        let low = curves.count == 1 && least > 0 && greatest < least * 3 ? least : min(0, least)
        let high = greatest > low ? greatest : low + 1
        func y(_ value: Double) -> Double {
            Self.bottom - (value - low) / (high - low) * (Self.bottom - Self.top)
        }
        let names = curves.map(\.name).joined(separator: ", ")
        var text = "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
        text += "aria-label=\"\(HTMLText.clipped(names, 200))\">\n" + zones()
        for value in [low, high] {
            let place = HTMLText.number(y(value))
            text +=
                "<line class=\"grid\" x1=\"\(Int(Self.left))\" x2=\"\(Int(Self.right))\" y1=\"\(place)\" y2=\"\(place)\"/>"
            text += "<text x=\"\(Int(Self.left) - 6)\" y=\"\(HTMLText.number(y(value) + 4))\" text-anchor=\"end\">"
            text += "\(Self.short(value))</text>\n"
        }
        text += "<text x=\"\(Int(Self.left))\" y=\"100\">0s</text>"
        text += "<text x=\"\(Int(Self.right))\" y=\"100\" text-anchor=\"end\">"
        text += "\(Duration.milliseconds(end - start).elapsedText)</text>\n"
        for (index, curve) in curves.enumerated() {
            text += "<path class=\"line s\(index % 4)\" d=\"\(path(curve.values, y))\"/>\n"
            if let last = curve.values.compactMap(\.self).last {
                text += "<circle class=\"s\(index % 4)\" cx=\"\(HTMLText.number(x(end)))\" "
                text += "cy=\"\(HTMLText.number(y(last)))\" r=\"3\"/>\n"
            }
        }
        return text + "</svg>\n" + legend(curves)
    }

    /// Where the gate was content.
    private func zones() -> String {
        var text = ""
        var from: Double?
        func close(_ to: Double) {
            guard let begin = from else { return }
            text += "<rect class=\"zone\" x=\"\(HTMLText.number(begin))\" y=\"\(Int(Self.top))\" "
            text += "width=\"\(HTMLText.number(max(1, to - begin)))\" height=\"\(Int(Self.bottom - Self.top))\"/>\n"
            from = nil
        }
        for look in looks {
            let place = x(look.time.milliseconds)
            if look.passes { from = from ?? place } else { close(place) }
        }
        close(Self.right)
        return text
    }

    /// A value stands until the next look says something else: only looks that differ are in the journal.
    private func path(_ values: [Double?], _ y: (Double) -> Double) -> String {
        var text = ""
        var isDown = false
        for (look, value) in zip(looks, values) {
            let place = HTMLText.number(x(look.time.milliseconds))
            guard let value else {
                if isDown { text += "H\(place)" }
                isDown = false
                continue
            }
            let height = HTMLText.number(y(value))
            text += isDown ? "H\(place)V\(height)" : "M\(place) \(height)"
            isDown = true
        }
        return text + (isDown ? "H\(HTMLText.number(Self.right))" : "")
    }

    private func legend(_ curves: [Curve]) -> String {
        let items = curves.enumerated().map { index, curve in
            let last = curve.values.compactMap(\.self).last.map { " \(Self.short($0))" } ?? ""
            let peak = curve.values.compactMap(\.self).max().map { ", at most \(Self.short($0))" } ?? ""
            return "<span><i class=\"s\(index % 4)\"></i>\(HTMLText.clipped(curve.name, 60))\(last)\(peak)</span>"
        }
        return "<div class=\"legend\">\(items.joined())</div>\n"
    }

    /// The first figure that moved, small, for a cell of a table.
    func spark() -> String {
        guard let curve = drawings().first?.first else { return "" }
        let values = curve.values.compactMap(\.self)
        guard let greatest = values.max(), let least = values.min(), greatest > least else { return "" }
        var text = ""
        for (look, value) in zip(looks, curve.values) {
            guard let value else { continue }
            let place = HTMLText.number((x(look.time.milliseconds) - Self.left) / (Self.right - Self.left) * 106 + 2)
            let height = HTMLText.number(17 - (value - least) / (greatest - least) * 14)
            text += text.isEmpty ? "M\(place) \(height)" : "H\(place)V\(height)"
        }
        return "<svg viewBox=\"0 0 110 20\" role=\"img\" aria-label=\"\(HTMLText.clipped(curve.name, 60))\">"
            + "<path class=\"line s2\" d=\"\(text)H108\"/></svg>"
    }

    /// `61`, `12.3k`, `4.1M`.
    static func short(_ value: Double) -> String {
        let size = abs(value)
        for (limit, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where size >= limit {
            return HTMLText.number(value / (unit == "k" ? 1000 : limit)) + unit
        }
        return HTMLText.number(value)
    }
}
