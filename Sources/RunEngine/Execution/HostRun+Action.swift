import EventLoop
import Playbooks
import Values

/// One step that acts or reads: intent, work, outcome.
extension HostRun {
    /// Given to an action beyond its own `timeout` before the engine cancels it.
    private static let timeoutMargin = Duration.seconds(15)
    /// With `until` and no `retries`, as in Ansible.
    private static let defaultRetries = 3
    private static let defaultDelay = Duration.seconds(5)

    /// What a step needs once its arguments are known.
    struct Step {
        var task: PlaybookTask
        var path: TaskPath
        var section: StepSection
        var round: Round?
        var action: any Action
        var effect: Effect
        var context: StepContext
        var attempts: Int
        var delay: Duration
        var isIrreversible: Bool
        /// Irreversible, or a permit is overridden: somebody has to confirm it.
        var isGuarded: Bool
        var scope: ValueScope
        /// What the attempt that runs has left in the run's folder.
        let kept = Locked<[KeptFile]>([])

        func takeKept() -> [KeptFile] {
            kept.withLock { kept in
                defer { kept = [] }
                return kept
            }
        }
    }

    /// How an attempt ended, conditions of the task applied.
    enum End {
        case good(changed: Bool, reason: String?)
        case skipped(String)
        case bad(StepFailure)
        /// Its outcome was unknown, and then it was proven that it did not happen.
        case notDone(StepFailure)
        case unknown(StepFailure)
        /// A signal ended a read, or the wait before another attempt of a step whose last one failed.
        case stopped
    }

    /// 1. Arguments, context, the approval of a protected cluster, and the confirmation of what cannot be taken back.
    /// 2. The undo list goes on the stack: a failed task is undone too, unless it was refused before it acted. A step that
    ///    cannot be taken back cuts the stack from before its first attempt.
    /// 3. Attempts, each with its intent.
    /// 4. An unknown outcome is asked about (`verify`).
    /// 5. The outcome.
    func runAction(
        _ task: PlaybookTask, _ call: ActionCall, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        let step: Step
        do throws(StepFailure) {
            step = try prepare(task, call, at: path, section, item)
        } catch {
            return WorkEnd(flow: try await fail(task, at: path, section, error, item), result: nil)
        }
        if let obstacle = obstacle(to: step) {
            run.ledger.note(.suspended, obstacle)
            run.ledger.halt()
            return WorkEnd(flow: hold(), result: nil)
        }
        if let failure = missingApproval(of: step) {
            return WorkEnd(flow: try await fail(task, at: path, section, failure, item), result: nil)
        }
        if step.isGuarded, section != .undo {
            switch try await confirm(step.task, at: path, force: Self.force(of: step.context.approvals)) {
            case .given: break
            case .refused(let failure):
                return WorkEnd(flow: try await fail(task, at: path, section, failure, item), result: nil)
            case .stopped: return WorkEnd(flow: hold(), result: nil)
            }
        }
        let height = undo.count
        if section != .undo {
            if step.isIrreversible { undo.append(.cut) }
            if !task.undo.isEmpty { undo.append(.list(UndoList(task: task, path: path, frames: frames))) }
        }
        let begin = run.time.monotonic
        var (end, result, attempts) = try await attempt(step)
        if case .unknown(let failure) = end, !run.stopper.isKilling, !Task.isCancelled {
            (end, result) = try await ask(step, about: failure, result)
        }
        if Self.didNothing(end) { undo.removeLast(undo.count - height) }
        // What a proof of "not done" covers is the step's goal, not its traces: its undo list stays, the cut goes.
        if case .notDone = end, step.isIrreversible, section != .undo { undo.remove(at: height) }
        return try await finish(step, end, result, attempts: attempts, since: begin)
    }

    /// Why a step may not begin now: the window. A run that has changed nothing yet (it waited for an approval, or checked at
    /// length) is held at its first change; one that has, only where `on_close` says so, and never between a stop and its start.
    private func obstacle(to step: Step) -> String? {
        guard step.effect != .read, step.section == .tasks, !mustGoOnToStart else { return nil }
        guard run.window.onClose == .finishStep || !run.ledger.hasWritten else { return nil }
        return run.window.obstacle(
            needing: run.window.onClose == .finishStep ? step.context.reading.timeout ?? .zero : .zero)
    }

