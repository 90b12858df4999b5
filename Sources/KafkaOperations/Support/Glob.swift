/// A topic argument: a name, or a pattern in which `*` stands for any text and `?` for one character.
struct Glob: Sendable, Hashable {
    let text: String
    private let pattern: [Unicode.Scalar]

    init(_ text: String) {
        self.text = text
        pattern = Array(text.unicodeScalars)
    }

    var isPattern: Bool { pattern.contains("*") || pattern.contains("?") }

    /// Linear in the product of both lengths at worst; never recursive.
    func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var place = 0
        var index = 0
        var star: Int?
        var mark = 0
        while index < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = place
                mark = index
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[index] {
                place += 1
                index += 1
            } else if let last = star {
                place = last + 1
                mark += 1
                index = mark
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == "*" { place += 1 }
        return place == pattern.count
    }
}

/// Which topics an action means: names and globs.
struct TopicFilter: Sendable, Hashable {
    let globs: [Glob]

    init(_ texts: [String]) { globs = texts.map(Glob.init) }

    static let all = TopicFilter(["*"])

    var matchesAll: Bool { globs.contains { $0.text == "*" } }

    /// The names when there is no pattern, to ask for exactly these; nil: ask for all.
    var names: [String]? { globs.allSatisfy { !$0.isPattern } ? globs.map(\.text) : nil }

    /// Names that none of some topics has: what was asked for and is not there.
    func missing(from topics: Set<String>) -> [String] {
        globs.filter { !$0.isPattern && !topics.contains($0.text) }.map(\.text)
    }

    func matches(_ topic: String) -> Bool { matchesAll || globs.contains { $0.matches(topic) } }
}
