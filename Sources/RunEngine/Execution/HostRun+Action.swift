import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// One step that acts or reads: intent, work, outcome.
extension HostRun {
    /// Given to an action that keeps its `timeout` itself, and to every write, before the engine cancels it.
    private static let timeoutMargin = Duration.seconds(15)
    /// A read of a cluster is cancelled at once; its own last word, which says what kept it, may come first.
    private static let lastWord = Duration.milliseconds(500)
    /// With `until` and no `retries`, as in Ansible.
    private static let defaultRetries = 3
    private static let defaultDelay = Duration.seconds(5)

    /// 1. Arguments, context, the approval of a protected cluster, and the confirmation of what cannot be taken back.
    /// 2. The undo list goes on the stack: a failed task is undone too, unless it was refused before it acted. A step that
    ///    cannot be taken back cuts the stack from before its first attempt.
    /// 3. Attempts, each with its intent.
    /// 4. An unknown outcome is asked about (`verify`).
    /// 5. The outcome.
    func runAction(
        _ task: PlaybookTask, _ call: ActionCall, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        let former = path.isVerify ? nil : past.takeOpen(key(path, item: item?.index))
        past.end()
        var step: Step
        do throws(StepFailure) {
            step = try prepare(task, call, at: path, section, item)
        } catch {
            if let former, former.isDoubtful {
                return try await stayUnknown(task, at: path, section, item, former, error)
            }
            return WorkEnd(flow: try await fail(task, at: path, section, error, item), result: nil)
        }
        if let former {
            return try await goOn(step, after: former)
        }
        if let obstacle = obstacle(to: step) {
            run.ledger.note(.suspended, obstacle)
            run.ledger.halt()
            return WorkEnd(flow: hold(), result: nil)
        }
        if step.effect != .read, let end = try await lookAtLastGate(section) { return end }
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
        let height = stack(task, at: path, section, isIrreversible: step.isIrreversible)
        return try await perform(step, from: 1, height: height)
    }

    /// What a rollback would meet, from before the first attempt; answers with the height before.
    func stack(_ task: PlaybookTask, at path: TaskPath, _ section: StepSection, isIrreversible: Bool) -> Int {
        let height = undo.count
        guard section != .undo else { return height }
        if isIrreversible { undo.append(.cut) }
        if !task.undo.isEmpty { undo.append(.list(UndoList(task: task, path: path, frames: frames))) }
        return height
    }

    /// Attempts, what is asked about an unknown outcome, and the outcome.
    func perform(_ step: Step, from first: Int, height: Int) async throws(RecordFailure) -> WorkEnd {
        let begin = run.time.monotonic
        var (end, result, attempts) = try await attempt(step, from: first)
        // Without the lock another run may be at work: what is seen now says nothing for later.
        if case .unknown(let failure) = end, !run.stopper.isKilling, !Task.isCancelled, !step.admission.isRefused {
            (end, result) = try await ask(step, about: failure, result)
        }
        unstack(end, isIrreversible: step.isIrreversible, step.section, to: height)
        return try await finish(step, end, result, attempts: attempts, since: begin)
    }

    /// What a proof of "not done" covers is the step's goal, not its traces: its undo list stays, the cut goes.
    func unstack(_ end: End, isIrreversible: Bool, _ section: StepSection, to height: Int) {
        if Self.didNothing(end) { undo.removeLast(undo.count - height) }
        if case .notDone = end, isIrreversible, section != .undo { undo.remove(at: height) }
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
        case .lockLost(let hasIntent): !hasIntent
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
        let admission = WriteAdmission(run.leases)
        var context = StepContext(
            reading: reading,
            clusterOperator: cluster.flatMap { run.access[$0]?.clusterOperator.asking(admission.askClient) }, key: key,
            runID: run.recorder.runID, outputFolder: "",
            approvals: run.ledger.grants + (force.map { ["force: \($0)"] } ?? []),
            report: reporter(key, hidesOutput: task.noLog),
            record: recorder(key, cluster),
            isStopping: { [stopper = run.stopper, leases = run.leases] in stopper.isStopping || !leases.areHeld },
            mask: { [mask = run.mask] in mask.apply($0) })
        context.admit = admission.ask
        context.giveBack = { [restorer = run.restorer] in try await restorer.restore(of: key) }
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
            isGuarded: (isIrreversible || force != nil) && effect != .read,
            isOfCluster: entry.reference.target == .cluster, scope: scope, admission: admission)
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

