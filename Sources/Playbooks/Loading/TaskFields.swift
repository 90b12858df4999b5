/// The keys of a task, sorted into action, keywords and arguments that stand beside the action.
struct TaskFields {
    var action: YAMLEntry?
    var gate: YAMLEntry?
    var extra: [YAMLEntry] = []
    private let entries: [YAMLEntry]
    private var keywords: [(keyword: TaskKeyword, index: Int)] = []

    init(_ entries: [YAMLEntry]) {
        self.entries = entries
        keywords.reserveCapacity(entries.count)
    }

    subscript(_ keyword: TaskKeyword) -> YAMLEntry? {
        for known in keywords where known.keyword == keyword { return entries[known.index] }
        return nil
    }

    mutating func add(_ keyword: TaskKeyword, at index: Int) { keywords.append((keyword, index)) }
}
