/// Lists for people: the first few by name, the rest as a number.
enum BoundedList {
    /// Reasons that a verdict names at most.
    static let reasons = 20
    /// Partitions that one reason names at most.
    static let names = 5

    /// `a, b, c and 4 more`.
    static func text(_ items: some Collection<String>, limit: Int = names) -> String {
        let shown = items.prefix(limit).joined(separator: ", ")
        return items.count > limit ? "\(shown) and \(items.count - limit) more" : shown
    }

    /// The same of the first few of `count` items.
    static func text(_ first: [String], of count: Int) -> String {
        let shown = first.joined(separator: ", ")
        return count > first.count ? "\(shown) and \(count - first.count) more" : shown
    }

    /// At most `limit` lines, the last of them saying how many are left out.
    static func lines(_ items: [String], limit: Int = reasons) -> [String] {
        guard items.count > limit else { return items }
        return items.prefix(limit - 1) + ["and \(items.count - limit + 1) more"]
    }
}