    private func recorder(_ key: String, _ cluster: String?) -> @Sendable (StepRecord) async throws -> Void {
        let (recorder, mask, host, isDown) = (run.recorder, run.mask, host.name, isDown)
        let clusterID = cluster.flatMap { run.access[$0]?.clusterID }
        return { record in
            var record = record
            if record.kind == "stopped" { isDown.withLock { $0 = true } }
            if record.kind == TemporaryChange.kind {
                // It has to be put back from the journal alone.
                guard mask.apply(record.fields) == record.fields else {
                    throw StepFailure(
                        .refused, "a secret stands in what the journal would have to keep to put it back",
                        nextAction: "change it without `temporary`, with an `undo`")
                }
                record.fields["cluster"] = .string(cluster ?? "")
                record.fields["cluster_id"] = .string(clusterID ?? "")
            }
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

    private func attempt(_ step: Step, from first: Int) async throws(RecordFailure) -> (End, ValueMap, Int) {
        var step = step
        var number = first
        while true {
            performed[step.context.key, default: 0] += 1
            equip(&step)
            let admission = try await recordIntent(step, attempt: number)
            guard admission != .refusedBefore else { return (.lockLost(hasIntent: number > first), [:], number) }
            guard admission != .refusedAfter else { return (.lockLost(hasIntent: true), [:], number) }
            step.admission.begin()
            var outcome = await perform(step)
            if let open = step.admission.outcome(of: outcome) {
                outcome = open
            } else if step.admission.isRefused, case .failed = outcome?.status {
                return (.lockLost(hasIntent: true), [:], number)
            }
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
            if !isLookingAgain { emit(.taskRetried(event)) }
            try await flush()
            let needed = mustGoOnToStart ? 2 : 1
            let wake = await run.stopper.wait(step.delay, on: run.time, requests: needed)
            guard wake == .time else { return (.stopped, result, number) }
            number += 1
        }
    }

    /// Where the present attempt leaves what it says, and by which name its process is found again. With `no_log` nothing that
    /// the step says is kept.
    func equip(_ step: inout Step) {
        let key = step.context.key
        let number = performed[key, default: 1]
        let folder = step.task.noLog ? "" : RunStore.outputFolder(in: run.outputFolder, key: key, attempt: number)
        step.context.outputFolder = folder
        if step.effect != .read {
            step.context.job = ProcessJob(
                runID: run.recorder.runID, key: key, attempt: number, folder: run.jobsFolder)
        }
        let place = RunStore.outputName + folder.dropFirst(run.outputFolder.utf8.count)
        step.context.noteKept = { [kept = step.kept] name, content in
            let file = KeptFile(path: "\(place)/\(name)", content: content)
            kept.withLock { $0.append(file) }
        }
    }

    private func retryReason(_ end: End) -> String? {
        guard case .bad(let failure) = end else { return nil }
        switch failure.code {
        case .refused, .permit, .internalError: return nil
        default: return failure.message
        }
    }

    private enum Admission {
        case acts
        /// The lock is lost: there is no intent, or there is one and nothing may follow it.
        case refusedBefore, refusedAfter
    }

    /// The one place where a step is let go. What writes needs the lock, also after its intent is on the disk: that may have
    /// taken long, and the process may have stood still meanwhile.
    private func recordIntent(_ step: Step, attempt: Int) async throws(RecordFailure) -> Admission {
        if step.effect != .read, !run.leases.areHeld, try await !regainLock() { return .refusedBefore }
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
        if isLookingAgain { event.isAgain = true }
        emit(.taskStarted(event))
        try await flush()
        // Hosts beside this one write too: a failure of theirs that is being found out right now counts.
        if batch.hosts.count > 1 { try await run.recorder.admit() }
        if let failure = run.recorder.failureSoFar { throw failure }
        guard step.effect != .read else { return .acts }
        guard run.leases.areHeld else { return .refusedAfter }
        run.ledger.noteWrite()
        return .acts
    }

    /// A broker that this run has stopped is started again although the lock was lost meanwhile, where nobody has had it since
    /// and a start lies ahead: all else would leave it down. Nothing else is begun by this right, and the run ends as it would.
    private func regainLock() async throws(RecordFailure) -> Bool {
        guard mustGoOnToStart, await run.leases.regain() else { return false }
        for lease in run.leases.all { emit(.lockTaken(lease.taken)) }
        var finding = Finding()
        finding.message = "the lock was lost, and nobody had taken it: the start that belongs to the stop is done by it"
        finding.host = host.name
        emit(.finding(finding))
        try await flush()
        return true
    }

    private func perform(_ step: Step) async -> ActionOutcome? {
        let (action, isRead) = (step.action, step.effect == .read)
        let timeout = step.context.reading.timeout
        // One deadline for all that the step asks of the cluster and sends to it.
        let context = step.isOfCluster ? timeout.map(step.context.ending) ?? step.context : step.context
        let limit = timeout.map { $0 + (step.isOfCluster && isRead ? Self.lastWord : Self.timeoutMargin) }
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
