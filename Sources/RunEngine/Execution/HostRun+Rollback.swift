import Playbooks
import Values

/// Rollback: the undo lists of what this host did, newest first.
extension HostRun {
    /// 1. Nothing to undo, or an undo argument that is null: no rollback, and the failure stands as it is.
    /// 2. Each undo list, newest first, with the names of its task frozen. The first that fails ends it: exit 7.
    /// 3. All passed, gates in them included: exit 6; unless an irreversible step had cut what came before.
    func rollBack(_ failure: HostFailure, _ name: String, from mark: Int) async throws(RecordFailure) -> HostFailure {
        let (entries, isCut) = undoLists(above: mark)
        var result = failure
        guard !entries.isEmpty else {
            if isCut { result.failure.details.append("nothing is rolled back: the last step cannot be taken back") }
            return result
        }
        if let missing = entries.lazy.compactMap({ self.missingArgument(of: $0) }).first {
            try await open(.undo, name, reason: failure.failure.message)
            try await close(.undo, name, succeeded: false, reason: "no rollback here: \(missing)")
            result.failure.details.append("there is no rollback: \(missing)")
            return result
        }
        try await open(.undo, name, reason: failure.failure.message)
        let present = frames
        for entry in entries {
            frames = entry.frames
            let flow = try await runNodes(
                entry.task.undo, at: entry.path, .undo, tags: nil, list: .undo)
            frames = present
            guard case .next = flow else {
                if run.stopper.isKilling || Task.isCancelled {
                    // A resume goes on with it, from the step of which nobody knows.
                    try await close(.undo, name, succeeded: false, reason: Self.stoppedReason)
                    result.status = .unknown
                    return result
                }
                let reason =
                    if case .failed(let problem) = flow {
                        "\(problem.task): \(problem.failure.message)"
                    } else {
                        "it was stopped"
                    }
                result.rollback = .failed(reason)
                result.failure.details.append("rollback failed: \(reason)")
                try await close(.undo, name, succeeded: false, reason: reason)
                return result
            }
        }
        undo.removeLast(max(0, undo.count - mark))
        if isCut {
            try await close(.undo, name, succeeded: true, reason: "only back to the irreversible step")
            result.failure.details.append("rolled back only to the irreversible step")
        } else {
            try await close(.undo, name, succeeded: true)
            result.rollback = .succeeded
        }
        return result
    }

    /// The host holds within what was to be finished or rolled back as a whole.
    func noteIfHalfway(_ flow: Flow, _ policy: Block.FailurePolicy, _ name: String, since mark: Int) {
        guard case .held = flow, policy == .rollback, undo.count > mark else { return }
        run.ledger.noteHalfway("\(host.name) holds within \(name): what it did there is neither finished nor undone")
    }

    func isUnknown(_ flow: Flow) -> Bool {
        if case .failed(let failure) = flow { return failure.status == .unknown }
        return false
    }

    /// Newest first, down to the mark or to a step that cannot be taken back.
    private func undoLists(above mark: Int) -> (lists: [UndoList], isCut: Bool) {
        var lists: [UndoList] = []
        for entry in undo.dropFirst(mark).reversed() {
            guard case .list(let list) = entry else { return (lists, true) }
            lists.append(list)
        }
        return (lists, false)
    }

    /// The first argument of an undo step that is required and null now, such as a frozen version that was not known.
    private func missingArgument(of entry: UndoList) -> String? {
        var frames = entry.frames
        let scope = frames.scope()
        return UndoArguments.missing(in: entry.task.undo, scope: scope, index: run.index)
    }
}

/// Looks for undo arguments that have no value; the plan says so, and a rollback does not begin.
enum UndoArguments {
    static func missing(in nodes: [TaskNode], scope: ValueScope, index: ActionIndex) -> String? {
        for node in nodes {
            switch node {
            case .block(let block):
                if let found = missing(in: block.tasks, scope: scope, index: index) { return found }
            case .task(let task):
                guard task.vars.isEmpty, task.loop == nil else { continue }
                let call: ActionCall =
                    switch task.work {
                    case .action(let call): call
                    case .gate(let gate): gate.action
                    }
                guard let entry = index[call.name.value] else { continue }
                for argument in call.arguments {
                    let parameter = entry.reference.parameters.first { $0.name == argument.name.value }
                    guard let parameter, !parameter.isCondition else { continue }
                    guard case .template(let template) = argument.value, template.names.contains("host") else {
                        continue
                    }
                    let value = try? argument.value.evaluateIfDefined(in: scope)
                    if (value ?? .null).isNull { return "\(template.source) is not known" }
                }
            }
        }
        return nil
    }
}
