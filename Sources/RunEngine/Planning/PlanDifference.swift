import Playbooks
import Values

/// What is different in a plan that was made again, in sentences: the clusters and facts first, then what would be done.
struct PlanDifference {
    /// Sentences that are shown unless told otherwise; what follows from one change is often everything.
    static let usual = 8

    private(set) var sentences: [String] = []
    private let most: Int

    init(from old: Plan, to new: Plan, most: Int = usual) {
        self.most = most
        let past = Dictionary(old.sources.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        let present = Dictionary(new.sources.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        for path in Set(past.keys).union(present.keys).sorted() where past[path] != present[path] {
            let what = present[path] == nil ? "is not read any more" : past[path] == nil ? "is read now" : "was changed"
            add("\(path) \(what)")
        }
        compare(old.facts, new.facts) { "\($0) was \($1), and is \($2) now" }
        compare(old.parameters, new.parameters) { "the parameter \($0) was \($1), and is \($2) now" }
        let (before, after) = (Self.ids(old), Self.ids(new))
        compare(before, after) { "the cluster \($0) had the id \($1), and has \($2) now" }
        for (number, play) in new.plays.enumerated() where number < old.plays.count {
            compare(old.plays[number], play)
        }
        if sentences.isEmpty {
            for note in new.notes where !old.notes.contains(note) { add(note) }
        }
        if sentences.isEmpty { add("details of the plan are others") }
    }

    private mutating func compare(_ old: PlannedPlay, _ new: PlannedPlay) {
        let name = new.name.isEmpty ? "play \(new.index + 1)" : new.name
        let (before, after) = (old.batches.map(\.hosts), new.batches.map(\.hosts))
        if before != after {
            add("\(name): the batches were \(Self.text(before)), and are \(Self.text(after)) now")
        }
        let (past, present) = (Self.steps(of: old), Self.steps(of: new))
        for (key, step) in present.steps {
            guard let was = past.texts[key], was != step.text else { continue }
            add("\(step.title): \(was), and \(step.text) now")
        }
    }

    private struct Steps {
        struct Entry {
            var title: String
            var text: String
        }

        var steps: [(key: String, value: Entry)] = []
        var texts: [String: String] = [:]
    }

    /// Every task on every host, and what would become of it.
    private static func steps(of play: PlannedPlay) -> Steps {
        var result = Steps()
        for batch in play.batches {
            for task in batch.tasks {
                for step in task.steps {
                    let key = "\(task.path)/\(task.section.rawValue)/\(step.host)"
                    let entry = Steps.Entry(title: "\(step.host): \(task.name)", text: text(of: step))
                    result.steps.append((key, entry))
                    result.texts[key] = entry.text
                }
            }
        }
        return result
    }

    private static func text(of step: PlannedStep) -> String {
        if step.changesNothing { return "it would change nothing" }
        switch step.decision {
        case .run:
            return step.changes.isEmpty ? "it would run" : "it would change " + step.changes.joined(separator: ", ")
        case .skip(let reason): return "it would be skipped (\(reason))"
        case .atRun(let reason): return "it is \(reason)"
        }
    }

    private mutating func compare(
        _ old: ValueMap, _ new: ValueMap, _ sentence: (String, String, String) -> String
    ) {
        let names = new.keys + old.keys.filter { new[$0] == nil }
        for name in names where old[name] != new[name] {
            add(sentence(name, Self.text(old[name]), Self.text(new[name])))
        }
    }

    private mutating func add(_ sentence: String) {
        guard sentences.count < most, !sentences.contains(sentence) else { return }
        sentences.append(sentence)
    }

    private static func ids(_ plan: Plan) -> ValueMap { ValueMap(plan.clusters.map { ($0.name, .string($0.id)) }) }

    private static func text(_ batches: [[String]]) -> String {
        batches.isEmpty ? "none" : batches.map { $0.joined(separator: " with ") }.joined(separator: ", ")
    }

    private static func text(_ value: Value?) -> String {
        guard let value, !value.isNull else { return "not known" }
        return value.stringValue ?? JSON.text(value).replacing("\"", with: "")
    }
}