    /// True when the step is known to have changed nothing.
    private static func didNothing(_ end: End) -> Bool {
        switch end {
        case .skipped: true
        case .bad(let failure): failure.code == .refused || failure.code == .permit
        case .good, .notDone, .unknown, .stopped: false
        }
    }

    private func prepare(
        _ task: PlaybookTask, _ call: ActionCall, at path: TaskPath, _ section: StepSection, _ round: Round?
    ) throws(StepFailure) -> Step {
        let entry = try run.index.entry(of: call)
        let scope = frames.scope()
        let arguments = try entry.arguments(of: call, in: scope)
        let effect = run.index.effect(of: call, in: task)
        let reading = try readContext(for: task, folder: call.folder, scope: scope)
        learnSecrets(arguments, reading)
        let cluster = run.clusters.name(task: task, play: batch.play, host: host)
        let key = key(path, item: round?.index)
        let force = arguments["force"]?.stringValue
        let context = StepContext(
            reading: reading, clusterOperator: cluster.flatMap { run.access[$0]?.clusterOperator }, key: key,
            runID: run.recorder.runID, outputFolder: "",
            approvals: run.ledger.grants + (force.map { ["force: \($0)"] } ?? []),
            report: reporter(key, hidesOutput: task.noLog),
            record: recorder(key), isStopping: { [stopper = run.stopper] in stopper.isStopping },
            mask: { [mask = run.mask] in mask.apply($0) })
        var attempts = 1
        if let retries = try number(task.retries, in: scope) {
            attempts = 1 + max(0, retries)
        } else if !task.until.isEmpty {
            attempts = 1 + Self.defaultRetries
        }
        let isIrreversible = task.irreversible || entry.reference.irreversible
        if isIrreversible || (effect == .opaque && task.until.isEmpty) { attempts = 1 }
        return Step(
            task: task, path: path, section: section, round: round, action: try entry.make(arguments), effect: effect,
            context: context, attempts: attempts,
            delay: try duration(task.delay ?? task.interval, in: scope) ?? Self.defaultDelay,
            isIrreversible: isIrreversible && effect != .read,
            isGuarded: (isIrreversible || force != nil) && effect != .read, scope: scope)
    }

    private static func force(of approvals: [String]) -> String? {
        approvals.first { $0.hasPrefix("force: ") }.map { String($0.dropFirst(7)) }
    }

    /// What a playbook made of secrets is one too, from the step on that is given it.
    func learnSecrets(_ arguments: Arguments, _ context: ReadContext) {
        for (_, value) in arguments.values { run.mask.add(value) }
        for (_, value) in context.environment { run.mask.add(value) }
    }

    /// What a read of this task may use.
    func readContext(
        for task: PlaybookTask, folder: String, scope: ValueScope
    ) throws(StepFailure) -> ReadContext {
        try TaskPlace(
            play: batch.play, host: host, batch: batch.hosts, scope: batch.scope, frames: frames,
            clusters: run.clusters, access: run.access, inputs: run.inputs
        ).context(for: task, folder: folder, in: scope)
    }

    private func reporter(_ key: String, hidesOutput: Bool) -> @Sendable (StepProgress) -> Void {
        let (recorder, mask, host) = (run.recorder, run.mask, host.name)
        return { progress in
            if !progress.message.isEmpty || progress.brokerState != nil {
                var event = TaskProgressed()
                event.key = key
                event.host = host
                event.message = mask.apply(progress.message)
                event.brokerState = progress.brokerState
                recorder.post(.taskProgressed(event))
            }
            if !progress.output.isEmpty, !hidesOutput {
                var event = TaskOutput()
                event.key = key
                event.host = host
                event.lines = progress.output.map { mask.apply($0) }
                recorder.post(.taskOutput(event))
            }
        }
    }

