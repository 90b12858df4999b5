/// The keys of a task, sorted into action, keywords and arguments that stand beside the action.
struct TaskFields {
    var action: YAMLEntry?
    /// What the action's name stands for.
    var reference: KnownAction?
    var gate: YAMLEntry?
    var extra: [YAMLEntry] = []
    private let entries: [YAMLEntry]
    private var keywords: [(keyword: TaskKeyword, index: Int)] = []
    /// The keywords that are there: most of those that are asked for are not.
    private var present = TaskKeyword.Group()

    init(_ entries: [YAMLEntry]) {
        self.entries = entries
        keywords.reserveCapacity(entries.count)
    }

    subscript(_ keyword: TaskKeyword) -> YAMLEntry? {
        guard present.contains(keyword.group) else { return nil }
        for known in keywords where known.keyword == keyword { return entries[known.index] }
        return nil
    }

    /// True when a condition on the task's own result is there.
    var hasVerdict: Bool { !present.isDisjoint(with: TaskKeyword.verdicts) }

    mutating func add(_ keyword: TaskKeyword, at index: Int) {
        keywords.append((keyword, index))
        present.insert(keyword.group)
    }
}
