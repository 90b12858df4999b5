import Testing
import Values

@testable import RunEngine

@Suite struct GateFiguresTests {
    @Test func `figures are the numbers at the top of a result, and few`() {
        var fields: ValueMap = [
            "passes": false, "reasons": ["no"], "progress": 7, "lag_total": 12, "rate": .float(1.5),
            "bad": .float(.nan),
            "age": .duration(.seconds(90)), "list": [1, 2],
        ]
        #expect(GateFigures.figures(of: fields) == ["lag_total": 12, "rate": .float(1.5), "age": .float(90)])
        for number in 0..<100 { fields["n\(number)"] = .int(Int64(number)) }
        #expect(GateFigures.figures(of: fields).count == GateFigures.most)
    }

    @Test func `looks kept for their figures alone grow with the logarithm of their number`() {
        var figures = GateFigures()
        var kept: [Int] = []
        for look in 1...100_000 {
            _ = figures.note(["lag_total": .int(Int64(look))], isKept: false)
            if figures.isWorthKeeping { kept.append(look) }
        }
        #expect(Array(kept.prefix(GateFigures.dense)) == Array(1...GateFigures.dense))
        #expect(kept.count <= GateFigures.dense * 12)
        #expect(kept.last.map { $0 > 90_000 } == true)
    }

    @Test func `figures that stand still, and looks that failed, are not kept for them`() {
        var figures = GateFigures()
        _ = figures.note(["lag_total": 5], isKept: true)
        #expect(!figures.isWorthKeeping)
        #expect(figures.note(["lag_total": 5], isKept: false) == ["lag_total": 5])
        #expect(!figures.isWorthKeeping)
        #expect(figures.note(nil, isKept: false).isEmpty)
        #expect(!figures.isWorthKeeping)
        _ = figures.note(["lag_total": 4], isKept: false)
        #expect(figures.isWorthKeeping)
    }
}