    private func recorder(_ key: String) -> @Sendable (StepRecord) async throws -> Void {
        let (recorder, mask, host, isDown) = (run.recorder, run.mask, host.name, isDown)
        return { record in
            if record.kind == "stopped" { isDown.withLock { $0 = true } }
            var event = StepRecorded()
            event.key = key
            event.host = host
            event.kind = record.kind
            event.values = mask.apply(record.fields)
            try await recorder.record(.stepRecorded(event))
            if record.kind == "started" { isDown.withLock { $0 = false } }
        }
    }

    // MARK: Attempts

    private func attempt(_ step: Step) async throws(RecordFailure) -> (End, ValueMap, Int) {
        var step = step
        var number = 1
        while true {
            let folder = nextOutputFolder(of: step)
            let place = RunStore.outputName + folder.dropFirst(run.outputFolder.utf8.count)
            step.context.outputFolder = folder
            if step.effect != .read {
                step.context.job = ProcessJob(
                    runID: run.recorder.runID, key: step.context.key, attempt: performed[step.context.key, default: 1],
                    folder: run.jobsFolder)
            }
            step.context.noteKept = { [kept = step.kept] name, content in
                let file = KeptFile(path: "\(place)/\(name)", content: content)
                kept.withLock { $0.append(file) }
            }
            try await recordIntent(step, attempt: number)
            let outcome = await perform(step)
            if step.effect != .read, case .failed(let failure) = outcome?.status, failure.code == .unreachable,
                !isDown.withLock({ $0 })
            {
                run.ledger.takeBackWrite()
            }
            let (end, result) = judge(outcome, step)
            guard number < step.attempts, let reason = retryReason(end) else { return (end, result, number) }
            var event = TaskRetried()
            event.key = step.context.key
            event.host = host.name
            event.attempt = number
            event.attempts = step.attempts
            event.reason = run.mask.apply(reason)
            event.delay = step.delay
            event.files = step.takeKept()
            emit(.taskRetried(event))
            try await flush()
            let needed = mustGoOnToStart ? 2 : 1
            let wake = await run.stopper.wait(step.delay, on: run.time, requests: needed)
            guard wake == .time else { return (.stopped, result, number) }
            number += 1
        }
    }

    /// Empty with `no_log`: nothing that the step says is kept.
    private func nextOutputFolder(of step: Step) -> String {
        let key = step.context.key
        performed[key, default: 0] += 1
        guard !step.task.noLog else { return "" }
        return RunStore.outputFolder(in: run.outputFolder, key: key, attempt: performed[key, default: 1])
    }

    private func retryReason(_ end: End) -> String? {
        guard case .bad(let failure) = end else { return nil }
        switch failure.code {
        case .refused, .permit, .internalError: return nil
        default: return failure.message
        }
    }

    private func recordIntent(_ step: Step, attempt: Int) async throws(RecordFailure) {
        var event = TaskStarted()
        event.key = step.context.key
        event.play = batch.playIndex
        event.batch = batch.batchIndex
        event.host = host.name
        event.name = name(of: step.task)
        if case .action(let call) = step.task.work { event.action = call.name.value }
        event.effect = step.effect.rawValue
        event.section = step.section
        event.item = step.round?.label
        let target = step.context.reading.host.name
        if target != host.name { event.delegate = target }
        event.file = step.task.span.file
        event.line = step.task.span.line
        event.isIrreversible = step.isGuarded
        event.attempt = attempt
        emit(.taskStarted(event))
        try await flush()
        // Hosts beside this one write too: a failure of theirs that is being found out right now counts.
        if batch.hosts.count > 1 { try await run.recorder.admit() }
        if let failure = run.recorder.failureSoFar { throw failure }
        if step.effect != .read { run.ledger.noteWrite() }
    }

