import RunEngine

/// Standard error of a script that says more than the program in it: its own lines begin with a random word.
///
/// A mark stands behind whatever the program wrote without a line end.
struct MarkedLines {
    /// What the program said.
    let output: KeptOutput
    /// What stands behind each mark, in order.
    let said: [String]

    init(_ output: KeptOutput, _ mark: String) {
        var said: [String] = []
        var kept: [UInt8] = []
        var gap = output.gap
        var place = 0
        let word = Array(mark.utf8)
        for line in output.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let isLast = place + line.count >= output.bytes.count
            if let start = line.firstIndex(of: word) {
                said.append(String(decoding: line[(start + word.count)...], as: UTF8.self))
                kept += line[..<start]
                if let old = gap, place + (start - line.startIndex) < old {
                    gap = max(0, old - (line.endIndex - start) - 1)
                }
            } else {
                kept += line
                if !isLast { kept.append(UInt8(ascii: "\n")) }
            }
            place += line.count + 1
        }
        let dropped = output.bytes.count - kept.count
        self.said = said
        self.output = KeptOutput(bytes: kept, totalBytes: max(kept.count, output.totalBytes - dropped), gap: gap)
    }

    /// A line as the program meant it: what stands before a mark, or nothing when the line is a mark's own.
    static func without(_ mark: String, _ line: String) -> String? {
        guard let place = line.firstRange(of: mark) else { return line }
        return place.lowerBound == line.startIndex ? nil : String(line[..<place.lowerBound])
    }
}

/// A word that no program says by chance.
enum RandomMark {
    static func make() -> String { "opsrun-\(UInt64.random(in: .min ... .max))" }
}

extension ArraySlice<UInt8> {
    /// Where a word begins.
    fileprivate func firstIndex(of word: [UInt8]) -> Index? {
        guard !word.isEmpty, count >= word.count else { return nil }
        return (startIndex...(endIndex - word.count)).first { self[$0...].starts(with: word) }
    }
}
