/// What differs between two texts, line by line, for people: `- old`, `+ new`, with a few lines around each change.
package enum LineDifference {
    /// Bytes of a text that is compared.
    package static let sizeLimit = 256 * 1024
    /// Lines around a change.
    static let around = 2
    /// Lines that are shown.
    static let shown = 80
    /// Pairs of lines that are compared; above it, all lines between the first and the last that differ count as changed.
    static let comparisons = 4_000_000

    private enum Line {
        case same(Substring)
        case removed(Substring)
        case added(Substring)
    }

    package static func lines(from old: String, to new: String) -> [String] {
        let all = compare(
            old.split(separator: "\n", omittingEmptySubsequences: false),
            new.split(separator: "\n", omittingEmptySubsequences: false))
        let changed = all.indices.filter { if case .same = all[$0] { false } else { true } }
        var found: [String] = []
        var last = -1
        for index in changed {
            for place in stride(from: max(last + 1, index - around), to: min(all.count, index + around + 1), by: 1) {
                if place > last + 1, !found.isEmpty { found.append("  ...") }
                last = place
                switch all[place] {
                case .same(let text): found.append("  \(text)")
                case .removed(let text): found.append("- \(text)")
                case .added(let text): found.append("+ \(text)")
                }
            }
        }
        if found.count <= shown { return found }
        return Array(found.prefix(shown)) + ["... and \(found.count - shown) lines more"]
    }

    /// The longest common subsequence of what is left between the lines that both begin and end with.
    private static func compare(_ old: [Substring], _ new: [Substring]) -> [Line] {
        let head = zip(old, new).prefix { $0 == $1 }.count
        let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        let (before, after) = (old[head..<(old.count - tail)], new[head..<(new.count - tail)])
        return old.prefix(head).map(Line.same) + middle(Array(before), Array(after)) + old.suffix(tail).map(Line.same)
    }

    private static func middle(_ old: [Substring], _ new: [Substring]) -> [Line] {
        guard old.count * new.count <= comparisons else { return old.map(Line.removed) + new.map(Line.added) }
        // length[i][j]: of the longest common subsequence of what follows.
        let width = new.count + 1
        var length = [Int32](repeating: 0, count: (old.count + 1) * width)
        for i in old.indices.reversed() {
            for j in new.indices.reversed() {
                length[i * width + j] =
                    old[i] == new[j]
                    ? length[(i + 1) * width + j + 1] + 1 : max(length[(i + 1) * width + j], length[i * width + j + 1])
            }
        }
        var lines: [Line] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, j < new.count, old[i] == new[j] {
                lines.append(.same(old[i]))
                (i, j) = (i + 1, j + 1)
            } else if j == new.count || i < old.count && length[(i + 1) * width + j] >= length[i * width + j + 1] {
                lines.append(.removed(old[i]))
                i += 1
            } else {
                lines.append(.added(new[j]))
                j += 1
            }
        }
        return lines
    }
}
