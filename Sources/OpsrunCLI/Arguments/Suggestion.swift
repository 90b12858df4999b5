/// "Did you mean": the nearest of the known names.
package enum Suggestion {
    /// Nil when nothing is near: at most a third of the letters differ, and never all of a short word.
    package static func nearest(to word: String, among names: some Sequence<String>) -> String? {
        let limit = max(1, word.count / 3)
        var best: (name: String, distance: Int)?
        for name in names where abs(name.count - word.count) <= limit || name.hasPrefix(word) {
            // The beginning of a name is near, however long the rest is.
            let distance =
                word.count >= 3 && name.hasPrefix(word) ? 1 : distance(Array(word.lowercased()), Array(name))
            if distance <= limit, distance < max(word.count, 2), distance < best?.distance ?? .max {
                best = (name, distance)
            }
        }
        return best?.name
    }

    /// Edits (insert, delete, replace, swap of neighbours) between two words.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
