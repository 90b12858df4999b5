import EventLoop
import Playbooks
import Values

/// Going on with a run: outcomes that stand are answers at the very points where a first run performs the effect.
extension HostRun {
    /// The host had come further than this before the run was resumed.
    func isAhead(_ path: TaskPath) -> Bool { past.isAhead(path, key: key(path)) }

    // MARK: Decisions

    /// Whether a step's `when` held: it is not asked again for a step that has an outcome. Nil: there is none.
    func formerDecision(on key: String, _ path: TaskPath) -> Result<String?, StepFailure>? {
        path.isVerify || !past.hasNext(key) ? nil : .success(nil)
    }

    /// As above for a block: its first task that has an outcome tells whether it was entered.
    func formerDecision(
        on block: Block, at path: TaskPath, _ section: StepSection, tags: Set<String>?
    ) -> Result<String?, StepFailure>? {
        guard !past.isOver, !path.isVerify else { return nil }
        return firstPassage(in: block.tasks, at: path, tags: tags).map { passage in
            guard case .step(let step) = passage, let end = step.end, end.block == path.text else {
                return .success(nil)
            }
            return .success(end.reason ?? "")
        }
    }

    private func firstPassage(in nodes: [TaskNode], at path: TaskPath, tags: Set<String>?) -> Passage? {
        for node in nodes {
            switch node {
            case .task(let task):
                guard isSelected(task, tags) else { continue }
                let place = path.child(.tasks, task.index)
                let name = task.loop == nil ? key(place) : key(place, item: 0)
                if let passage = past.next(name) ?? past.next(key(place)) { return passage }
            case .block(let block):
                let inner = firstPassage(
                    in: block.tasks, at: path.child(.tasks, block.index), tags: tags?.union(block.tags))
                if let inner { return inner }
            }
        }
        return nil
    }

    /// The items of a loop: those that it had when it began.
    func items(of task: PlaybookTask, at path: TaskPath) throws(EvaluationError) -> [Value] {
        let former = path.isVerify ? nil : past.takeLoop(key(path))
        let now: [Value]
        do throws(EvaluationError) {
            guard let loop = task.loop, let list = try loop.evaluate(in: frames.scope()).listValue else {
                throw EvaluationError(.type, "a loop needs a list", at: task.span)
            }
            now = list
        } catch {
            if let former, former.items.count == former.count, former.count > 0 { return former.items }
            throw error
        }
        let shown = now.map { run.mask.apply(.map(["item": $0]))["item"] ?? .null }
        if let former {
            // As they are now they have their types; where they are others, those that the loop began with count.
            let isSame = former.items.count == now.count && JSON.text(.list(former.items)) == JSON.text(.list(shown))
            if isSame || former.items.isEmpty && former.count == now.count { return now }
            if former.items.count == former.count { return former.items }
            throw EvaluationError(
                .value, "the loop began with \(former.count) items that were not kept, and has \(now.count) now",
                at: task.span)
        }
        guard !now.isEmpty, !path.isVerify, !isLookingAgain else { return now }
        var event = LoopOpened()
        event.key = key(path)
        event.host = host.name
        event.count = now.count
        if !task.noLog, shown == now { event.items = now }
        emit(.loopOpened(event))
        return now
    }

    // MARK: Outcomes

