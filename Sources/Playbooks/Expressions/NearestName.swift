/// "Did you mean": the nearest of several names, when one is near enough.
package enum NearestName {
    /// The candidate with the fewest edits (insert, delete, replace, swap of neighbours), nil when none is within a third of
    /// the name's length. Names that differ only in case or in `_` and `-` are nearest of all.
    package static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.unicodeScalars.prefix(64))
        let folded = fold(name)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance =
                fold(candidate) == folded ? 0 : self.distance(wanted, Array(candidate.unicodeScalars.prefix(64)))
            if distance <= max(1, wanted.count / 3), best.map({ distance < $0.distance }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// `did you mean 'x'?`, or nil.
    package static func hint(_ name: String, in candidates: some Sequence<String>) -> String? {
        find(name, in: candidates).map { "did you mean '\($0)'?" }
    }

    private static func fold(_ name: String) -> String {
        name.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    private static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        guard !one.isEmpty, !other.isEmpty else { return max(one.count, other.count) }
        var beforeLast = [Int](repeating: 0, count: other.count + 1)
        var last = Array(0...other.count)
        for row in 1...one.count {
            var current = [Int](repeating: row, count: other.count + 1)
            for column in 1...other.count {
                let same = one[row - 1] == other[column - 1]
                var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, one[row - 1] == other[column - 2], one[row - 2] == other[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current[column] = cost
            }
            (beforeLast, last) = (last, current)
        }
        return last[other.count]
    }
}
