internal import Playbooks
import Values

/// `--limit`, `--tags` and `--skip-tags`: words that match nothing are mistakes, and found before anything runs.
enum Selection {
    /// The words of a repeatable option that takes lists.
    static func words(_ lists: [String]) -> [String] { lists.flatMap { $0.split(separator: ",").map(String.init) } }

    static func limitProblems(_ options: Options, _ inventory: Inventory) -> [Diagnostic] {
        guard let limit = options.limit else { return [] }
        do throws(HostPatternFailure) {
            _ = try HostPattern.resolve(limit, in: inventory)
            return []
        } catch {
            return [Diagnostic(code: "no-hosts", error.message, hint: error.hint, at: SourceSpan(option: "--limit"))]
        }
    }

    /// Words that select by being there or not, and stand on no task.
    private static let special: Set<String> = ["all", "always", "never", "tagged", "untagged"]

    static func tagProblems(_ options: Options, _ playbook: Playbook) -> [Diagnostic] {
        let asked = words(options.tags).map { ("--tags", $0) } + words(options.skipTags).map { ("--skip-tags", $0) }
        guard !asked.isEmpty else { return [] }
        let known = Set(playbook.plays.flatMap { $0.tags + tags(of: $0.tasks) })
        let names = known.sorted()
        return asked.filter { !known.contains($0.1) && !special.contains($0.1) }.map { option, word in
            let listed = names.isEmpty ? "the playbook has no tags" : "its tags: " + names.joined(separator: ", ")
            return Diagnostic(
                code: "unknown-task-tag", "no task of the playbook has the tag '\(word)'",
                hint: NearestName.hint(word, in: names) ?? listed, at: SourceSpan(option: option))
        }
    }

    private static func tags(of nodes: [TaskNode]) -> [String] {
        nodes.flatMap { node in
            switch node {
            case .task(let task): task.tags + tags(of: task.undo) + tags(of: task.verify)
            case .block(let block):
                block.tags + tags(of: block.tasks) + tags(of: block.rescue) + tags(of: block.always)
            }
        }
    }
}
