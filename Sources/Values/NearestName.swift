/// "Did you mean": the nearest of several names, when one is near enough.
package enum NearestName {
    /// The candidate with the fewest edits (insert, delete, replace, swap of neighbours), nil when none is within a third of
    /// the name's length; one that begins alike may end otherwise (`retry`, `retries`). Names that differ only in case or in
    /// `_` and `-` are nearest of all; of two that are equally near, the one with the same letters is meant (`taks`: `tasks`, and
    /// not `tags`). A single letter is near to nothing.
    package static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.unicodeScalars.prefix(64))
        let folded = fold(name)
        var best: (name: String, distance: Int, strangers: Int)?
        for candidate in candidates {
            let other = Array(candidate.unicodeScalars.prefix(64))
            let isSame = fold(candidate) == folded
            let limit = beginsAlike(name, candidate) ? longestEnding : wanted.count < 2 ? 0 : max(1, wanted.count / 3)
            // What one is longer by are edits at least: most candidates need no more than this look.
            guard isSame || abs(other.count - wanted.count) <= limit else { continue }
            let distance = isSame ? 0 : self.distance(wanted, other)
            guard distance <= limit, distance <= best?.distance ?? .max else { continue }
            let strangers = self.strangers(wanted, other)
            if best.map({ (distance, strangers) < ($0.distance, $0.strangers) }) ?? true {
                best = (candidate, distance, strangers)
            }
        }
        return best?.name
    }

    /// `did you mean 'x'?`, or nil.
    package static func hint(_ name: String, in candidates: some Sequence<String>) -> String? {
        find(name, in: candidates).map { "did you mean '\($0)'?" }
    }

    /// `did you mean 'x'?`, or what there is.
    package static func hint(_ name: String, orListing candidates: [String]) -> String {
        hint(name, in: candidates) ?? "there are \(candidates.joined(separator: ", "))"
    }

    /// Edits at the end of a word whose beginning is right.
    private static let longestEnding = 3
    /// A beginning shorter than this says nothing.
    private static let shortestBeginning = 4

    /// True when the words differ only from their last letters on.
    private static func beginsAlike(_ one: String, _ other: String) -> Bool {
        let common = zip(one.unicodeScalars, other.unicodeScalars).prefix { $0 == $1 }.count
        return common >= shortestBeginning
            && common + 1 >= min(one.unicodeScalars.count, other.unicodeScalars.count)
    }

    /// How many letters only one of the words has.
    private static func strangers(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        var counts: [Unicode.Scalar: Int] = [:]
        for scalar in one { counts[scalar, default: 0] += 1 }
        for scalar in other { counts[scalar, default: 0] -= 1 }
        return counts.values.reduce(0) { $0 + abs($1) }
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