    /// The outcome that stands for a step or a gate, with all that it left behind; nil: it has to be done.
    func takeOver(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd? {
        guard !path.isVerify, !isLookingAgain, let passage = past.take(key(path, item: item?.index)) else { return nil }
        switch (passage, task.work) {
        case (.gate(let gate, _), .gate(let call)):
            if gate.verdict == .passed, gate.isMasked == true, task.register != nil, item == nil {
                return try await lookAgainForResult(task, at: path, section)
            }
            let end = conclude(task, call, gate, result: typed(gate.result, of: task), at: path, section)
            if gate.verdict == .passed { gateToRepeat = pastReads.last }
            return end
        case (.step(let step), .action(let call)):
            return try await takeOver(step, task, call, at: path, section, item)
        case (.step(let step), .gate):
            // It could not even begin, or its `when` left it out.
            return try await end(of: step, task, isIrreversible: false, section, item, at: path, effect: .read)
        case (.gate, .action): return nil
        }
    }

    private func takeOver(
        _ step: StepPast, _ task: PlaybookTask, _ call: ActionCall, at path: TaskPath, _ section: StepSection,
        _ item: Round?
    ) async throws(RecordFailure) -> WorkEnd? {
        let effect = run.index.effect(of: call, in: task)
        let reference = run.index[call.name.value]?.reference
        let isIrreversible = (task.irreversible || reference?.irreversible == true) && effect != .read
        take(step, key(path, item: item?.index))
        if step.records.contains(where: { $0.kind == TemporaryChange.kind }),
            let obstacle = try await setAgain(key(path, item: item?.index))
        {
            run.ledger.note(.suspended, obstacle)
            run.ledger.halt()
            return WorkEnd(flow: hold(), result: nil)
        }
        let isApproval = call.name.value == Approval.action
        let end = try await end(
            of: step, task, isIrreversible: isIrreversible, section, item, at: path, effect: effect)
        guard isApproval, case .next = end.flow, let duration = step.end?.duration, duration > Self.staleAfter else {
            return end
        }
        hasWaited = true
        return WorkEnd(flow: try await lookAgain(), result: end.result)
    }

    /// What the step had set for the run's time was put back when the run was suspended: what comes after it counts on it.
    /// Answers with why it cannot be set again.
    private func setAgain(_ key: String) async throws(RecordFailure) -> String? {
        for change in await run.recorder.state.temporary.setAside(by: key) {
            if let obstacle = try await run.restorer.setAgain(change) {
                return "\(host.name): \(change.what) cannot be set again: \(obstacle)"
            }
        }
        return nil
    }

    /// What its attempts left behind: folders of output, a node that is down.
    private func take(_ step: StepPast, _ key: String) {
        performed[key, default: 0] += step.intents
        for record in step.records {
            if record.kind == "stopped" { isDown.withLock { $0 = true } }
            if record.kind == "started" { isDown.withLock { $0 = false } }
        }
    }

    private func end(
        of step: StepPast, _ task: PlaybookTask, isIrreversible: Bool, _ section: StepSection, _ item: Round?,
        at path: TaskPath, effect: Effect
    ) async throws(RecordFailure) -> WorkEnd {
        guard let event = step.end else { return WorkEnd(flow: hold(), result: nil) }
        let failure = event.failure.map(StepFailure.init(record:))
        let end: End =
            switch event.status {
            case .ok: .good(changed: false, reason: event.reason)
            case .changed: .good(changed: true, reason: event.reason)
            case .skipped: .skipped(event.reason ?? "")
            case .failed, .unreachable, .stopped, .unknown:
                event.isNotDone == true
                    ? .notDone(failure ?? StepFailure(.failed, "")) : .bad(failure ?? StepFailure(.failed, ""))
            }
        if step.started != nil {
            if effect != .read { gateToRepeat = nil }
            let height = stack(task, at: path, section, isIrreversible: isIrreversible)
            unstack(end, isIrreversible: isIrreversible, section, to: height)
        }
        // One that its own `when` left out, or that could not begin, registers nothing.
        let hasResult = step.started != nil || !event.result.isEmpty
        var result: ValueMap?
        if hasResult {
            result = common(
                typed(event.result, of: task), end, event.attempts, event.duration, endedAt: step.endedAt)
        }
        switch event.status {
        case .ok, .changed, .skipped:
            for finding in findings(of: event.result, task) { note(finding) }
            let isLost = (event.isMasked == true || task.noLog) && step.started != nil
            if isLost, effect == .read, item == nil, task.register != nil {
                return try await lookAgainForResult(task, at: path, section)
            }
            if event.status != .skipped, step.started != nil { remember(task, path, effect, section, item) }
            guard isLost, let register = task.register?.value else { return WorkEnd(flow: .next, result: result) }
            loseResult(register)
            return WorkEnd(flow: .next, result: nil)
        case .failed, .unreachable, .stopped, .unknown:
            return WorkEnd(
                flow: .failed(
                    HostFailure(
                        key: event.key, task: event.name, action: event.action, status: event.status,
                        failure: failure ?? StepFailure(.failed, ""), result: result ?? ValueMap())),
                result: result)
        }
    }

    /// A result had a secret in it, which no journal keeps: a read is done once more for it.
    private func lookAgainForResult(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection
    ) async throws(RecordFailure) -> WorkEnd {
        isLookingAgain = true
        let kept = past
        defer {
            past = kept
            isLookingAgain = false
        }
        switch task.work {
        case .gate(let call): return try await runGate(task, call, at: path, section, item: nil)
        case .action(let call): return try await runAction(task, call, at: path, section, item: nil)
        }
    }

    private func loseResult(_ name: String) {
        frames.lose(
            name, "\(name) had a secret in it and was not kept: after a resume it cannot be used")
    }

    /// As the journal has it, in the types that the action declares.
    private func typed(_ result: ValueMap, of task: PlaybookTask) -> ValueMap {
        let call: ActionCall =
            switch task.work {
            case .action(let action): action
            case .gate(let gate): gate.action
            }
        guard let type = run.index[call.name.value]?.reference.result else { return result }
        var typed = result
        for field in type.fields {
            guard let value = result[field.name] else { continue }
            do throws(CoercionFailure) { typed[field.name] = try field.type.coerce(value) } catch { continue }
        }
        return typed
    }

    // MARK: What was begun

    /// The gate that passed last, looked at once more before the first write of a resumed run, unless this host is down by our
    /// hand or has been changed since. Nil: it may go on.
    func lookAtLastGate(_ section: StepSection) async throws(RecordFailure) -> WorkEnd? {
        guard run.history != nil, section == .tasks, let read = gateToRepeat, case .gate(let call) = read.task.work
        else { return nil }
        gateToRepeat = nil
        guard !isDown.withLock({ $0 }) else { return nil }
        let present = (frames, pastReads)
        frames = read.frames
        isLookingAgain = true
        let end = try await runGate(read.task, call, at: read.path, .tasks, item: nil)
        isLookingAgain = false
        (frames, pastReads) = present
        gateToRepeat = nil
        if case .next = end.flow { return nil }
        return end
    }

    /// A step that was begun before the run was resumed and has no outcome that stands.
    ///
    /// 1. A read, and one whose last attempt is known to have failed: the next attempt.
    /// 2. What a person has said of it; what can be found out of it (`Action.fate`); an idempotent one is done again with the
    ///    same inputs; the others are asked about (`verify`, read-back). What is proven not to have happened is done.
    /// 3. Else it stays unknown: nothing goes on before somebody says what became of it.
    func goOn(_ step: Step, after former: StepPast) async throws(RecordFailure) -> WorkEnd {
        var step = step
        take(former, step.context.key)
        step.context.recorded = former.records
        // The attempt that was begun is asked about, under the name that it had.
        equip(&step)
        let height = stack(step.task, at: step.path, step.section, isIrreversible: step.isIrreversible)
        let next = (former.started?.attempt ?? 0) + 1
        guard former.isDoubtful else {
            if mustHold(in: step.section) {
                undo.removeLast(undo.count - height)
                return WorkEnd(flow: hold(), result: nil)
            }
            return try await perform(step, from: next, height: height)
        }
        let begin = run.time.monotonic
        let (end, result) = try await settle(step, former)
        if let end {
            unstack(end, isIrreversible: step.isIrreversible, step.section, to: height)
            return try await finish(step, end, result, attempts: max(1, next - 1), since: begin)
        }
        // It has not happened, and nothing new is to start.
        if mustHold(in: step.section) {
            undo.removeLast(undo.count - height)
            return try await finish(step, .stopped, result, attempts: max(1, next - 1), since: begin)
        }
        return try await perform(step, from: next, height: height)
    }

    /// Nil: it did not happen, or may happen again.
    private func settle(_ step: Step, _ former: StepPast) async throws(RecordFailure) -> (End?, ValueMap) {
        let died = StepFailure(.unknownOutcome, former.end?.failure?.message ?? "the runner died while it ran")
        if let resolution = former.resolution {
            let who = "resolved as \(resolution.verdict.rawValue) by \(resolution.by): \(resolution.reason)"
            return (resolution.verdict == .done ? .good(changed: true, reason: who) : nil, ValueMap())
        }
        let (action, context) = (step.action, step.context)
        do {
            switch try await action.fate(in: context) {
            case .neverStarted: return (nil, ValueMap())
            case .finished(let outcome):
                let (end, result) = judge(outcome, step)
                return (end, result)
            case .cannotTell: break
            }
        } catch {
            // One that left no trace of its end is what its effect class says of it.
            let failure = StepFailure(converting: error)
            guard failure.code == .unknownOutcome else { return (.unknown(failure), ValueMap()) }
        }
        if step.effect == .idempotent { return (nil, ValueMap()) }
        let (end, result) = try await ask(step, about: died, ValueMap())
        if case .notDone = end { return (nil, result) }
        return (end, result)
    }

    /// A step that may have acted and cannot even be asked about, since its arguments cannot be had.
    func stayUnknown(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, _ item: Round?, _ former: StepPast,
        _ failure: StepFailure
    ) async throws(RecordFailure) -> WorkEnd {
        take(former, key(path, item: item?.index))
        var event = finished(task, at: path, section, item)
        event.status = .unknown
        event.attempts = former.started?.attempt ?? 1
        let open = shown(
            StepFailure(.unknownOutcome, "the runner died while it ran", causes: [failure.message] + failure.causes),
            of: task)
        event.failure = FailureRecord(open)
        run.ledger.noteUnknown(event.key)
        run.ledger.note(.unknownOutcome, "\(host.name): \(event.name): \(open.message)")
        run.ledger.halt()
        emit(.taskFinished(event))
        try await flush()
        return WorkEnd(
            flow: .failed(
                HostFailure(key: event.key, task: event.name, action: event.action, status: .unknown, failure: open)),
            result: nil)
    }
}

extension StepFailure {
    /// As an event has kept it.
    init(record: FailureRecord) {
        self.init(
            Code(rawValue: record.code) ?? .failed, record.message, causes: record.causes,
            nextAction: record.nextAction, details: record.details)
    }
}
