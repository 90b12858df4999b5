import Values

/// A registered result, as later tasks see it.
struct Registered {
    var name: String
    var entry: TypeScope.Entry
    /// Of a `run_once` task: seen by later plays.
    var isGlobal: Bool
    /// The conditions it stands under; a later task under the same ones may rely on it.
    var guards: [String]
}

/// What a task may name and where it stands, while a task list is walked.
struct TaskContext {
    enum Role {
        case main
        /// Undo lists run after a failure: a null fact there means that the host has no rollback.
        case undo
        /// Only reads and gates.
        case verify
    }

    var scope: TypeScope
    var broken: Set<String>
    var play: PlayFacts
    var role = Role.main
    /// What the blocks around say for the tasks in them.
    var become: Bool?
    var environment: ValueTemplate?
    /// An irreversible step stands before, and whether that was said of a write after it.
    var isPastIrreversible = false
    var hasWarnedOfIrreversible = false
    /// Results registered so far that are visible here or were in blocks that ended.
    var registered: [Registered] = []
    /// The results that stand under conditions, by these: under the same ones they are there.
    var guarded: [String: TypeScope.Layer] = [:]
    /// How many layers conditions have added to the scope.
    private var guardLayers = 0

    init(scope: TypeScope, broken: Set<String>, play: PlayFacts) {
        self.scope = scope
        self.broken = broken
        self.play = play
    }

    /// What was in scope when a task or block began.
    struct Mark {
        fileprivate var guardLayers: Int
        fileprivate var shown: TypeScope.Shown
    }

    /// Opens a layer for a task or block; `leave` closes it with what conditions added above it and what they showed.
    mutating func enter() -> Mark {
        scope.push()
        return Mark(guardLayers: guardLayers, shown: scope.shown)
    }

    mutating func leave(_ mark: Mark) {
        for _ in mark.guardLayers...guardLayers { scope.pop() }
        guardLayers = mark.guardLayers
        scope.shown = mark.shown
    }

    static func key(of guards: [String]) -> String { guards.joined(separator: "\n") }

    /// Under these conditions, results that were registered under them are there.
    mutating func assume(_ guards: [String]) {
        guard !guarded.isEmpty, !guards.isEmpty else { return }
        let before = guardLayers
        for key in guards.count == 1 ? guards : guards + [Self.key(of: guards)] {
            guard let layer = guarded[key] else { continue }
            scope.push(layer)
            guardLayers += 1
        }
        guard guardLayers > before else { return }
        // What is declared next must not be written into the shared layer.
        scope.push()
        guardLayers += 1
    }
}

extension PlaybookReader {
    /// What every result has, whatever the action.
    static let commonFields: [RecordType.Field] = [
        .init("changed", .bool, "Whether anything was changed"),
        .init("failed", .bool, "Whether the task failed"),
        .init("skipped", .bool, "Whether a condition or a removed command left it out"),
        .init("attempts", .int, "How often it was tried"),
        .init("start", .timestamp, "When it began"),
        .init("end", .timestamp, "When it ended"),
    ]

    /// The result of a loop: one record each, and the verdict over all.
    static func loopRecord(_ record: RecordType, item: ValueType, isConditional: Bool) -> RecordType {
        let common = Set(commonFields.map(\.name))
        var fields = record.fields.map { field in
            var field = field
            if isConditional, !common.contains(field.name) { field.mayBeAbsent = true }
            return field
        }
        if record["item"] == nil { fields.append(.init("item", item, "The item it ran with")) }
        return RecordType(
            [.init("results", .list(.record(RecordType(fields))), "One result for each item")] + commonFields)
    }

    func define(_ result: Registered, in scope: inout TypeScope) { scope.define(result.name, result.entry) }
}