    private func perform(_ step: Step) async -> ActionOutcome? {
        let (action, context, isRead) = (step.action, step.context, step.effect == .read)
        let limit = context.reading.timeout.map { $0 + Self.timeoutMargin }
        do {
            guard isRead || limit != nil else { return try await action.run(in: context) }
            let mayEnd = isRead && (step.section == .tasks || step.section == .rescue) && !mustGoOnToStart
            let end = try await run.stopper.bound(limit, on: run.time, endsOnSignal: mayEnd) {
                isRead ? try await action.read(in: context.reading) : try await action.run(in: context)
            }
            switch end {
            case .finished(let outcome): return outcome
            case .stopped: return nil
            case .timedOut:
                let failure = StepFailure(.timedOut, "it did not end within \(context.reading.timeout?.text ?? "")")
                return ActionOutcome(isRead ? .failed(failure) : .unknown(failure))
            }
        } catch {
            let failure = StepFailure(converting: error)
            switch failure.code {
            case .unknownOutcome where !isRead: return ActionOutcome(.unknown(failure))
            case .cancelled, .timedOut:
                if isRead { return failure.code == .cancelled ? nil : ActionOutcome(.failed(failure)) }
                // What to do better next time comes after what to do now.
                var open = failure
                open.nextAction =
                    "find out whether it happened before anything runs again"
                    + (failure.nextAction.map { "; then \($0)" } ?? "")
                return ActionOutcome(.unknown(open))
            default: return ActionOutcome(.failed(failure))
            }
        }
    }

    /// Applies `failed_when`, `changed_when` and `until`.
    private func judge(_ outcome: ActionOutcome?, _ step: Step) -> (End, ValueMap) {
        guard let outcome else { return (.stopped, ValueMap()) }
        var result = outcome.result
        var end: End
        var changed = false
        switch outcome.status {
        case .ok: end = .good(changed: false, reason: nil)
        case .changed:
            changed = true
            end = .good(changed: true, reason: nil)
        case .skipped(let reason): return (.skipped(reason), result)
        case .failed(let failure): end = .bad(failure)
        case .unknown(let failure): return (.unknown(failure), result)
        }
        let task = step.task
        guard !task.failedWhen.isEmpty || !task.changedWhen.isEmpty || !task.until.isEmpty else { return (end, result) }
        if result["changed"] == nil { result["changed"] = .bool(changed) }
        // Under its registered name too, as it is written for Ansible; in a loop that is the result of the round.
        var names: ValueMap = ["result": .map(result)]
        if let register = task.register?.value { names[register] = .map(result) }
        let scope = step.scope.adding(names)
        do throws(EvaluationError) {
            if !task.failedWhen.isEmpty {
                var failed: Expression?
                for condition in task.failedWhen where failed == nil {
                    if try condition.holds(in: scope) { failed = condition }
                }
                if let failed {
                    end = .bad(StepFailure(.failed, "failed_when: \(failed.source)"))
                } else if case .bad(let failure) = end, failure.code == .failed {
                    end = .good(changed: changed, reason: nil)
                }
            }
            if case .good(_, let reason) = end, !task.changedWhen.isEmpty {
                changed = false
                for condition in task.changedWhen where try condition.holds(in: scope) { changed = true }
                end = .good(changed: changed, reason: reason)
            }
            if !task.until.isEmpty {
                for condition in task.until where try !condition.holds(in: scope) {
                    if case .good = end { end = .bad(StepFailure(.failed, "not yet: \(condition.source)")) }
                    return (end, result)
                }
                if case .bad(let failure) = end, failure.code == .failed, task.failedWhen.isEmpty {
                    end = .good(changed: changed, reason: nil)
                }
            }
        } catch {
            return (.bad(StepFailure(error)), result)
        }
        return (end, result)
    }

    // MARK: Keywords

    func duration(_ template: ValueTemplate?, in scope: ValueScope) throws(StepFailure) -> Duration? {
        guard let template else { return nil }
        do throws(EvaluationError) {
            return try template.evaluate(in: scope, as: .optional(.duration)).durationValue
        } catch {
            throw StepFailure(error)
        }
    }

    private func number(_ template: ValueTemplate?, in scope: ValueScope) throws(StepFailure) -> Int? {
        guard let template else { return nil }
        do throws(EvaluationError) {
            return try template.evaluate(in: scope, as: .optional(.int)).intValue.map { Int(clamping: $0) }
        } catch {
            throw StepFailure(error)
        }
    }
}
